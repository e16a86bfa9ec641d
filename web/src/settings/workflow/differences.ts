type Tree = { [key: string]: unknown }

/** A merge patch (RFC 7396): only what differs. */
export function differences(before: Tree, after: Tree): Tree {
  const patch: Tree = {}
  for (const [key, value] of Object.entries(after)) {
    const former = before[key]
    if (isTree(value) && isTree(former)) {
      const inner = differences(former, value)
      if (Object.keys(inner).length > 0) patch[key] = inner
    } else if (value !== former) patch[key] = value
  }
  return patch
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
