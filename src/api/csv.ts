/**
 * A table as RFC 4180 text. Cells that a spreadsheet would take for a formula are neutralized by a quote (OWASP);
 * a telephone number such as +14155550100 stays as it is.
 */
export function csvOf(rows: readonly (readonly string[])[]): string {
  return rows
    .map((row) => row.map(cell).join(","))
    .join("\r\n")
    .concat("\r\n")
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^\+\d+$/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
