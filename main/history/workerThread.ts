/** The history's thread. It takes as long to come up as main takes to read its own modules, so both may happen at once. */
import { Worker } from 'node:worker_threads';
import { threadLimits } from '../memory.ts';

let early: Worker | undefined;

/** A thread that waits to be told its data folder; one that was started early, where there is one. */
export function historyThread(): Worker {
  const thread = early ?? start();
  early = undefined;
  return thread.removeAllListeners('error').removeAllListeners('exit');
}

/** For a program that is about to open a history. It does not keep the program alive. */
export function startHistoryThread(): void {
  early = start();
  // One that fails before anybody waits for it is started again by whoever does.
  const gone = (): void => { early = undefined; };
  early.on('error', gone).on('exit', gone).unref();
}

/** For a program that opens no history after all. */
export async function dropHistoryThread(): Promise<void> {
  await early?.terminate();
}

function start(): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./worker.${extension}`, import.meta.url), { resourceLimits: threadLimits });
}
