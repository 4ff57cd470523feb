/** Options of a command: declared once, parsed by node:util, read by type. */
import { parseArgs } from 'node:util';
import { StudioError } from '../errors.ts';

/** The command line itself is wrong: an unknown option, a missing argument. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface OptionSpec {
  readonly name: string;
  /** What stands for the value in the help; none = a flag. */
  readonly value?: string;
  readonly repeats?: boolean;
  readonly help: string;
}

/** Drops undefined fields, so that a request holds only what was asked for. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** A parsed command line. A value of the wrong form is REQUEST_INVALID and names its option. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(args: readonly string[], specs: readonly OptionSpec[]) {
    const options = Object.fromEntries(specs.map((spec) => [
      spec.name,
      { type: spec.value === undefined ? ('boolean' as const) : ('string' as const), multiple: spec.repeats ?? false },
    ]));
    try {
      const parsed = parseArgs({ args: joinNegatives(args, specs), options, allowPositionals: true, strict: true });
      this.positionals = parsed.positionals;
      this.#values = parsed.values;
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  list(name: string): readonly string[] {
    return (this.#values[name] as string[] | undefined) ?? [];
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) throw new StudioError('REQUEST_INVALID', `--${name} takes a number, not "${text}".`, { option: name, received: text });
    return value;
  }

  choice<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = allowed.find((entry) => entry === text);
    if (found === undefined) {
      throw new StudioError('REQUEST_INVALID', `--${name} is one of ${allowed.join(', ')}, not "${text}".`, { option: name, received: text, expected: allowed });
    }
    return found;
  }
}

/** `--steps -3` → `--steps=-3`: parseArgs takes a leading minus for another option. */
function joinNegatives(args: readonly string[], specs: readonly OptionSpec[]): string[] {
  const valued = new Set(specs.filter((spec) => spec.value !== undefined).map((spec) => `--${spec.name}`));
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const next = args[i + 1];
    if (arg === '--') return [...joined, ...args.slice(i)];
    if (valued.has(arg) && next !== undefined && /^-[\d.]|^-inf/i.test(next)) {
      joined.push(`${arg}=${next}`);
      i++;
    } else joined.push(arg);
  }
  return joined;
}
