/** One life of the engine process: handshake, one open call at a time, orderly or forced end. */
import type { z } from 'zod';
import { cancelled, fromFailure, StudioError } from '../errors.ts';
import { cardRanOut, describeCrash, kernelOomKills } from './crashReason.ts';
import { childMessageSchema, parseOr } from './messageSchemas.ts';
import { protocolVersion } from './protocol.ts';
import type { ChildMessage, EngineCall, ProgressEvent, RunOptions } from './protocol.ts';
import type { EngineExit, EngineProcess, SpawnEngine } from './spawnNode.ts';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type CallBody = WithoutId<EngineCall>;

interface OpenCall {
  readonly id: number;
  readonly onEvent: ((event: ProgressEvent) => void) | undefined;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const heardBytes = 4_096;

/** A started engine process that has said it is ready. */
export class EngineConnection {
  readonly #process: EngineProcess;
  readonly #oomKills = kernelOomKills();
  #open: OpenCall | undefined;
  #nextId = 0;
  #ready: { resolve(): void; reject(error: Error): void } | undefined;
  #alive = true;
  /** The end of what it wrote: words may come in pieces. */
  #said = '';
  /** Why this side is ending the process; undefined = its end is a crash. */
  #ending: Error | undefined;
  readonly #ended: Promise<void>;
  #markEnded: () => void = () => undefined;

  readonly #onEnd: (why: Error) => void;

  private constructor(spawn: SpawnEngine, onEnd: (why: Error) => void) {
    this.#onEnd = onEnd;
    this.#ended = new Promise((resolve) => (this.#markEnded = resolve));
    this.#process = spawn({ onMessage: (raw) => this.#receive(raw), onOutput: (text) => this.#hear(text), onExit: (exit) => this.#exited(exit) });
  }

  /** Starts a process and waits for its first word. ENGINE_CRASHED when it ends before, or stays silent. */
  static async open(spawn: SpawnEngine, startTimeoutMs: number, onEnd: (why: Error) => void = () => undefined): Promise<EngineConnection> {
    const connection = new EngineConnection(spawn, onEnd);
    const ready = new Promise<void>((resolve, reject) => (connection.#ready = { resolve, reject }));
    const timer = setTimeout(() => {
      connection.kill(new StudioError('ENGINE_CRASHED', `The engine process did not answer within ${startTimeoutMs / 1000} s.`, { reason: 'silent' }, { retryable: true }));
    }, startTimeoutMs);
    try {
      await ready;
    } finally {
      clearTimeout(timer);
    }
    return connection;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** False as soon as the process is ending. */
  get alive(): boolean {
    return this.#alive && this.#ending === undefined;
  }

  /**
   * Sends one call and waits for its answer, checked against `schema`. An abort asks first; after `cancelGraceMs` the process
   * is killed. Either way the call ends as CANCELLED.
   */
  async call<T>(body: CallBody, schema: z.ZodType<T>, cancelGraceMs: number, run: RunOptions = {}): Promise<T> {
    if (!this.alive || this.#open) throw new Error('the host calls a live process, one call at a time');
    const id = this.#nextId++;
    let graceTimer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      this.#process.send({ type: 'cancel', id });
      graceTimer = setTimeout(() => this.kill(cancelled('Cancelled; the engine process did not stop by itself and was ended.', { forced: true })), cancelGraceMs);
    };
    try {
      const value = await new Promise<unknown>((resolve, reject) => {
        this.#open = { id, onEvent: run.onEvent, resolve, reject };
        this.#process.send({ ...body, id });
        if (run.signal?.aborted) abort();
        else run.signal?.addEventListener('abort', abort, { once: true });
      });
      return parseOr(schema, value, 'IPC_INVALID', 'The engine process answered with a malformed result');
    } finally {
      this.#open = undefined;
      run.signal?.removeEventListener('abort', abort);
      clearTimeout(graceTimer);
    }
  }

  /** Asks the process to end; kills it after the grace. Resolves when it is gone. */
  async close(graceMs: number): Promise<void> {
    if (!this.#alive) return;
    this.#ending ??= cancelled('The engine process was asked to end.');
    this.#process.send({ type: 'shutdown' });
    const timer = setTimeout(() => this.#process.kill(), graceMs);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Ends the process at once; an open call fails with `reason`. */
  kill(reason: Error): void {
    this.#ending ??= reason;
    this.#process.kill();
  }

  /** A card that has run out is only spoken of: the call would end in a wrong picture, or in a crash without a reason. */
  #hear(text: string): void {
    this.#said = (this.#said + text).slice(-heardBytes);
    const failure = cardRanOut(this.#said);
    if (failure && this.#ending === undefined) this.kill(failure);
  }

  #receive(raw: unknown): void {
    let message: ChildMessage;
    try {
      message = parseOr(childMessageSchema, raw, 'IPC_INVALID', 'The engine process sent a malformed message');
      if (message.type === 'ready' && message.protocol !== protocolVersion) {
        throw new StudioError('IPC_INVALID', `The engine process speaks protocol ${message.protocol}, this studio ${protocolVersion}.`, { expected: protocolVersion, received: message.protocol });
      }
    } catch (error) {
      // Nothing that it says can be trusted any more; a fresh process can.
      this.kill(error as Error);
      return;
    }
    if (message.type === 'ready') {
      this.#ready?.resolve();
      return;
    }
    const open = this.#open;
    // A late word about a call that has ended.
    if (!open || (message.id !== open.id && message.id !== null)) return;
    switch (message.type) {
      case 'event': return open.onEvent?.(message.event);
      case 'result': return open.resolve(message.value);
      case 'failure': return open.reject(fromFailure(message.error));
    }
  }

  #exited(exit: EngineExit): void {
    this.#alive = false;
    const error = this.#ending ?? describeCrash(exit, this.#oomKills);
    this.#ready?.reject(error);
    this.#open?.reject(error);
    this.#markEnded();
    this.#onEnd(error);
  }
}
