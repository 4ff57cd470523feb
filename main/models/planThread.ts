/** The thread that foretells memory: one for everybody who asks, started with the first question. */
import { Worker } from 'node:worker_threads';
import { fromFailure, StudioError } from '../errors.ts';
import { threadLimits } from '../memory.ts';
import type { Answers, PlanReply, PlanRequest, PlanTask } from './planWorker.ts';

interface Pending {
  resolve(answer: Answers[keyof Answers]): void;
  reject(error: Error): void;
}

/** Must be closed. */
export class PlanThread {
  readonly #enginePid: () => number | null;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #nextId = 0;

  /** What the engine's process holds counts as free: the next job can use it. */
  constructor(enginePid: () => number | null) {
    this.#enginePid = enginePid;
  }

  /** Errors: the checkpoint's; CANCELLED where the studio closes meanwhile. */
  ask<Kind extends keyof Answers>(request: Extract<PlanRequest, { readonly kind: Kind }>): Promise<Answers[Kind]> {
    this.#worker ??= this.#start();
    const task: PlanTask = { id: this.#nextId++, enginePid: this.#enginePid(), request };
    return new Promise((resolve, reject) => {
      this.#pending.set(task.id, { resolve: (answer) => resolve(answer as Answers[Kind]), reject });
      this.#worker?.postMessage(task);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#fail(new StudioError('CANCELLED', 'The studio is closing.'));
  }

  #start(): Worker {
    // Built code sits beside a built worker, sources beside the source.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./planWorker.${extension}`, import.meta.url), { resourceLimits: threadLimits });
    worker.unref();
    worker.on('message', (reply: PlanReply) => {
      const pending = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if ('answer' in reply) pending?.resolve(reply.answer);
      else pending?.reject(fromFailure(reply.failure));
    });
    worker.on('error', (error) => {
      this.#worker = undefined;
      this.#fail(new StudioError('INTERNAL', `Memory could not be planned: ${error instanceof Error ? error.message : String(error)}`));
    });
    return worker;
  }

  #fail(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}
