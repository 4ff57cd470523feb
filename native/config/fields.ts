/** Reads a JSON object field by field; every refusal is a CONFIG_INVALID that names the path, what was expected and what came. */
import { EngineError } from '../errors.ts';

export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** Taken when the field is absent; without it an absent field is refused. */
  readonly fallback?: number;
}

/** One object of a JSON document, with the path that leads to it. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #source: string;

  constructor(value: unknown, source: string, path = '') {
    this.#source = source;
    this.#path = path;
    if (!isRecord(value)) throw this.#error(path === '' ? '(whole file)' : path, 'an object', value);
    this.#values = value;
  }

  /** Whether the field is there and not null. */
  has(name: string): boolean {
    return (this.raw(name) ?? null) !== null;
  }

  /** The value as it stands in the file; undefined when absent. Inherited names (`constructor`, …) count as absent. */
  raw(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  names(): string[] {
    return Object.keys(this.#values);
  }

  object(name: string): Fields {
    return new Fields(this.raw(name), this.#source, this.path(name));
  }

  /** A finite number within [min, max]. */
  number(name: string, range: Range = {}): number {
    const value = this.raw(name);
    if (value === undefined && range.fallback !== undefined) return range.fallback;
    return this.#checkNumber(this.path(name), value, range, 'a number');
  }

  integer(name: string, range: Range = {}): number {
    const value = this.raw(name);
    if (value === undefined && range.fallback !== undefined) return range.fallback;
    return this.#checkInteger(this.path(name), value, range);
  }

  /** An array of integers, each within the range; `length` when only one length is right. */
  integers(name: string, range: Range & { readonly length?: number; readonly maxLength?: number } = {}): number[] {
    const list = this.#list(name, range.length, range.maxLength);
    return list.map((value, i) => this.#checkInteger(`${this.path(name)}[${String(i)}]`, value, range));
  }

  /** An array of finite numbers, each within the range. */
  numbers(name: string, range: Range & { readonly length?: number; readonly maxLength?: number } = {}): number[] {
    const list = this.#list(name, range.length, range.maxLength);
    return list.map((value, i) => this.#checkNumber(`${this.path(name)}[${String(i)}]`, value, range, 'a number'));
  }

  /** An array of rows of `columns` numbers each; `rows` when only one count is right, else 1 to 256. */
  numberRows(name: string, { rows, columns, ...range }: Range & { readonly rows?: number | undefined; readonly columns: number }): number[][] {
    const list = this.raw(name);
    const fits = Array.isArray(list) && list.length >= 1 && list.length <= 256 && list.length === (rows ?? list.length);
    const isRow = (row: unknown): row is unknown[] => Array.isArray(row) && row.length === columns;
    if (!fits || !list.every(isRow)) {
      throw this.contradiction(name, `${rows === undefined ? '1 to 256' : String(rows)} arrays of ${String(columns)} numbers`);
    }
    return list.map((row, i) => row.map((value, j) => this.#checkNumber(`${this.path(name)}[${String(i)}][${String(j)}]`, value, range, 'a number')));
  }

  boolean(name: string, fallback?: boolean): boolean {
    const value = this.raw(name);
    if (value === undefined && fallback !== undefined) return fallback;
    if (typeof value !== 'boolean') throw this.#error(this.path(name), 'true or false', value);
    return value;
  }

  string(name: string, maxLength = 4096): string {
    const value = this.raw(name);
    if (typeof value !== 'string' || value.length > maxLength) {
      throw this.#error(this.path(name), `a string of at most ${String(maxLength)} characters`, value);
    }
    return value;
  }

  /** One of the given strings. */
  choice<const T extends string>(name: string, allowed: readonly T[], fallback?: T): T {
    const value = this.raw(name);
    if (value === undefined && fallback !== undefined) return fallback;
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw this.#error(this.path(name), allowed.map((one) => `"${one}"`).join(' or '), value);
    return found;
  }

  /** Refuses any value but this one; an absent field passes only where `optional` says that the class default is the same. */
  fixed(name: string, expected: string | number | boolean | null, optional: 'required' | 'optional'): void {
    const value = this.raw(name);
    if (value === undefined && optional === 'optional') return;
    if (value !== expected) throw this.#error(this.path(name), JSON.stringify(expected), value);
  }

  /** The refusal of a field that is well-formed alone but contradicts another. */
  contradiction(name: string, expected: string): EngineError {
    return this.#error(this.path(name), expected, this.raw(name));
  }

  path(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  #list(name: string, length: number | undefined, maxLength = 4096): readonly unknown[] {
    const value = this.raw(name);
    if (!Array.isArray(value) || (length !== undefined && value.length !== length) || value.length > maxLength) {
      const what = length === undefined ? 'an array of numbers' : `an array of ${String(length)} numbers`;
      throw this.#error(this.path(name), what, value);
    }
    return value;
  }

  #checkInteger(path: string, value: unknown, range: Range): number {
    const checked = this.#checkNumber(path, value, range, 'an integer');
    if (!Number.isSafeInteger(checked)) throw this.#error(path, withRange('an integer', range), value);
    return checked;
  }

  #checkNumber(path: string, value: unknown, range: Range, kind: string): number {
    const fits =
      typeof value === 'number' &&
      Number.isFinite(value) &&
      value >= (range.min ?? -Infinity) &&
      value <= (range.max ?? Infinity);
    if (!fits) throw this.#error(path, withRange(kind, range), value);
    return value;
  }

  #error(field: string, expected: string, value: unknown): EngineError {
    const got = describe(value);
    return new EngineError('CONFIG_INVALID', `${this.#source}: ${field}: expected ${expected}, got ${got}.`, {
      source: this.#source,
      field,
      expected,
      got,
    });
  }
}

function withRange(kind: string, { min, max }: Range): string {
  if (min !== undefined && max !== undefined) return `${kind} from ${String(min)} to ${String(max)}`;
  if (min !== undefined) return `${kind} of at least ${String(min)}`;
  if (max !== undefined) return `${kind} of at most ${String(max)}`;
  return kind;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value in a few words for an error message: a hostile file must not become a hostile message. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length > 8 ? `an array of ${String(value.length)}` : `[${value.map(describe).join(', ')}]`.slice(0, 120);
  if (isRecord(value)) return 'an object';
  if (typeof value === 'string') return value.length > 60 ? `"${value.slice(0, 60)}…"` : JSON.stringify(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value === null ? 'null' : `a ${typeof value}`;
}
