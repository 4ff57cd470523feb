/** The command line: `npm run studio -- COMMAND …`. */
import { pathToFileURL } from 'node:url';
import { UsageError } from './arguments.ts';
import { exitCodes, helpOf, report, runCommand, synopsis, type Command } from './command.ts';
import { processIo, type Io } from './io.ts';
import { ask } from './commands/ask.ts';
import { bench } from './commands/bench.ts';
import { control } from './commands/control.ts';
import { edit } from './commands/edit.ts';
import { generate } from './commands/generate.ts';
import { info } from './commands/info.ts';
import { inpaint } from './commands/inpaint.ts';
import { models } from './commands/models.ts';
import { outpaint } from './commands/outpaint.ts';

const commands: readonly Command[] = [generate, edit, inpaint, outpaint, control, ask, info, models, bench];

/** Runs one command line. out: the exit code (0 done, 1 failed with a typed error, 2 wrong usage, 130 stopped by Ctrl-C). */
export async function runStudio(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const topic = commands.find((command) => command.name === rest[0]);
    io.stdout.write(topic ? helpOf(topic) : overview());
    return exitCodes.ok;
  }
  const command = commands.find((entry) => entry.name === name);
  if (!command) {
    const names = commands.map((entry) => entry.name).join(', ');
    return report(new UsageError(`There is no command "${name}". There is: ${names}.`), argv.includes('--json'), io);
  }
  return runCommand(command, rest, io);
}

function overview(): string {
  const lines = commands.map((command) => `  ${synopsis(command)}\n      ${command.summary}`);
  return `Ovis Studio: one model that sees, draws and edits.\n\n${lines.join('\n')}\n  npm run studio -- bench toybox [--quick] [--json]\n      Measure the built-in model: its whole table with confidence intervals (only in a copy with its tests)\n\nEach has --help. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const io = processIo();
  process.exitCode = await runStudio(process.argv.slice(2), io);
  await io.imaging.close();
}
