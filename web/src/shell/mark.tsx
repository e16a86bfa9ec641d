/** The product's mark. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 22 22" aria-hidden="true" focusable="false" style={{ flex: "none" }}>
      <rect width="22" height="22" rx="6" fill="var(--mantine-color-accent-6)" />
      <g fill="none" stroke="var(--mantine-color-white)" strokeWidth="2" strokeLinecap="round">
        <circle cx="6.5" cy="15" r="1.6" />
        <circle cx="15.5" cy="7" r="1.6" />
        <path d="M8.2 15h2.3a2 2 0 0 0 2-2V9a2 2 0 0 1 1.6-2" />
      </g>
    </svg>
  )
}
