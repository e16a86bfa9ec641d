import type { Alarm } from "./nobody-serves.ts"

/** The mail to Administrators when the oldest is overdue and nobody is available. */
export function alarmMail(
  to: { email: string; name: string },
  alarm: Alarm,
  publicUrl: string,
): { to: string; subject: string; text: string } {
  const wait = alarm.waiting === 1 ? "1 waits" : `${alarm.waiting} wait`
  return {
    to: to.email,
    subject: `${wait}, nobody is available`,
    text: [
      `Hello ${to.name},`,
      "",
      `${wait} for an answer and nobody is available. The oldest was due at ${alarm.oldestDueAt.toISOString()}.`,
      "",
      publicUrl,
    ].join("\n"),
  }
}
