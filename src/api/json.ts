/**
 * JSON as we take it (RFC 8259): duplicate keys, `__proto__` and more than 32 levels are refused, which `JSON.parse`
 * lets pass. Throws `JsonError` with the place.
 */
export class JsonError extends Error {
  constructor(what: string, at: number) {
    super(`${what} at character ${at}`)
    this.name = "JsonError"
  }
}

export const depthMax = 32

export function parseJson(text: string): unknown {
  const reader = new Reader(text)
  const value = reader.value(1)
  reader.end()
  return value
}

const blank = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what ends the run
const plain = /[^"\\\u0000-\u001f]*/y
const escapes: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  end(): void {
    this.#match(blank)
    if (this.#at < this.#text.length) throw this.#wrong("Unexpected text")
  }

  value(depth: number): unknown {
    this.#match(blank)
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth)
      case "[":
        return this.#array(depth)
      case '"':
        return this.#string()
      case "t":
        return this.#word("true", true)
      case "f":
        return this.#word("false", false)
      case "n":
        return this.#word("null", null)
      default:
        return this.#number()
    }
  }

  #object(depth: number): unknown {
    if (depth > depthMax) throw this.#wrong(`More than ${depthMax} levels`)
    this.#at++
    const object: Record<string, unknown> = {}
    if (this.#closes("}")) return object
    for (;;) {
      this.#match(blank)
      if (this.#text[this.#at] !== '"') throw this.#wrong("A key is missing")
      const key = this.#string()
      if (key === "__proto__") throw this.#wrong("The key __proto__ is not allowed")
      if (Object.hasOwn(object, key)) throw this.#wrong(`The key ${JSON.stringify(key.slice(0, 60))} stands twice`)
      this.#match(blank)
      this.#expect(":")
      object[key] = this.value(depth + 1)
      if (this.#closes("}")) return object
      this.#expect(",")
    }
  }

  #array(depth: number): unknown {
    if (depth > depthMax) throw this.#wrong(`More than ${depthMax} levels`)
    this.#at++
    const array: unknown[] = []
    if (this.#closes("]")) return array
    for (;;) {
      array.push(this.value(depth + 1))
      if (this.#closes("]")) return array
      this.#expect(",")
    }
  }

  #string(): string {
    this.#at++
    let text = this.#match(plain)
    while (this.#text[this.#at] === "\\") {
      text += this.#escape()
      text += this.#match(plain)
    }
    this.#expect('"')
    return text
  }

  #escape(): string {
    const letter = this.#text[this.#at + 1] ?? ""
    if (letter === "u") {
      const hex = this.#text.slice(this.#at + 2, this.#at + 6)
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#wrong("An escape is not valid")
      this.#at += 6
      return String.fromCharCode(Number.parseInt(hex, 16))
    }
    const character = escapes[letter]
    if (character === undefined) throw this.#wrong("An escape is not valid")
    this.#at += 2
    return character
  }

  #number(): number {
    const digits = this.#match(number)
    if (digits === "") throw this.#wrong(this.#at < this.#text.length ? "Unexpected text" : "The text ends too early")
    return Number(digits)
  }

  #word<Value>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) throw this.#wrong("Unexpected text")
    this.#at += word.length
    return value
  }

  #closes(bracket: "}" | "]"): boolean {
    this.#match(blank)
    if (this.#text[this.#at] !== bracket) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw this.#wrong(`${character} is missing`)
    this.#at++
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ""
    this.#at += found.length
    return found
  }

  #wrong(what: string): JsonError {
    return new JsonError(what, this.#at)
  }
}
