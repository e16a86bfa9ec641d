/** Calls the running program as a person would, over its public API. */
export type Caller = <Body>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Body>

export function callerOf(url: string, cookie: string): Caller {
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(`${url}/api${path}`, {
      method,
      headers: {
        ...(cookie !== "" && { cookie }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!answer.ok)
      throw new Error(
        `The demonstration could not be loaded: ${method} ${path} answered ${answer.status} ${await answer.text()}`,
      )
    return answer.status === 204 ? undefined : answer.json()
  }
}

/** Does something that signs in; answers the session's cookie with what was said. */
export async function signIn<Body>(url: string, path: string, body: unknown): Promise<{ cookie: string; body: Body }> {
  const answer = await fetch(`${url}/api${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  })
  if (answer.status !== 201)
    throw new Error(`The demonstration could not be loaded: ${path} answered ${answer.status} ${await answer.text()}`)
  const cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
  return { cookie, body: await answer.json() }
}
