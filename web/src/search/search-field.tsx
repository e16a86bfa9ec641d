/** Search over customers and conversations, from every page. */
export function SearchField() {
  return null
}
