/** Starts the engine process with Node's fork. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { allocatorEnvironment } from './allocator.ts';
import type { ParentMessage } from './protocol.ts';

/** How a process ended, as far as the outside can tell. */
export interface EngineExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The end of what it wrote to stdout and stderr. */
  readonly stderrTail: string;
  /** Why it could not be started at all. */
  readonly spawnError?: string;
}

export interface EngineHandlers {
  onMessage(message: unknown): void;
  /** What the process writes, in pieces as they come. */
  onOutput(text: string): void;
  /** Called once, after everything that the process wrote has been read. */
  onExit(exit: EngineExit): void;
}

/** A running engine process, whatever started it. */
export interface EngineProcess {
  /** Unknown where it could not be started. */
  readonly pid?: number | undefined;
  send(message: ParentMessage): void;
  kill(): void;
}

export type SpawnEngine = (handlers: EngineHandlers) => EngineProcess;

export interface SpawnNodeOptions {
  /** The module that the process runs; default: the real engine. */
  readonly entry?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly execArgv?: readonly string[];
  /** What runs the module; default: this same Node. */
  readonly execPath?: string;
  /** What the process writes, line by line or in pieces; default: only kept for the crash report. */
  readonly onOutput?: (text: string) => void;
}

const tailBytes = 8192;
/** How long a pipe that somebody else still holds may delay the report of an exit. */
const outputGraceMs = 500;

/** A spawner for EngineHost that forks this same Node. */
export function spawnNode(options: SpawnNodeOptions = {}): SpawnEngine {
  // Built code sits beside a built entry, sources beside the source.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const entry = options.entry ?? fileURLToPath(new URL(`./entry.${extension}`, import.meta.url));
  return (handlers) => {
    let tail = '';
    let ended = false;
    const end = (exitCode: number | null, signal: string | null, spawnError?: string): void => {
      if (ended) return;
      ended = true;
      handlers.onExit({ exitCode, signal, stderrTail: tail.trim(), ...(spawnError === undefined ? {} : { spawnError }) });
    };
    const child = fork(entry, {
      serialization: 'advanced', // structured clone: pixels stay bytes
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...allocatorEnvironment, ...(options.env ?? process.env) },
      ...(options.execPath !== undefined && { execPath: options.execPath }),
      execArgv: [...typeStripping(entry), ...(options.execArgv ?? [])],
    });
    const collect = (chunk: string): void => {
      tail = (tail + chunk).slice(-tailBytes);
      options.onOutput?.(chunk);
      handlers.onOutput(chunk);
    };
    child.stdout?.setEncoding('utf8').on('data', collect);
    child.stderr?.setEncoding('utf8').on('data', collect);
    child.on('message', (message) => handlers.onMessage(message));
    child.on('error', (error) => {
      if (child.pid === undefined) end(null, null, error.message);
    });
    child.on('exit', (code, signal) => setTimeout(() => end(code, signal), outputGraceMs).unref());
    child.on('close', (code, signal) => end(code, signal));
    return {
      pid: child.pid,
      send: (message) => {
        // A process that is going down reports itself through `exit`; the failed send says nothing more.
        if (child.connected) child.send(message, () => undefined);
      },
      kill: () => void child.kill('SIGKILL'),
    };
  };
}

/** The flags this Node needs to run TypeScript sources; none from 22.18 and 23.6 on. */
function typeStripping(entry: string): string[] {
  if (!entry.endsWith('.ts') || process.features.typescript) return [];
  return ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'];
}
