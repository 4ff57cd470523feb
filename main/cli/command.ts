/** The shape of a command, its help, and how it ends. */
import { StudioError, toFailure } from '../errors.ts';
import { Arguments, UsageError, type OptionSpec } from './arguments.ts';
import type { Io } from './io.ts';

export interface Command {
  readonly name: string;
  /** Its positional arguments, as the help shows them. */
  readonly positionals: string;
  readonly summary: string;
  /** Anything a person should know that the options do not say. */
  readonly notes?: string;
  readonly options: readonly OptionSpec[];
  run(args: Arguments, io: Io): Promise<void>;
}

const jsonOption: OptionSpec = { name: 'json', help: 'Print exactly one JSON on stdout' };
const commonOptions: readonly OptionSpec[] = [jsonOption, { name: 'quiet', help: 'No progress on stderr' }, { name: 'help', help: 'This text' }];

export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Parses, runs, reports; never throws. out: the exit code. */
export async function runCommand(command: Command, argv: readonly string[], io: Io): Promise<number> {
  try {
    const args = new Arguments(argv, [...command.options, ...commonOptions]);
    if (args.flag('help')) {
      io.stdout.write(helpOf(command));
      return exitCodes.ok;
    }
    await command.run(args, io);
    return exitCodes.ok;
  } catch (error) {
    return report(error, argv.includes('--json'), io, command);
  }
}

/** Says what went wrong, once: as JSON on stdout or as text on stderr. */
export function report(error: unknown, json: boolean, io: Io, command?: Command): number {
  const usage = error instanceof UsageError;
  const failure = toFailure(usage ? new StudioError('REQUEST_INVALID', error.message) : error);
  if (json) io.stdout.write(`${JSON.stringify(failure)}\n`);
  else if (usage) io.stderr.write(`${error.message}\n${command ? `Use: ${synopsis(command)}\n` : ''}`);
  else if (failure.code === 'CANCELLED') io.stderr.write(`${failure.message}\n`);
  else io.stderr.write(`${failure.code}: ${failure.message}\n${lastWords(failure.details)}`);
  if (usage) return exitCodes.usage;
  return failure.code === 'CANCELLED' ? exitCodes.interrupted : exitCodes.failed;
}

/** The end of what a fallen engine process wrote, or of a bug's stack: what a report of it needs. */
function lastWords(details: Readonly<Record<string, unknown>>): string {
  const words = details['stderrTail'] ?? details['stack'];
  if (typeof words !== 'string' || words === '') return '';
  return words.split('\n').slice(-12).map((line) => `  ${line}\n`).join('');
}

export function synopsis(command: Command): string {
  return `npm run studio -- ${command.name} ${command.positionals} [options]`;
}

export function helpOf(command: Command): string {
  const rows = [...command.options, ...commonOptions].map((spec): [string, string] => [
    `  --${spec.name}${spec.value === undefined ? '' : ` ${spec.value}`}${spec.repeats ? ' …' : ''}`,
    spec.help,
  ]);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const notes = command.notes === undefined ? '' : `\n${command.notes}\n`;
  return `${command.summary}\n\n  ${synopsis(command)}\n\nOptions\n${rows.map(([left, right]) => left.padEnd(width) + right).join('\n')}\n${notes}`;
}

/** The positional arguments under their names. UsageError where one is missing or too many came. */
export function positionals<const Names extends readonly string[]>(args: Arguments, names: Names): { [K in keyof Names]: string } {
  const given = args.positionals;
  const missing = names[given.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  if (given.length > names.length) throw new UsageError(`"${given[names.length]}" is one argument too many; a text with spaces goes in quotes.`);
  return [...given] as { [K in keyof Names]: string };
}
