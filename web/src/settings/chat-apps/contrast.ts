/** Contrast of two hex colors (WCAG 2.2, relative luminance): 1 to 21. */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

/** The better readable of white and near-black on a ground. */
export function textOn(ground: string): { color: string; ratio: number; dark: boolean } {
  const onWhite = contrast(ground, white)
  const onBlack = contrast(ground, black)
  // White is kept as long as it can be read: that is what people expect on a colored button.
  return onWhite >= contrastMin
    ? { color: white, ratio: onWhite, dark: false }
    : { color: black, ratio: onBlack, dark: true }
}

export const contrastMin = 4.5
const white = "#ffffff"
const black = "#17171c"

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
