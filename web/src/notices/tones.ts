/** What a person is called by; each kind sounds different. */
export type Notice = "offer" | "message" | "overdue"
