/** Main's end of the history's worker: a call is a message, its answer a promise. */
import type { Worker } from 'node:worker_threads';
import { fromFailure, StudioError } from '../errors.ts';
import type { OpenNotice } from './open.ts';
import type { Answer, Arguments, OperationName } from './operations.ts';
import type { HistoryReply, HistoryRequest } from './messages.ts';
import { historyThread } from './workerThread.ts';

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** How a request looks before it has its number. */
type Unnumbered = { readonly type: 'run'; readonly name: OperationName; readonly values: readonly unknown[] } | { readonly type: 'close' };

export class WorkerConnection {
  readonly notice: OpenNotice | null;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #ended: StudioError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(worker: Worker, notice: OpenNotice | null) {
    this.#worker = worker;
    this.notice = notice;
    worker.on('message', (reply: HistoryReply) => this.#receive(reply));
    worker.on('error', (error) => this.#end(error));
    worker.on('exit', () => this.#end(undefined));
    worker.unref();
  }

  /** Opens the history of a data folder. Errors: DATA_IN_USE, DB_FROM_FUTURE, DISK_FULL, REQUEST_INVALID. */
  static open(dir: string): Promise<WorkerConnection> {
    const worker = historyThread();
    worker.ref();
    worker.postMessage({ type: 'open', dir } satisfies HistoryRequest);
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(error);
      const ended = (): void => reject(new StudioError('INTERNAL', 'The history worker ended before it had opened anything.'));
      worker.once('message', (reply: HistoryReply) => {
        worker.off('error', failed).off('exit', ended);
        if (reply.type === 'opened') resolve(new WorkerConnection(worker, reply.notice));
        else reject(reply.type === 'failed' ? fromFailure(reply.error) : new StudioError('INTERNAL', 'The history worker spoke out of turn.'));
      });
      worker.once('error', failed).once('exit', ended);
    });
  }

  run<Name extends OperationName>(name: Name, ...values: Arguments<Name>): Promise<Answer<Name>> {
    return this.#ask({ type: 'run', name, values }) as Promise<Answer<Name>>;
  }

  /** Writes everything out and gives the folder free. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#ended) return;
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    const written = this.#ask({ type: 'close' });
    this.#ended = new StudioError('INTERNAL', 'The history is closed.');
    await written;
    this.#worker.ref();
    await exited;
  }

  #ask(request: Unnumbered): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      // Only work in progress keeps the program alive.
      this.#worker.ref();
      this.#worker.postMessage({ ...request, id } satisfies HistoryRequest);
    });
  }

  #receive(reply: HistoryReply): void {
    if (reply.type !== 'value' && reply.type !== 'error') return;
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (reply.type === 'error') pending?.reject(fromFailure(reply.error));
    else pending?.resolve(reply.value);
  }

  #end(cause: unknown): void {
    this.#ended ??= new StudioError('INTERNAL', 'The history worker ended unexpectedly: start the studio again.', {}, { cause });
    for (const pending of this.#pending.values()) pending.reject(this.#ended);
    this.#pending.clear();
  }
}
