import { type CSSVariablesResolver, createTheme, type MantineColorsTuple, rem } from "@mantine/core"

const gray: MantineColorsTuple = [
  "#F8F8FA",
  "#F1F1F4",
  "#E5E5EA",
  "#D3D3DB",
  "#B4B4BF",
  "#8A8A97",
  "#62626F",
  "#4A4A56",
  "#2B2B33",
  "#17171C",
]
const dark: MantineColorsTuple = [
  "#F2F2F5",
  "#D6D6DE",
  "#A9A9B5",
  "#858592",
  "#3A3A44",
  "#2F2F38",
  "#26262D",
  "#19191E",
  "#131317",
  "#0D0D10",
]
const accent: MantineColorsTuple = [
  "#EEF0FE",
  "#DFE3FD",
  "#C1C9FB",
  "#9DA9F7",
  "#7C8AF2",
  "#6373EC",
  "#4C5BDC",
  "#3F4CC2",
  "#343F9F",
  "#2A327D",
]

const dialogTitle = { fontSize: rem(16), lineHeight: rem(24), fontWeight: 600 }

/** Sizes, faces and shades. Colors that depend on the scheme are the tokens below; no hex stands outside this file. */
export const theme = createTheme({
  colors: { gray, dark, accent },
  primaryColor: "accent",
  primaryShade: { light: 6, dark: 6 },
  autoContrast: false,
  black: "#17171C",
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  fontFamily:
    '"Inter Variable", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: rem(12), sm: rem(13), md: rem(14), lg: rem(16), xl: rem(20) },
  lineHeights: { xs: "1.35", sm: "1.4", md: "1.45", lg: "1.5", xl: "1.3" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: rem(20), lineHeight: rem(28) },
      h2: { fontSize: rem(16), lineHeight: rem(24) },
      h3: { fontSize: rem(14), lineHeight: rem(20) },
      h4: { fontSize: rem(13), lineHeight: rem(18) },
    },
  },
  spacing: { xs: rem(4), sm: rem(8), md: rem(12), lg: rem(16), xl: rem(24), xxl: rem(32) },
  radius: { xs: rem(4), sm: rem(6), md: rem(8), lg: rem(12), xl: rem(16) },
  shadows: {
    sm: "0 1px 2px #17171C14",
    md: "0 4px 16px #17171C1F, 0 0 0 1px #17171C0D",
    lg: "0 12px 40px #17171C29, 0 0 0 1px #17171C0D",
  },
  components: {
    Button: { defaultProps: { size: "sm" }, styles: { root: { fontWeight: 500 } } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: 30 } },
    // A dialog's header is no landmark of the page.
    Modal: {
      defaultProps: { centered: true, radius: "md", attributes: { header: { role: "none" } } },
      styles: { title: dialogTitle },
    },
    Drawer: { defaultProps: { attributes: { header: { role: "none" } } }, styles: { title: dialogTitle } },
    // What helps to fill a field in stands below it, the error between the two.
    InputWrapper: { defaultProps: { inputWrapperOrder: ["label", "input", "error", "description"] } },
    Paper: { defaultProps: { radius: "md" } },
    Text: { defaultProps: { size: "md" } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true, events: { hover: true, focus: true, touch: false } } },
    Table: { defaultProps: { verticalSpacing: 11, horizontalSpacing: 12, fz: "sm" } },
    // Opens when it is asked to, not because a form put the focus into it: what it would cover is wanted first.
    Autocomplete: { defaultProps: { comboboxProps: { shadow: "md" }, openOnFocus: false } },
    // Typing a few letters and Enter takes the first that fits.
    Select: {
      defaultProps: {
        comboboxProps: { shadow: "md" },
        checkIconPosition: "right",
        openOnFocus: false,
        selectFirstOptionOnChange: true,
      },
    },
    MultiSelect: {
      defaultProps: { comboboxProps: { shadow: "md" }, openOnFocus: false, selectFirstOptionOnChange: true },
    },
    Menu: { defaultProps: { shadow: "md", radius: "md" } },
    Popover: { defaultProps: { shadow: "md", radius: "md" } },
  },
})

/** Tokens of one scheme: [light, dark]. Pairs of text and ground were computed: at least 4.5:1, control edges 3:1. */
const tokens: Record<string, [light: string, dark: string]> = {
  canvas: ["#F8F8FA", "#131317"],
  surface: ["#FFFFFF", "#19191E"],
  raised: ["#FFFFFF", "#26262D"],
  sunken: ["#F1F1F4", "#131317"],
  hover: ["#F1F1F4", "#212127"],
  line: ["#E5E5EA", "#2F2F38"],
  "line-strong": ["#D3D3DB", "#3A3A44"],
  "input-line": ["#8A8A97", "#858592"],
  text: ["#17171C", "#F2F2F5"],
  text2: ["#4A4A56", "#D6D6DE"],
  dim: ["#62626F", "#A9A9B5"],
  edge: ["#B4B4BF", "#5C5C68"],
  accent: ["#4C5BDC", "#7C8AF2"],
  "accent-text": ["#3F4CC2", "#9DA9F7"],
  "accent-tint": ["#EEF0FE", "#1F2348"],
  "accent-line": ["#C1C9FB", "#3F4A9C"],
  ring: ["#4C5BDC", "#7C8AF2"],
  ok: ["#0B7245", "#5BD39A"],
  "ok-tint": ["#E6F5EC", "#12301F"],
  "ok-line": ["#B5DFC8", "#1F5537"],
  soon: ["#8F5300", "#F2B95C"],
  "soon-tint": ["#FDF1DC", "#362709"],
  "soon-line": ["#EFCF97", "#5E4510"],
  overdue: ["#B8252F", "#FF8F93"],
  "overdue-tint": ["#FDEBEC", "#3D1718"],
  "overdue-line": ["#F3BCC0", "#6B282B"],
  info: ["#3F4CC2", "#A9B3FA"],
  "info-tint": ["#EEF0FE", "#1F2348"],
  off: ["#55555F", "#A9A9B5"],
  "off-tint": ["#F1F1F4", "#26262D"],
  note: ["#6B4E00", "#EBCF72"],
  "note-tint": ["#FFF8DB", "#2E270D"],
  "note-line": ["#EBDB9C", "#574A18"],
  bubble: ["#F1F1F4", "#26262D"],
  mine: ["#E7EAFD", "#2A3066"],
  "mine-text": ["#1E2562", "#ECEEFE"],
  voice: ["#0B7285", "#5CC9DB"],
  "voice-tint": ["#E3F4F7", "#0E2B31"],
  ivr: ["#5D5A12", "#D5CF5B"],
  "ivr-tint": ["#F5F4DC", "#2B2A0C"],
  sms: ["#6741C9", "#B79CF5"],
  "sms-tint": ["#F0EBFC", "#261C42"],
  email: ["#1C62C4", "#7FB2F7"],
  "email-tint": ["#E6F0FC", "#132744"],
  chat: ["#A8470A", "#F5A469"],
  "chat-tint": ["#FCEEE3", "#3A1F0C"],
  whatsapp: ["#14773F", "#5FD08F"],
  "whatsapp-tint": ["#E4F5EA", "#102E1C"],
  facebook: ["#1557D6", "#84ACFF"],
  "facebook-tint": ["#E6EDFD", "#14244A"],
  instagram: ["#B0266E", "#F48CBF"],
  "instagram-tint": ["#FBE9F2", "#3B1428"],
  twitter_dm: ["#33333C", "#D6D6DE"],
  "twitter_dm-tint": ["#EDEDF0", "#2A2A32"],
}

/** `--sb-<token>` for our own styles, and Mantine's variables set from the same tokens. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: schemeVariables(0),
  dark: {
    ...schemeVariables(1),
    "--mantine-shadow-sm": "0 1px 2px #0006",
    "--mantine-shadow-md": "0 4px 16px #0008, 0 0 0 1px #ffffff14",
    "--mantine-shadow-lg": "0 12px 40px #000A, 0 0 0 1px #ffffff1a",
  },
})

function schemeVariables(scheme: 0 | 1): Record<string, string> {
  const token = (name: string) => `var(--sb-${name})`
  const own = Object.fromEntries(Object.entries(tokens).map(([name, pair]) => [`--sb-${name}`, pair[scheme]]))
  return {
    ...own,
    "--mantine-color-body": token("surface"),
    "--mantine-color-text": token("text"),
    "--mantine-color-placeholder": token("dim"),
    "--mantine-color-dimmed": token("dim"),
    "--mantine-color-default-border": token("line"),
    "--mantine-color-default": scheme === 0 ? token("surface") : token("raised"),
    "--mantine-color-default-hover": token("hover"),
    "--mantine-color-anchor": token("accent-text"),
    "--mantine-color-error": token("overdue"),
    "--mantine-color-success": token("ok"),
    "--mantine-color-disabled": token("off-tint"),
    "--mantine-color-disabled-color": token("dim"),
    "--mantine-color-accent-text": token("accent-text"),
    "--mantine-color-accent-light": token("accent-tint"),
    "--mantine-color-accent-light-hover": scheme === 0 ? "#DFE3FD" : "#2A3066",
    "--mantine-color-accent-light-color": token("accent-text"),
    "--mantine-color-accent-outline": token("accent-text"),
    "--mantine-color-gray-light": token("off-tint"),
    "--mantine-color-gray-light-hover": token("hover"),
    "--mantine-color-gray-light-color": token("text2"),
    "--mantine-color-gray-text": token("text2"),
    "--mantine-color-yellow-light": token("soon-tint"),
    "--mantine-color-yellow-light-color": token("soon"),
    "--mantine-color-red-filled": scheme === 0 ? "#B8252F" : "#C9323C",
    "--mantine-color-red-filled-hover": "#9E1D26",
    "--mantine-color-red-light": token("overdue-tint"),
    "--mantine-color-red-light-color": token("overdue"),
    "--mantine-color-red-text": token("overdue"),
  }
}
