import type { Chat } from "./chat.ts"

/**
 * Buttons of the page's own, marked `data-switchboard-button`: they open the chat, replace our launcher, and carry the
 * classes `show` (chat can be had), `has-authenticated` (the site has proved who it is) and `unread`.
 */
export function bindButtons(chat: Chat): boolean {
  const buttons = [...document.querySelectorAll<HTMLElement>("[data-switchboard-button]")]
  const mark = () => {
    for (const button of buttons) {
      button.classList.toggle("show", !chat.closed)
      button.classList.toggle("has-authenticated", chat.identity !== null)
      button.classList.toggle("unread", chat.unread > 0)
    }
  }
  for (const button of buttons) button.addEventListener("click", () => chat.show(!chat.open))
  if (buttons.length > 0) chat.subscribe(mark)
  mark()
  return buttons.length > 0
}
