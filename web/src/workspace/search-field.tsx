/** Search over customers and conversations; filled by the workspace. */
export function SearchField() {
  return null
}
