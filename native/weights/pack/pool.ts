/** A few threads that share out tasks. */
import { Worker } from 'node:worker_threads';
import type { PackTask, Part } from './tensor.ts';

export type PoolTask = { readonly type: 'pack'; readonly pack: PackTask } | { readonly type: 'sum'; readonly file: string; readonly parts: readonly Part[] };
export type PoolReply = { readonly sums: number[] } | { readonly error: string; readonly code: string };

/** What a thread could not do, with the code of the disk's error. */
export class PoolError extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.name = 'PoolError';
    this.code = code;
  }
}

/** Runs every task, `threads` at a time; `done` hears of each as it ends. Throws a PoolError at the first that fails, the signal's reason when called off. */
export async function runTasks(tasks: readonly PoolTask[], threads: number, done: (index: number, sums: readonly number[]) => void, signal?: AbortSignal): Promise<void> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url));
    try {
      while (next < tasks.length && !failed) {
        signal?.throwIfAborted();
        const index = next++;
        done(index, await ask(worker, tasks[index]!));
      }
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      await worker.terminate();
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.max(1, Math.min(threads, tasks.length)) }, work));
  const rejected = ended.find((one) => one.status === 'rejected');
  if (rejected) throw rejected.reason;
}

function ask(worker: Worker, task: PoolTask): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      // One by one: taking all of them away would take the worker's own with them.
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      settle();
    };
    const onMessage = (reply: PoolReply): void => end(() => ('sums' in reply ? resolve(reply.sums) : reject(new PoolError(reply.error, reply.code))));
    const onError = (error: unknown): void => end(() => reject(new PoolError(String(error), 'WORKER')));
    const onExit = (code: number): void => end(() => reject(new PoolError(`a packing thread ended with ${code}`, 'WORKER')));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(task);
  });
}
