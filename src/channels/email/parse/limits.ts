/** How much of one mail is read; what is above stands in the raw source only. */
export const textLengthMax = 200_000
export const htmlLengthMax = 1_000_000
export const bodyBytesMax = 1_000_000
export const subjectLengthMax = 998
export const nameLengthMax = 200
export const addressesMax = 200
export const referencesMax = 100
export const filesMax = 100
export const partsMax = 1_000
export const nestingMax = 100
export const headerBytesMax = 1_000_000
/** email-reply-parser is quadratic on hostile text. */
export const quoteLengthMax = 20_000
export const quoteLinesMax = 500
