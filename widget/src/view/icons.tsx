/** @jsxImportSource preact */
const shape = {
  width: 24,
  height: 24,
  viewBox: "0 0 24 24",
  fill: "none",
  stroke: "currentColor",
  "stroke-width": 2,
  "stroke-linecap": "round",
  "stroke-linejoin": "round",
} as const

export function BubbleIcon() {
  return (
    <svg {...shape} aria-hidden="true">
      <path d="M4 5h16v11H10l-5 4v-4H4z" />
      <path d="M8 10.5h.01M12 10.5h.01M16 10.5h.01" />
    </svg>
  )
}

export function CloseIcon() {
  return (
    <svg {...shape} aria-hidden="true">
      <path d="M6 6l12 12M18 6L6 18" />
    </svg>
  )
}

export function SendIcon() {
  return (
    <svg {...shape} aria-hidden="true">
      <path d="M5 12h13M12 6l6 6-6 6" />
    </svg>
  )
}

export function ClipIcon() {
  return (
    <svg {...shape} aria-hidden="true">
      <path d="M15 7l-6.5 6.5a1.5 1.5 0 0 0 3 3L18 10a3 3 0 0 0-6-6l-6.5 6.5a4.5 4.5 0 0 0 9 9L21 13" />
    </svg>
  )
}
