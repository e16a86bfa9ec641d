const plain = "/favicon.svg"
const sizePx = 32

/** A dot on the page's icon while something waits. */
export function showBadge(on: boolean) {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  if (!link) return
  if (!on) {
    link.href = plain
    return
  }
  const image = new Image()
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: sizePx, height: sizePx })
    const context = canvas.getContext("2d")
    if (!context) return
    context.drawImage(image, 0, 0, sizePx, sizePx)
    context.beginPath()
    context.arc(sizePx - 8, 8, 8, 0, Math.PI * 2)
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--sb-overdue")
    context.fill()
    link.href = canvas.toDataURL("image/png")
  }
  image.src = plain
}
