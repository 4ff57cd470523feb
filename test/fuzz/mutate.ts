/** Seeded mutations of JSON documents and bytes: the same seed makes the same hostile input everywhere. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What breaks readers: other types, edges of number ranges, huge and negative sizes, prototype names. */
const hostileValues: readonly Json[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1,
  2,
  3,
  0.5,
  1e-320,
  1e9,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e308,
  -1e308,
  '',
  '0',
  '1|2',
  '1|1e9',
  '__proto__',
  '../../../etc/passwd',
  'F32',
  'I64',
  '\u0000',
  'x'.repeat(10_000),
  [],
  [[]],
  [0],
  [-1, -1],
  [1e9, 1e9, 1e9],
  Array.from({ length: 1000 }, () => 1),
  {},
  { length: 1e9 },
  { toString: 'x', valueOf: 1 },
];

const keys = ['__proto__', 'constructor', 'toString', 'length', 'hidden_size', 'shape', 'dtype', 'data_offsets', '__metadata__', ''];

type Random = () => number;
const pick = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)]!;

/** A copy with one to four places replaced, removed, added or scaled. */
export function mutateJson(json: Json, random: Random): Json {
  let copy = clone(json);
  for (let edits = 1 + Math.floor(random() * 4); edits > 0; edits--) copy = mutateOnce(copy, random);
  return copy;
}

function mutateOnce(json: Json, random: Random): Json {
  const place = pickPlace(json, random);
  if (place === undefined || random() < 0.02) return pick(hostileValues, random);
  const { holder, key } = place;
  const old = holder[key];
  const kind = random();
  if (kind < 0.15) remove(holder, key);
  else if (kind < 0.25) define(holder, pick(keys, random), clone(pick(hostileValues, random)));
  else if (kind < 0.45 && typeof old === 'number') define(holder, key, pick([old + 1, old - 1, old * 2, old / 2, -old, old * 1e6, old + 0.5], random));
  else if (kind < 0.55) define(holder, key, clone(pickPlace(json, random)?.holder ?? null));
  else define(holder, key, clone(pick(hostileValues, random)));
  return json;
}

interface Place {
  readonly holder: Record<string, Json>;
  readonly key: string;
}

/** Walks down from the root and stops somewhere; undefined when there is nowhere to go. */
function pickPlace(json: Json, random: Random): Place | undefined {
  let place: Place | undefined;
  let value: Json | undefined = json;
  while (typeof value === 'object' && value !== null && (place === undefined || random() < 0.7)) {
    const holder = value as Record<string, Json>;
    const names = Object.keys(holder);
    if (names.length === 0) break;
    place = { holder, key: pick(names, random) };
    value = holder[place.key];
  }
  return place;
}

function clone(json: Json): Json {
  return typeof json === 'object' && json !== null ? structuredClone(json) : json;
}

/** Sets an own property even where the name is `__proto__`, as JSON.parse does; an array has only numbered ones. */
function define(holder: Record<string, Json>, key: string, value: Json): void {
  if (Array.isArray(holder) && !/^\d+$/.test(key)) return;
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function remove(holder: Record<string, Json>, key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
}

/** A copy with bytes flipped, cut out, repeated or replaced by what JSON is made of. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const syntax = '{}[]":,\\0123456789eE+-.ntf \u0000';
  let copy = Uint8Array.from(bytes);
  for (let edits = 1 + Math.floor(random() * 4); edits > 0; edits--) {
    if (copy.length === 0) return copy;
    // Half of the edits in the first 16 bytes, where the length stands.
    const at = Math.floor(random() * (random() < 0.25 ? Math.min(16, copy.length) : copy.length));
    const kind = random();
    if (kind < 0.4) copy[at] = syntax.charCodeAt(Math.floor(random() * syntax.length));
    else if (kind < 0.6) copy[at] = Math.floor(random() * 256);
    else if (kind < 0.75) copy = Uint8Array.from([...copy.subarray(0, at), ...copy.subarray(at + 1 + Math.floor(random() * 8))]);
    else if (kind < 0.9) copy = Uint8Array.from([...copy.subarray(0, at), ...copy.subarray(Math.max(0, at - 9), at), ...copy.subarray(at)]);
    else copy = copy.slice(0, at);
  }
  return copy;
}
