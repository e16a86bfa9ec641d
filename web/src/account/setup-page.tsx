import { Stepper } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { Navigate, useNavigate } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { Mark } from "../shell/mark.tsx"
import { useTitle } from "../shell/page-title.ts"
import classes from "./account.module.css"
import { fromFragment, setupQuery } from "./account.queries.ts"
import { SetupAccountStep } from "./setup-account-step.tsx"
import { SetupChannelStep } from "./setup-channel-step.tsx"
import { SetupInboxStep } from "./setup-inbox-step.tsx"

/**
 * The first visit: the link on the console carries the code in its fragment. You and the organization are made
 * together by one request, so they are two parts of the first form; what follows can be skipped and done later.
 */
export function SetupPage() {
  const { t } = useLingui()
  useTitle(t`Set up Switchboard`)
  const code = useCode()
  const { step, setStep } = useStep(code !== "")
  const [part, setPart] = useState<"you" | "organization">("you")
  const open = useQuery(setupQuery).data
  if (open && !open.open && !code && step === 0) return <Navigate to="/login" />
  const active = step === 0 ? (part === "you" ? 0 : 1) : step + 1
  const number = active + 1
  return (
    <main className={classes.page}>
      <div className={classes.setup}>
        <div className={classes.rail}>
          <div className={classes.brand}>
            <Mark /> Switchboard
          </div>
          <p className={classes.stepText}>
            <Trans>Step {number} of 4</Trans>
          </p>
          <Stepper
            className={classes.stepper}
            active={active}
            orientation="vertical"
            size="xs"
            allowNextStepsSelect={false}
          >
            <Stepper.Step label={t`You`} description={t`Your name and password`} />
            <Stepper.Step label={t`Organization`} description={t`Name and time zone`} />
            <Stepper.Step label={t`First Inbox`} description={t`A queue with people in it`} />
            <Stepper.Step label={t`First channel`} description={t`How customers reach you`} />
          </Stepper>
        </div>
        <div className={classes.form}>
          {step === 0 && (
            <SetupAccountStep key={code} code={code} part={part} onPart={setPart} onDone={() => setStep(1)} />
          )}
          {step === 1 && <SetupInboxStep onDone={() => setStep(2)} />}
          {step === 2 && <SetupChannelStep />}
        </div>
      </div>
    </main>
  )
}

/** Also of a link that is opened where this page stands already. */
function useCode(): string {
  const [code, setCode] = useState(() => fromFragment("code"))
  useEffect(() => {
    const read = () => setCode((before) => fromFragment("code") || before)
    window.addEventListener("hashchange", read)
    return () => window.removeEventListener("hashchange", read)
  }, [])
  return code
}

const place = "switchboard:setup-step"

/**
 * The steps behind the first one survive a reload; the code, which is spent then, leaves the address. A link with a code
 * begins at the beginning.
 */
function useStep(isCoded: boolean) {
  const navigate = useNavigate()
  const [step, setStep] = useState(() => (isCoded ? 0 : Number(sessionStorage.getItem(place) ?? 0)))
  return {
    step,
    setStep: (next: number) => {
      sessionStorage.setItem(place, String(next))
      setStep(next)
      void navigate({ to: "/setup", hash: "", replace: true })
    },
  }
}
