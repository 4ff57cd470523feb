/** Brings the missing bytes of a download's files: several ranges at once, each again where its line broke. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../errors.ts';
import { fileAddress, refuse } from './hub.ts';
import { doneBytes, isComplete, segmentLength, startOver, writeState, type FileState, type InstallFile } from './installState.ts';
import type { Network, Reply } from './network.ts';
import { withRetries } from './retry.ts';
import type { Timing } from './timing.ts';

export interface TransferOptions {
  readonly dir: string;
  /** Changed as bytes come. */
  readonly state: InstallFile;
  readonly network: Network;
  readonly token: string | undefined;
  readonly timing: Timing;
  readonly signal: AbortSignal;
  readonly waiting: (failure: StudioError, until: number | null) => void;
  /** A file has all its bytes. */
  readonly complete: (file: FileState) => void;
}

/** What one line is to bring. */
interface Task {
  readonly file: FileState;
  /** Null = the whole file, from a hub that gives no ranges. */
  readonly segment: number | null;
}

/** The hub answered a request for a range with everything. */
class NoRanges extends Error {}

export class Transfer {
  readonly #options: TransferOptions;
  readonly #handles = new Map<string, Promise<FileHandle>>();
  readonly #claimed = new Set<string>();
  /** Files whose bytes so far are of another content. */
  readonly #discarded = new Set<FileState>();
  #saving: Promise<void> = Promise.resolve();

  constructor(options: TransferOptions) {
    this.#options = options;
  }

  /** Resolves when every byte is on the disk. Errors: NETWORK, HUB_*, NOT_FOUND, CHECKSUM where the hub's file is another one by now, DISK_FULL; the signal's reason. */
  async run(): Promise<void> {
    const { timing, state } = this.#options;
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, failed.signal]);
    const timer = setInterval(() => { this.save().catch((error: unknown) => failed.abort(error)); }, timing.saveMs);
    try {
      for (const file of state.files) if (file.bytes === 0 && !file.verified) await this.#handle(file).then(() => this.#options.complete(file));
      const lines = Array.from({ length: timing.connections }, () => this.#work(signal).catch((error: unknown) => {
        // The first failure ends the others; theirs are only its echo.
        failed.abort(error);
        throw error;
      }));
      const ended = await Promise.allSettled(lines);
      this.#options.signal.throwIfAborted();
      if (failed.signal.aborted) throw failed.signal.reason;
      const rejected = ended.find((line) => line.status === 'rejected');
      if (rejected) throw rejected.reason;
    } finally {
      clearInterval(timer);
      // Only now: a line that was just ending may still have counted its bytes.
      for (const file of this.#discarded) startOver(file);
      await this.save().finally(() => this.#close());
    }
  }

  /** Writes down how far it is: the bytes first, so that the state never promises what a power cut takes away. */
  save(): Promise<void> {
    const next = this.#saving.then(async () => {
      const snapshot = structuredClone(this.#options.state);
      for (const handle of this.#handles.values()) await (await handle).datasync();
      await writeState(this.#options.dir, snapshot);
    });
    this.#saving = next.catch(() => undefined);
    return next.catch((error: unknown) => { throw this.#diskError(error); });
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let task = this.#next(); task !== undefined; task = this.#next()) {
      const { file } = task;
      try {
        await this.#bring(task, signal);
      } catch (error) {
        if (!(error instanceof NoRanges)) throw error;
        file.ranges = false;
        file.done.fill(0);
      } finally {
        this.#claimed.delete(nameOf(task));
      }
      if (isComplete(file)) this.#options.complete(file);
    }
  }

  #next(): Task | undefined {
    const { files, segmentBytes } = this.#options.state;
    for (const file of files) {
      if (isComplete(file)) continue;
      const tasks: Task[] = file.ranges ? file.done.map((_, segment) => ({ file, segment })) : [{ file, segment: null }];
      // While ranges of it are still ending, the whole of it is not begun.
      if (!file.ranges && [...this.#claimed].some((name) => name.startsWith(`${file.name} `))) continue;
      const open = tasks.find((task) => !this.#claimed.has(nameOf(task)) && (task.segment === null || (file.done[task.segment] ?? 0) < segmentLength(file.bytes, segmentBytes, task.segment)));
      if (open === undefined) continue;
      this.#claimed.add(nameOf(open));
      return open;
    }
    return undefined;
  }

  #bring(task: Task, signal: AbortSignal): Promise<void> {
    const { timing, waiting } = this.#options;
    const { file, segment } = task;
    return withRetries(() => (segment === null ? this.#whole(file, signal) : this.#range(file, segment, signal)), {
      timing, signal, waiting,
      // A whole file starts from its first byte each time: bytes that came are no progress.
      progress: () => (segment === null ? 0 : (file.done[segment] ?? 0)),
    });
  }

  async #range(file: FileState, segment: number, signal: AbortSignal): Promise<void> {
    if (!file.ranges) throw new NoRanges();
    const { segmentBytes } = this.#options.state;
    const start = segment * segmentBytes;
    const end = start + segmentLength(file.bytes, segmentBytes, segment);
    const from = start + (file.done[segment] ?? 0);
    if (from === 0 && end === file.bytes) return this.#whole(file, signal);
    const reply = await this.#ask(file, signal, { range: `bytes=${from}-${end - 1}` });
    if (reply.status !== 206) {
      reply.close();
      throw new NoRanges();
    }
    const given = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(reply.headers.get('content-range') ?? '');
    if (given?.[3] !== undefined && given[3] !== '*' && Number(given[3]) !== file.bytes) throw this.#changed(reply, file, `it has ${given[3]} bytes there instead of ${file.bytes}`);
    if (Number(given?.[1]) !== from) {
      reply.close();
      throw new StudioError('HUB_INVALID', `The hub gave another part of ${file.name} than the one asked for.`, { file: file.name });
    }
    await this.#write(reply, file, from, end, (at) => { file.done[segment] = at - start; });
  }

  async #whole(file: FileState, signal: AbortSignal): Promise<void> {
    const { segmentBytes } = this.#options.state;
    file.done.fill(0);
    const reply = await this.#ask(file, signal, {});
    const length = reply.headers.get('content-length');
    if (length !== null && Number(length) !== file.bytes) throw this.#changed(reply, file, `it has ${length} bytes there instead of ${file.bytes}`);
    await this.#write(reply, file, 0, file.bytes, (at) => {
      const segment = Math.max(0, Math.ceil(at / segmentBytes) - 1);
      for (let i = 0; i < segment; i++) file.done[i] = segmentBytes;
      file.done[segment] = at - segment * segmentBytes;
    });
  }

  async #ask(file: FileState, signal: AbortSignal, headers: Readonly<Record<string, string>>): Promise<Reply> {
    const { network, state, token } = this.#options;
    const address = fileAddress(state.source, file.name);
    const reply = await network.get(address, { signal, token, headers });
    if (reply.status === 416) throw this.#changed(reply, file, 'it is shorter there than the hub said');
    refuse(reply, address, `${file.name} of ${state.source.repo}`);
    // The hub's own name for the content, where it tells it; a storage host behind it has names of its own.
    const linked = plain(reply.first.get('x-linked-etag'));
    const etag = linked ?? plain(reply.headers.get('etag'));
    if (linked !== undefined && file.sha256 !== null && /^[0-9a-f]{64}$/.test(linked) && linked !== file.sha256) throw this.#changed(reply, file, 'it is another file there by now');
    if (etag !== undefined && file.etag !== null && etag !== file.etag) throw this.#changed(reply, file, 'it was exchanged there in the meantime');
    file.etag = etag ?? file.etag;
    return reply;
  }

  async #write(reply: Reply, file: FileState, from: number, end: number, reached: (at: number) => void): Promise<void> {
    const handle = await this.#handle(file);
    let at = from;
    for await (const piece of reply.body()) {
      const wanted = piece.subarray(0, end - at);
      for (let written = 0; written < wanted.length;) {
        written += (await handle.write(wanted, written, wanted.length - written, at + written).catch((error: unknown) => { throw this.#diskError(error); })).bytesWritten;
      }
      at += wanted.length;
      reached(at);
      if (at === end) break;
    }
    if (at < end) throw new StudioError('NETWORK', `The line broke in the middle of ${file.name}.`, { file: file.name, reason: 'dropped' }, { retryable: true });
  }

  /** Its bytes so far are of no use: the next try starts from the first one. */
  #changed(reply: Reply, file: FileState, why: string): StudioError {
    reply.close();
    this.#discarded.add(file);
    return new StudioError('CHECKSUM', `${file.name} is not what the hub announced: ${why}.`, { file: file.name, reason: 'changed' }, { retryable: true });
  }

  #handle(file: FileState): Promise<FileHandle> {
    const known = this.#handles.get(file.name);
    if (known) return known;
    const opened = open(join(this.#options.dir, file.name), constants.O_RDWR | constants.O_CREAT).catch((error: unknown) => { throw this.#diskError(error); });
    this.#handles.set(file.name, opened);
    return opened;
  }

  async #close(): Promise<void> {
    for (const handle of this.#handles.values()) await (await handle.catch(() => undefined))?.close();
    this.#handles.clear();
  }

  #diskError(error: unknown): unknown {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const { dir, state } = this.#options;
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'DISK_FULL') {
      const neededBytes = state.files.reduce((sum, file) => sum + file.bytes - doneBytes(file), 0);
      return new StudioError('DISK_FULL', `No disk space for the model in ${dir}: ${neededBytes} bytes are still to come.`, { path: dir, neededBytes }, { retryable: true, cause: error });
    }
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return new StudioError('REQUEST_INVALID', `${dir} cannot be written: ${code}.`, { path: dir, reason: code }, { cause: error });
    return error;
  }
}

function nameOf({ file, segment }: Task): string {
  return `${file.name} ${segment ?? 'whole'}`;
}

function plain(etag: string | null): string | undefined {
  return etag === null ? undefined : etag.replace(/^W\//, '').replaceAll('"', '');
}
