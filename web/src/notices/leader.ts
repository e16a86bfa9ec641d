/** Of several tabs one makes the noise: the one that was touched last. */
const channel = "BroadcastChannel" in window ? new BroadcastChannel("switchboard-notices") : null
const claimed = new Map<string, ReturnType<typeof setTimeout>>()
const rememberMs = 60_000
/** Tabs without the focus wait for the one that has it. */
const waitMs = 80

channel?.addEventListener("message", ({ data }) => remember(String(data)))

function remember(key: string) {
  clearTimeout(claimed.get(key))
  claimed.set(
    key,
    setTimeout(() => claimed.delete(key), rememberMs),
  )
}

/** Does it in one tab only: the first that claims the key. */
export function inOneTab(key: string, act: () => void) {
  const claim = () => {
    if (claimed.has(key)) return
    remember(key)
    channel?.postMessage(key)
    act()
  }
  if (document.hasFocus()) claim()
  else setTimeout(claim, waitMs + Math.random() * waitMs)
}
