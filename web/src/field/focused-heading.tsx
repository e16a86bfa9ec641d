import { type ComponentProps, useEffect, useRef } from "react"

/** Takes the focus when it appears: where a step or an answer takes the place of what had it. */
export function FocusedHeading({ as: Tag = "h1", ...rest }: ComponentProps<"h1"> & { as?: "h1" | "p" }) {
  const heading = useRef<HTMLHeadingElement & HTMLParagraphElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return <Tag {...rest} ref={heading} tabIndex={-1} style={{ outline: "none", ...rest.style }} />
}
