/** What rings: each kind has a short tone of its own (ui.md 5, Sound). */
export type SoundKind = "offer" | "message" | "overdue"

type Tone = { hertz: number; atMs: number; lastsMs: number }

const tones: Record<SoundKind, Tone[]> = {
  offer: [
    { hertz: 660, atMs: 0, lastsMs: 120 },
    { hertz: 880, atMs: 140, lastsMs: 160 },
  ],
  message: [{ hertz: 740, atMs: 0, lastsMs: 110 }],
  overdue: [
    { hertz: 440, atMs: 0, lastsMs: 140 },
    { hertz: 330, atMs: 160, lastsMs: 200 },
  ],
}

const loudness = 0.12
let context: AudioContext | null = null

/** Browsers let a page sound only after somebody has touched it; before, this is silent. */
export function play(kind: SoundKind) {
  if (context?.state !== "running") return
  const now = context.currentTime
  for (const { hertz, atMs, lastsMs } of tones[kind]) {
    const oscillator = new OscillatorNode(context, { type: "sine", frequency: hertz })
    const gain = new GainNode(context, { gain: 0 })
    const from = now + atMs / 1000
    const until = from + lastsMs / 1000
    gain.gain.setValueAtTime(0, from)
    gain.gain.linearRampToValueAtTime(loudness, from + 0.015)
    gain.gain.exponentialRampToValueAtTime(0.0001, until)
    oscillator.connect(gain).connect(context.destination)
    oscillator.start(from)
    oscillator.stop(until)
  }
}

/** Wakes the sound at the first touch, as browsers ask for. */
export function unlockSounds(): () => void {
  const unlock = () => {
    if (!("AudioContext" in window)) return
    context ??= new AudioContext()
    void context.resume().catch(() => undefined)
  }
  window.addEventListener("pointerdown", unlock, { once: true })
  window.addEventListener("keydown", unlock, { once: true })
  return () => {
    window.removeEventListener("pointerdown", unlock)
    window.removeEventListener("keydown", unlock)
  }
}
