/** A JSON reader for untrusted headers: unlike JSON.parse it sees duplicate keys, and it keeps no prototype keys. */

export type StrictJson = string | number | boolean | null | readonly StrictJson[] | ReadonlyMap<string, StrictJson>;

/** Why a text is not strict JSON; the reader's caller turns it into a typed error with the file's name. */
export class StrictJsonError extends Error {
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.name = 'StrictJsonError';
    this.position = position;
  }
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const space = /[ \t\n\r]*/y;
const literals: readonly (readonly [string, boolean | null])[] = [['true', true], ['false', false], ['null', null]];

/** A published model's header holds some 8,000 values; a text of a hundred megabytes must not become gigabytes of objects. */
const maxValues = 1_000_000;
const maxDepth = 16;

/**
 * Parses the whole text; objects become Maps. Numbers too large for a double become Infinity, as in JSON.parse.
 * StrictJsonError for anything but JSON, for a key that stands twice in one object, for nesting beyond 16 and for more than a million values.
 * Source: RFC 8259.
 */
export function parseStrictJson(text: string): StrictJson {
  let at = 0;
  let values = 0;

  function skipSpace(): void {
    space.lastIndex = at;
    space.test(text);
    at = space.lastIndex;
  }

  function expect(char: string): void {
    if (text[at] !== char) throw new StrictJsonError(`"${char}" expected`, at);
    at++;
  }

  function readString(): string {
    const start = at;
    expect('"');
    for (;;) {
      const code = text.charCodeAt(at);
      if (Number.isNaN(code)) throw new StrictJsonError('a string does not end', start);
      if (code < 0x20) throw new StrictJsonError('a control character inside a string', at);
      at += code === 0x5c /* backslash */ ? 2 : 1;
      if (code === 0x22 /* quote */) break;
    }
    const body = text.slice(start, at);
    if (!body.includes('\\')) return body.slice(1, -1);
    try {
      return JSON.parse(body) as string;
    } catch {
      throw new StrictJsonError('a bad escape inside a string', start);
    }
  }

  function readMembers(close: string, readOne: () => void): void {
    at++;
    skipSpace();
    if (text[at] === close) {
      at++;
      return;
    }
    for (;;) {
      skipSpace();
      readOne();
      skipSpace();
      if (text[at] !== ',') break;
      at++;
    }
    expect(close);
  }

  function readValue(depth: number): StrictJson {
    skipSpace();
    if (++values > maxValues) throw new StrictJsonError('too many values', at);
    const first = text[at];
    if (first === '"') return readString();
    if ((first === '{' || first === '[') && depth >= maxDepth) throw new StrictJsonError('nested too deeply', at);
    if (first === '{') {
      const map = new Map<string, StrictJson>();
      readMembers('}', () => {
        const keyAt = at;
        const key = readString();
        if (map.has(key)) throw new StrictJsonError(`the key "${key.slice(0, 120)}" stands twice`, keyAt);
        skipSpace();
        expect(':');
        map.set(key, readValue(depth + 1));
      });
      return map;
    }
    if (first === '[') {
      const list: StrictJson[] = [];
      readMembers(']', () => list.push(readValue(depth + 1)));
      return list;
    }
    number.lastIndex = at;
    const found = number.exec(text);
    if (found !== null) {
      at = number.lastIndex;
      return Number(found[0]);
    }
    const literal = literals.find(([word]) => text.startsWith(word, at));
    if (literal === undefined) throw new StrictJsonError('a value expected', at);
    at += literal[0].length;
    return literal[1];
  }

  const value = readValue(0);
  skipSpace();
  if (at !== text.length) throw new StrictJsonError('something follows the value', at);
  return value;
}
