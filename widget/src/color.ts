/** Black or white, whichever stands out more from the color (WCAG 2.2, 1.4.3). */
export function textOn(color: string): "#ffffff" | "#111318" {
  const parts = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
  const [r = 0, g = 0, b = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b
  const dark = 0.0066
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / (dark + 0.05) ? "#ffffff" : "#111318"
}
