/** `npm start`: the studio in its own window, or in the browser where there is none. */
import './earlyHistory.ts';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultDataDir } from '../dataDir.ts';
import { dropHistoryThread } from '../history/workerThread.ts';
import { Arguments, UsageError, type OptionSpec } from './arguments.ts';
import { runInBrowser } from './browserStudio.ts';
import { exitCodes, report } from './command.ts';
import { findElectron, noWindowReason, runElectron } from './electronApp.ts';
import { processIo, type Io } from './io.ts';
import { buildDesktop } from './pageBuild.ts';

const options: readonly OptionSpec[] = [
  { name: 'browser', help: 'In the browser, even where a window could be opened' },
  { name: 'no-open', help: 'In the browser, but open none: only print the address' },
  { name: 'port', value: 'N', help: 'Port of the browser\'s address (default: any free one)' },
  { name: 'data', value: 'DIR', help: 'Where pictures and history are kept' },
  { name: 'help', help: 'This text' },
];

/** Runs `npm start`. out: the exit code. */
export async function start(argv: readonly string[], io: Io): Promise<number> {
  try {
    const args = new Arguments(argv, options);
    if (args.positionals.length > 0) throw new UsageError(`"${args.positionals[0]}" is not an option of npm start.`);
    if (args.flag('help')) {
      io.stdout.write(helpText());
      return exitCodes.ok;
    }
    const dataDir = resolve(args.text('data') ?? (process.env['OVIS_STUDIO_DATA'] || defaultDataDir(homedir(), process.env)));
    const port = portOf(args);
    const say = (text: string): void => void io.stderr.write(text);
    const inBrowser = args.flag('browser') || args.flag('no-open') || args.text('port') !== undefined;
    const electron = inBrowser ? undefined : await electronOr(dataDir, say);
    if (electron !== undefined) {
      await dropHistoryThread();
      await buildDesktop(say);
      return await runElectron(electron, dataDir);
    }
    await runInBrowser({
      dataDir,
      port,
      open: !args.flag('no-open'),
      say,
      tell: (address) => io.stdout.write(`${address}\n`),
      untilStop: (unfinishedJobs) => untilStop(io, unfinishedJobs),
    });
    return exitCodes.ok;
  } catch (error) {
    return report(error, false, io);
  }
}

async function electronOr(dataDir: string, say: (text: string) => void): Promise<string | undefined> {
  const reason = noWindowReason();
  const electron = reason === undefined ? await findElectron({ dataDir, say }) : undefined;
  if (electron === undefined) say(`${reason === undefined ? '' : `${reason}: `}the studio opens in the browser.\n`);
  return electron;
}

function portOf(args: Arguments): number {
  const port = args.number('port') ?? 0;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError(`--port takes a number from 0 to 65535, not ${args.text('port')}.`);
  return port;
}

/** Work in hand makes the first Ctrl-C a question; who ends processes by SIGTERM waits for no answer. */
function untilStop(io: Io, unfinishedJobs: () => number): Promise<void> {
  return new Promise((done) => {
    let asked = false;
    const unsubscribe = io.onInterrupt((signal) => {
      const count = unfinishedJobs();
      if (count > 0 && !asked && signal !== 'SIGTERM') {
        asked = true;
        io.stderr.write(`${count === 1 ? '1 job is' : `${count} jobs are`} not finished; what waits goes on at the next start, what runs can be retried. Ctrl-C again closes.\n`);
        return;
      }
      unsubscribe();
      done();
    });
  });
}

function helpText(): string {
  const width = Math.max(...options.map(({ name, value }) => name.length + (value?.length ?? -1))) + 6;
  const rows = options.map(({ name, value, help }) => `  ${`--${name}${value === undefined ? '' : ` ${value}`}`.padEnd(width)}${help}`);
  return `Ovis Studio: one model that sees, draws and edits.\n\n  npm start -- [options]\n\nOptions\n${rows.join('\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const io = processIo();
  process.exitCode = await start(process.argv.slice(2), io);
  await io.imaging.close();
}
