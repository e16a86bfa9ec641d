const light =
  "--bg: #fff; --soft: #f3f4f7; --line: #d9dce3; --text: #1c2030; --dim: #5c6273; --bad: #b42318; --note: #eef1fb"
const dark =
  "--bg: #1a1c22; --soft: #262932; --line: #3d4250; --text: #eceef3; --dim: #a6adbd; --bad: #ff9a8f; --note: #232a40"

/** All styles of the widget; adopted by its shadow root, so that the page's policy and styles do not reach it. */
export const styles = `
:host { all: initial; color-scheme: light dark }
*, *::before, *::after { box-sizing: border-box }
.root {
  ${light};
  font: 15px/1.45 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: var(--text); text-align: left; -webkit-text-size-adjust: 100%;
}
@media (prefers-color-scheme: dark) { .root { ${dark} } }
:host([data-scheme="light"]) .root { ${light} }
:host([data-scheme="dark"]) .root { ${dark} }
button, input, textarea { font: inherit; color: inherit }
button { cursor: pointer }
button:disabled { cursor: default }
:focus { outline: none }
:focus-visible { outline: 2px solid var(--text); outline-offset: 2px }
.launcher {
  position: fixed; bottom: max(20px, env(safe-area-inset-bottom)); z-index: 2147483000;
  display: flex; align-items: center; justify-content: center; min-width: 56px; height: 56px; padding: 0 16px;
  border: 0; border-radius: 28px; background: var(--accent); color: var(--on-accent); font-weight: 600;
  box-shadow: 0 4px 16px rgb(0 0 0 / .24);
}
.launcher:focus-visible, .head button:focus-visible { outline-color: var(--on-accent); box-shadow: 0 0 0 5px var(--accent) }
.launcher.icon { width: 56px; padding: 0 }
.badge {
  position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px;
  background: #b42318; color: #fff; font-size: 13px; line-height: 22px; text-align: center; font-weight: 600;
}
.right { right: max(20px, env(safe-area-inset-right)) }
.left { left: max(20px, env(safe-area-inset-left)) }
.panel {
  position: fixed; bottom: 92px; z-index: 2147483000; display: flex; flex-direction: column;
  width: 400px; max-width: calc(100vw - 40px); height: 600px; max-height: calc(100vh - 112px); max-height: calc(100dvh - 112px);
  background: var(--bg); border: 1px solid var(--line); border-radius: 16px; overflow: hidden;
  box-shadow: 0 12px 40px rgb(0 0 0 / .28); animation: rise .16s ease-out;
}
@keyframes rise { from { opacity: 0; transform: translateY(12px) } }
.head { display: flex; align-items: center; gap: 8px; padding: 12px 8px 12px 16px; background: var(--accent); color: var(--on-accent) }
.head img { flex: none; width: 36px; height: 36px; border-radius: 8px; object-fit: contain; background: #fff }
.head div { flex: 1; min-width: 0 }
.head strong { display: block; font-weight: 600; font-size: 16px; overflow-wrap: anywhere }
.head span { display: block; font-size: 13px }
.head button { flex: none; min-width: 44px; height: 44px; padding: 0 10px; border: 0; border-radius: 10px; background: none; color: inherit; font-size: 13px; font-weight: 600 }
.head button:hover { background: rgb(127 127 127 / .28) }
.log { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 16px; display: flex; flex-direction: column; gap: 4px }
.log > :first-child { margin-top: auto }
.greeting { padding: 0 0 12px; white-space: pre-wrap; overflow-wrap: anywhere }
.message { max-width: 84%; display: flex; flex-direction: column; align-items: flex-start; align-self: flex-start; margin-top: 8px }
.message.next { margin-top: 0 }
.message.mine { align-self: flex-end; align-items: flex-end }
.name { font-size: 12px; color: var(--dim); margin: 0 4px 2px }
.bubble { padding: 8px 12px; border-radius: 14px; background: var(--soft); white-space: pre-wrap; overflow-wrap: anywhere }
.bubble a { color: inherit }
.mine .bubble { background: var(--accent); color: var(--on-accent) }
.file { display: inline-flex; align-items: center; min-width: 44px; min-height: 44px; justify-content: center; gap: 6px; margin-top: 4px; padding: 6px 10px; border: 1px solid var(--line); border-radius: 10px; color: var(--text); overflow-wrap: anywhere; max-width: 100% }
.file img { display: block; max-width: 100%; max-height: 180px; border-radius: 6px }
.status { align-self: flex-end; font-size: 12px; color: var(--dim); margin: 2px 4px 0 }
.status.bad { color: var(--bad) }
.link { border: 0; padding: 0; background: none; color: inherit; text-decoration: underline; font-weight: 600; min-height: 24px }
.dots { display: inline-flex; gap: 4px; padding: 12px 14px; margin-top: 8px; border-radius: 14px; background: var(--soft); align-self: flex-start }
.dots i { width: 7px; height: 7px; border-radius: 50%; background: var(--dim); animation: blink 1.2s infinite }
.dots i:nth-child(2) { animation-delay: .2s }
.dots i:nth-child(3) { animation-delay: .4s }
@keyframes blink { 0%, 60%, 100% { opacity: .35 } 30% { opacity: 1 } }
.notice { margin: 8px 0 0; padding: 10px 12px; border-radius: 12px; background: var(--note); font-size: 14px; overflow-wrap: anywhere }
.notice p { margin: 0 0 8px }
.notice p:last-child { margin: 0 }
.quick { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 4px }
.chip { min-height: 36px; padding: 6px 12px; border: 1px solid var(--line); border-radius: 18px; background: var(--bg); color: var(--text); text-decoration: none; font-size: 14px; line-height: 22px }
.chip:hover, .tool:hover { background: var(--soft) }
form { margin: 0 }
.fields { display: flex; flex-direction: column; gap: 8px }
label { display: block; font-size: 13px; color: var(--text) }
.fields input { display: block; width: 100%; min-height: 40px; margin-top: 2px; padding: 6px 10px; border: 1px solid var(--dim); border-radius: 8px; background: var(--bg); font-size: 16px }
.row { display: flex; flex-wrap: wrap; gap: 8px }
.primary, .plain { min-height: 40px; padding: 0 14px; border-radius: 8px; border: 1px solid transparent; font-weight: 600 }
.primary { background: var(--accent); color: var(--on-accent) }
.plain { background: none; border-color: var(--dim) }
.foot > .fields { padding: 8px }
.foot { border-top: 1px solid var(--line); padding: 8px 8px calc(8px + env(safe-area-inset-bottom)); background: var(--bg) }
.compose { display: flex; align-items: flex-end; gap: 4px }
.compose textarea { flex: 1; min-width: 0; max-height: 120px; min-height: 44px; padding: 11px 10px; border: 1px solid var(--dim); border-radius: 12px; background: var(--bg); resize: none; font-size: 16px; line-height: 20px; field-sizing: content }
textarea::placeholder { color: var(--dim); opacity: 1 }
.tool { flex: none; display: inline-flex; align-items: center; justify-content: center; width: 44px; height: 44px; padding: 0; border: 0; border-radius: 12px; background: none }
.tool.go { background: var(--accent); color: var(--on-accent) }
.tool:disabled { background: var(--soft); color: var(--dim) }
.files { display: flex; flex-wrap: wrap; gap: 6px; padding: 0 4px 8px }
.files span { display: inline-flex; align-items: center; gap: 4px; padding-left: 10px; border-radius: 10px; background: var(--soft); font-size: 13px; overflow-wrap: anywhere }
.files button { min-width: 32px; height: 32px; border: 0; background: none; border-radius: 8px }
.offline { padding: 6px 16px; background: var(--note); font-size: 13px }
.error { padding: 0 4px 8px; font-size: 13px; color: var(--bad) }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
@media (max-width: 480px), (max-height: 480px) {
  .panel { inset: 0; bottom: 0; width: auto; max-width: none; height: auto; max-height: none; border: 0; border-radius: 0 }
  .head { padding-top: calc(12px + env(safe-area-inset-top)) }
  .launcher.under { display: none }
}
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important } .dots i { opacity: .7 } }
@media (forced-colors: active) { .launcher, .primary, .tool.go, .mine .bubble, .bubble { border: 1px solid CanvasText } }
`
