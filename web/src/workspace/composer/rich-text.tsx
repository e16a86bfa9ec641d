import "@mantine/tiptap/styles.css"
import { RichTextEditor } from "@mantine/tiptap"
import { useLingui } from "@lingui/react/macro"
import Link from "@tiptap/extension-link"
import { useEditor } from "@tiptap/react"
import StarterKit from "@tiptap/starter-kit"
import { type ComponentProps, useEffect, useRef } from "react"
import classes from "./composer.module.css"

export type RichTextProps = {
  html: string
  revision: number
  label: string
  autoFocus: boolean
  onChange: (html: string, text: string) => void
  onSubmit: (event: KeyboardEvent) => boolean
  onEscape: () => void
}

/** The editor of mails; loaded when a mail is written, because it weighs more than the rest of the page. */
export function RichText({ html, revision, label, autoFocus, onChange, onSubmit, onEscape }: RichTextProps) {
  const { t } = useLingui()
  const handlers = useRef({ onChange, onSubmit, onEscape })
  handlers.current = { onChange, onSubmit, onEscape }
  const editor = useEditor({
    injectNonce: document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content,
    extensions: [StarterKit.configure({ link: false }), Link.configure({ openOnClick: false })],
    content: html,
    autofocus: autoFocus ? "end" : false,
    editorProps: {
      attributes: { "aria-label": label, role: "textbox", "aria-multiline": "true", "data-composer": "true" },
      handleKeyDown: (_view, event) => {
        if (event.key === "Escape") handlers.current.onEscape()
        return handlers.current.onSubmit(event)
      },
    },
    onUpdate: ({ editor: changed }) =>
      handlers.current.onChange(changed.isEmpty ? "" : changed.getHTML(), changed.getText({ blockSeparator: "\n\n" })),
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was put from outside replaces what is being written
  useEffect(() => {
    // A destroyed one has no schema any more; it comes along while a component is mounted anew.
    if (editor && !editor.isDestroyed && editor.getHTML() !== html)
      editor.commands.setContent(html, { emitUpdate: false })
  }, [revision, editor])
  return (
    <RichTextEditor
      editor={isEditor(editor) ? editor : null}
      className={classes.rich}
      variant="subtle"
      labels={{
        boldControlLabel: t`Bold`,
        italicControlLabel: t`Italic`,
        linkControlLabel: t`Link`,
        bulletListControlLabel: t`List`,
        orderedListControlLabel: t`Numbered list`,
        blockquoteControlLabel: t`Quote`,
      }}
    >
      <RichTextEditor.Content className={classes.richContent} />
      <RichTextEditor.Toolbar className={classes.richTools}>
        <RichTextEditor.ControlsGroup>
          <RichTextEditor.Bold />
          <RichTextEditor.Italic />
          <RichTextEditor.Link />
          <RichTextEditor.BulletList />
          <RichTextEditor.OrderedList />
          <RichTextEditor.Blockquote />
        </RichTextEditor.ControlsGroup>
      </RichTextEditor.Toolbar>
    </RichTextEditor>
  )
}

type MantineEditor = NonNullable<ComponentProps<typeof RichTextEditor>["editor"]>

/** The same class; the two packages see its declaration by two ways, and types with private fields then differ. */
function isEditor(value: unknown): value is MantineEditor {
  return typeof value === "object" && value !== null && "commands" in value
}
