import { Stepper } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import { useQuery } from "@tanstack/react-query"
import { Navigate } from "@tanstack/react-router"
import { useState } from "react"
import { api } from "../api.ts"
import { Mark } from "../shell/mark.tsx"
import { useTitle } from "../shell/page-title.ts"
import classes from "./account.module.css"
import { fromFragment } from "./account.queries.ts"
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
  const [code] = useState(() => fromFragment("code"))
  const [step, setStep] = useState(0)
  const [part, setPart] = useState<"you" | "organization">("you")
  const open = useQuery({
    queryKey: ["setup"],
    queryFn: () => api.get<{ open: boolean }>("/setup"),
    staleTime: Number.POSITIVE_INFINITY,
  }).data
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
          {step === 0 && <SetupAccountStep code={code} part={part} onPart={setPart} onDone={() => setStep(1)} />}
          {step === 1 && <SetupInboxStep onDone={() => setStep(2)} />}
          {step === 2 && <SetupChannelStep />}
          {!code && step === 0 && (
            <p className={classes.lead}>
              <Trans>Open the link that the server printed when it started, or type its code below.</Trans>
            </p>
          )}
        </div>
      </div>
    </main>
  )
}
