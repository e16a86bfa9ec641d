/** What somebody is writing, per conversation and channel (`note` is one here). It survives the browser and the server. */
export type DraftContent = {
  text: string
  html: string | null
  subject: string | null
  cc: string[]
  bcc: string[]
  /** The chosen From and To; null: what is the default when it is sent. */
  entryPointId: string | null
  toAddressId: string | null
  attachmentIds: string[]
}

export const emptyDraft: DraftContent = {
  text: "",
  html: null,
  subject: null,
  cc: [],
  bcc: [],
  entryPointId: null,
  toAddressId: null,
  attachmentIds: [],
}
