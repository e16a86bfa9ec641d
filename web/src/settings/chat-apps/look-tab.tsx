import { ColorInput, ColorSwatch, SegmentedControl, Stack, Text, TextInput } from "@mantine/core"
import { Trans, useLingui } from "@lingui/react/macro"
import type { ChatApp } from "../../../../src/core/chat/chat-app.ts"
import classes from "./chat-apps.module.css"
import { contrast, contrastMin, textOn } from "./contrast.ts"
import { LogoField } from "./logo-field.tsx"
import type { TabProps } from "./tab.ts"

/** White can be read on each of them. */
const swatches = ["#4C5BDC", "#1C62C4", "#0B7285", "#0B7245", "#A8470A", "#B8252F", "#B0266E", "#33333C"]
const hex = /^#[0-9a-fA-F]{6}$/

/** Button, color with a verdict on its contrast, side, logo. */
export function LookTab({ app, draft, onChange, problem }: TabProps & { app: ChatApp }) {
  const { t } = useLingui()
  const { appearance } = draft
  const set = (part: Partial<typeof appearance>) => onChange({ appearance: { ...appearance, ...part } })
  const known = hex.test(appearance.color) ? appearance.color : "#000000"
  const text = textOn(known)
  return (
    <Stack gap="md">
      <div>
        <Text size="sm" fw={500} mb={4} id="chat-button-kind">
          <Trans>Button</Trans>
        </Text>
        <SegmentedControl
          aria-labelledby="chat-button-kind"
          value={appearance.button}
          onChange={(button) => set({ button: button === "text" ? "text" : "icon" })}
          data={[
            { value: "icon", label: t`Icon` },
            { value: "text", label: t`Text` },
          ]}
        />
      </div>
      {appearance.button === "text" && (
        <TextInput
          label={t`Text of the button`}
          maxLength={40}
          placeholder={t`Chat with us`}
          value={appearance.text ?? ""}
          onChange={(event) => set({ text: event.currentTarget.value || null })}
        />
      )}
      <ColorInput
        label={t`Color`}
        format="hex"
        withPicker={false}
        value={appearance.color}
        onChange={(color) => set({ color })}
        error={hex.test(appearance.color) ? problem?.at("/appearance/color") : t`Enter a color such as #4C5BDC.`}
        description={<ContrastVerdict ratio={contrast(known, "#ffffff")} dark={text.dark} />}
        eyeDropperButtonProps={{ "aria-label": t`Pick a color from the screen` }}
      />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset brings a frame and a legend of its own */}
      <div role="group" aria-label={t`Colors that white can be read on`} className={classes.swatches}>
        {swatches.map((color) => (
          <ColorSwatch
            key={color}
            component="button"
            type="button"
            color={color}
            radius="sm"
            aria-label={color}
            aria-pressed={color === appearance.color}
            onClick={() => set({ color })}
          />
        ))}
      </div>
      <div>
        <Text size="sm" fw={500} mb={4} id="chat-button-side">
          <Trans>Side</Trans>
        </Text>
        <SegmentedControl
          aria-labelledby="chat-button-side"
          value={appearance.position}
          onChange={(position) => set({ position: position === "bottom_left" ? "bottom_left" : "bottom_right" })}
          data={[
            { value: "bottom_left", label: t`Left` },
            { value: "bottom_right", label: t`Right` },
          ]}
        />
      </div>
      <LogoField app={app} logoId={appearance.logoId} onChange={(logoId) => set({ logoId })} />
    </Stack>
  )
}

function ContrastVerdict({ ratio, dark }: { ratio: number; dark: boolean }) {
  const shown = ratio.toFixed(1)
  return ratio >= contrastMin && !dark ? (
    <Trans>White text on it: {shown}:1, good.</Trans>
  ) : (
    <Trans>White text on it: {shown}:1, too low. The text will be dark instead.</Trans>
  )
}
