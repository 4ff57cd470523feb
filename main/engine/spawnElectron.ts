/** Starts the engine process inside Electron, where Node's own fork is switched off by a fuse. */
import { fileURLToPath } from 'node:url';
import { utilityProcess } from 'electron';
import { allocatorEnvironment } from './allocator.ts';
import type { SpawnEngine } from './spawnNode.ts';

const tailBytes = 8192;
/** Electron hands pixels over by structured clone, as Node's advanced serialisation does. */
const entry = fileURLToPath(new URL('./entry.js', import.meta.url));

/** A spawner for EngineHost that forks a utility process. */
export function spawnElectron(): SpawnEngine {
  return (handlers) => {
    let tail = '';
    let ended = false;
    const child = utilityProcess.fork(entry, [], { stdio: ['ignore', 'pipe', 'pipe'], serviceName: 'Ovis Studio engine', env: { ...allocatorEnvironment, ...process.env } });
    const collect = (chunk: Buffer | string): void => {
      const text = chunk.toString();
      tail = (tail + text).slice(-tailBytes);
      handlers.onOutput(text);
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('message', (message) => handlers.onMessage(message));
    child.on('error', (type, location) => collect(`${type} at ${location}\n`));
    child.once('exit', (code) => {
      ended = true;
      // A code above 128 is how a signal shows through Electron.
      handlers.onExit({ exitCode: code, signal: signals[code] ?? null, stderrTail: tail.trim() });
    });
    return {
      get pid() {
        return child.pid;
      },
      send: (message) => {
        if (!ended) child.postMessage(message);
      },
      // Its own kill asks politely, which a process in the middle of a step does not hear.
      kill: () => {
        if (child.pid === undefined) child.kill();
        else {
          try {
            process.kill(child.pid, 'SIGKILL');
          } catch {
            // Gone already.
          }
        }
      },
    };
  };
}

const signals: Readonly<Record<number, string>> = { 132: 'SIGILL', 134: 'SIGABRT', 135: 'SIGBUS', 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM', 4: 'SIGILL', 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV' };
