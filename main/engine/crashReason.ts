/** Why the engine process ended, told from its exit and its last words. */
import { readFileSync } from 'node:fs';
import { StudioError } from '../errors.ts';
import type { EngineExit } from './spawnNode.ts';

const memoryWords = /std::bad_alloc|bad allocation|heap out of memory|out of memory|cannot allocate memory|failed to allocate|ENOMEM/i;

/** What the WebGPU runtime writes when a card gives it no memory. It goes on with a buffer that is none: what it computes then is wrong, or ends the process. */
const cardWords = /WebGPU device error\(3\)|ERROR_OUT_OF_(?:DEVICE|HOST)_MEMORY|E_OUTOFMEMORY/;

/** OUT_OF_MEMORY where an engine process wrote that its graphics card has run out; undefined for anything else. */
export function cardRanOut(output: string): StudioError | undefined {
  if (!cardWords.test(output)) return undefined;
  const message = 'The graphics card ran out of memory. The engine was ended and starts again with the next request.';
  return new StudioError('OUT_OF_MEMORY', message, { reason: 'outOfMemory', device: 'card', stderrTail: output.slice(-2_000) }, { retryable: true });
}

/** How often this machine's kernel has killed a process for lack of memory; undefined where it does not say. */
export function kernelOomKills(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const match = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'));
    return match ? Number(match[1]) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A typed error for a process that ended unasked. OUT_OF_MEMORY where its words or the kernel's count say so, otherwise
 * ENGINE_CRASHED; details: reason, signal, exitCode, stderrTail.
 */
export function describeCrash(exit: EngineExit, oomKillsBefore: number | undefined): StudioError {
  const facts = { signal: exit.signal, exitCode: exit.exitCode, stderrTail: exit.stderrTail };
  if (exit.spawnError !== undefined) {
    return new StudioError('ENGINE_CRASHED', `The engine process could not be started: ${exit.spawnError}`, { ...facts, reason: 'spawn' });
  }
  const oomKills = kernelOomKills();
  const killedForMemory = exit.signal === 'SIGKILL' && oomKillsBefore !== undefined && oomKills !== undefined && oomKills > oomKillsBefore;
  if (killedForMemory || memoryWords.test(exit.stderrTail)) {
    return new StudioError(
      'OUT_OF_MEMORY',
      'The engine process ran out of memory and stopped. A smaller picture, fewer references or a smaller precision needs less.',
      { ...facts, reason: 'outOfMemory' },
      { retryable: true },
    );
  }
  const [reason, how] = wayOfDying(exit);
  return new StudioError('ENGINE_CRASHED', `The engine process stopped: ${how}. It starts again with the next request.`, { ...facts, reason }, { retryable: true });
}

function wayOfDying(exit: EngineExit): [reason: string, sentence: string] {
  switch (exit.signal) {
    case 'SIGKILL': return ['killed', 'it was killed from outside (a system short of memory does that)'];
    case 'SIGABRT': return ['aborted', 'it aborted itself'];
    case 'SIGSEGV':
    case 'SIGBUS':
    case 'SIGILL': return ['fault', `a fault in native code (${exit.signal})`];
    case null: return ['exited', `it ended with exit code ${exit.exitCode}`];
    default: return ['signal', `it was ended by ${exit.signal}`];
  }
}
