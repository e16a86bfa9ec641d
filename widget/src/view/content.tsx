/** @jsxImportSource preact */
import { useState } from "preact/hooks"
import type { WidgetItem } from "../../../src/core/chat/widget-protocol.ts"

const link = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g

/** Text as it is, with its web addresses to follow. */
export function TextWithLinks({ text }: { text: string }) {
  return (
    <>
      {text.split(link).map((part, index) =>
        index % 2 === 1 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
          <a key={`${index} ${part}`} href={part} target="_blank" rel="noopener noreferrer">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </>
  )
}

export function FileLink({ file }: { file: WidgetItem["attachments"][number] }) {
  const [shown, setShown] = useState(file.type.startsWith("image/"))
  return (
    <a class="file" href={file.url} target="_blank" rel="noopener noreferrer" download={file.name}>
      {/* A page whose policy forbids the picture shows its name. */}
      {shown ? <img src={file.url} alt={file.name} onError={() => setShown(false)} /> : file.name}
    </a>
  )
}
