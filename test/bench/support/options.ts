import { parseArgs, type ParseArgsOptionDescriptor } from 'node:util';

/** An option as `parseArgs` takes it, with what `--help` says of it; `value` names what it takes. */
export interface BenchOption extends ParseArgsOptionDescriptor {
  readonly about: string;
  readonly value?: string;
}
type Values<T extends Readonly<Record<string, BenchOption>>> = ReturnType<typeof parseArgs<{ options: T }>>['values'];

/** Offered by every bench. */
export const JSON_REPORT = { type: 'boolean', default: false, about: 'also print the whole report as JSON' } as const;

/** What `--help` prints. */
export function benchHelp(command: string, about: string, options: Readonly<Record<string, BenchOption>>): string {
  const names = Object.entries(options).map(([name, { type, value }]) => `--${name}${type === 'string' ? ` ${value ?? 'VALUE'}` : ''}`);
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const line = (name: string, { about, default: preset, multiple }: BenchOption): string =>
    `  ${name.padEnd(width)}${about}${multiple === true ? ' (may be given several times)' : ''}${typeof preset === 'string' && preset !== '' ? ` (${preset})` : ''}`;
  return `${command}\n${about}\n\n${Object.values(options).map((option, i) => line(names[i]!, option)).join('\n')}\n`;
}

/**
 * The options of a bench from its command line. `--help` prints them and ends with 0; an option that does not exist, or one without its
 * value, ends with 2 and a sentence.
 */
export function benchOptions<const T extends Readonly<Record<string, BenchOption>>>(command: string, about: string, options: T): Values<T> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(benchHelp(command, about, options));
    process.exit(0);
  }
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    console.error(`${(error as Error).message.replace(/\.? (To specify|Use).*$|\.?$/s, '')}. The options: ${Object.keys(options).map((name) => `--${name}`).join(', ')}; --help explains them.`);
    return process.exit(2);
  }
}
