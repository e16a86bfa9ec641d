import { Alert, type AlertProps } from "@mantine/core"
import { IconAlertTriangle } from "@tabler/icons-react"
import { type ComponentProps, useEffect, useRef } from "react"

type Props = Omit<ComponentProps<"form">, "onSubmit" | "ref" | "noValidate"> & { onSubmit: () => void }

/** A form that we check ourselves: when sending it shows errors, at once or by the server, the first gets the focus. */
export function Form({ onSubmit, onInput, children, ...rest }: Props) {
  const form = useRef<HTMLFormElement>(null)
  const sent = useRef(false)
  const look = () => {
    if (sent.current && form.current && focusFirstError(form.current)) sent.current = false
  }
  useEffect(look)
  return (
    <form
      {...rest}
      ref={form}
      noValidate
      onInput={(event) => {
        sent.current = false
        onInput?.(event)
      }}
      onSubmit={(event) => {
        event.preventDefault()
        sent.current = true
        onSubmit()
        // The same errors as before make nothing render.
        setTimeout(look)
      }}
    >
      {children}
    </form>
  )
}

/** Whether there was one. An error that belongs to no field is brought into sight. */
export function focusFirstError(form: HTMLElement): boolean {
  const error = form.querySelector('.mantine-InputWrapper-error, [role="alert"]')
  if (!error) return false
  const field = error.closest(".mantine-InputWrapper-root")?.querySelector("input:not([type=hidden]), textarea, button")
  if (field instanceof HTMLElement) field.focus()
  else error.scrollIntoView({ block: "nearest" })
  return true
}

/** What was refused and belongs to no field; scrolled into sight when it appears. */
export function Refusal(props: AlertProps) {
  const alert = useSeen<HTMLDivElement>()
  return (
    <Alert
      ref={alert}
      color="red"
      variant="light"
      role="alert"
      p="sm"
      icon={<IconAlertTriangle size={18} stroke={1.75} />}
      style={{ scrollMarginBlock: 72 }}
      {...props}
    />
  )
}

/** For what must be seen when it appears. */
export function useSeen<Element extends HTMLElement>() {
  const element = useRef<Element>(null)
  // In braces: newer browsers answer with a promise, which is no way to end an effect.
  useEffect(() => {
    element.current?.scrollIntoView({ block: "nearest" })
  }, [])
  return element
}
