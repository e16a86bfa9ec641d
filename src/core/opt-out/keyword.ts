export type OptOutAction = "opt_out" | "opt_in" | "help"
export type OptOutKeyword = { keyword: string; action: OptOutAction }

const actions: { readonly [keyword: string]: OptOutAction } = {
  STOP: "opt_out",
  CANCEL: "opt_out",
  UNSUBSCRIBE: "opt_out",
  END: "opt_out",
  QUIT: "opt_out",
  STOPALL: "opt_out",
  REVOKE: "opt_out",
  OPTOUT: "opt_out",
  START: "opt_in",
  YES: "opt_in",
  UNSTOP: "opt_in",
  HELP: "help",
}

/** A message that is exactly one keyword, whatever its case (spec 10.2). `STOP PLEASE` is none. YES counts only for who opted out. */
export function keywordOf(text: string): OptOutKeyword | null {
  const keyword = text.trim().toUpperCase()
  const action = Object.hasOwn(actions, keyword) ? actions[keyword] : undefined
  return action ? { keyword, action } : null
}
