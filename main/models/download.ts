/** One model on its way: a folder of parts that becomes the model's folder, in one move, when every byte has been checked. */
import { rename, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Install } from '../../preload/contract/models.ts';
import { cancelled, StudioError, toFailure } from '../errors.ts';
import { claimFolder } from './claim.ts';
import { isAsKnown } from './hashFile.ts';
import { doneBytes, startOver, stateName, stoppedBy, writeState, type FileState, type InstallFile } from './installState.ts';
import { writeManifest } from './manifest.ts';
import type { Network } from './network.ts';
import { Rate } from './rate.ts';
import type { Timing } from './timing.ts';
import { Transfer } from './transfer.ts';

export interface DownloadOptions {
  /** Of the parts; the model's own is the same without `.part`. */
  readonly partDir: string;
  readonly targetDir: string;
  readonly state: InstallFile;
  readonly network: Network;
  /** Looked up at each start: a person may have entered one meanwhile. */
  readonly token: () => string | undefined;
  readonly timing: Timing;
  readonly tell: (install: Install) => void;
  /** It is installed now. */
  readonly installed: () => void | Promise<void>;
}

/** Room that is left to other programs. */
const spareBytes = 64 * 2 ** 20;

export class Download {
  readonly #options: DownloadOptions;
  readonly #rate = new Rate();
  #running: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;
  #phase: 'downloading' | 'verifying' = 'downloading';
  #waits: { failure: Failure; until: number } | undefined;
  readonly #reading = new Map<FileState, number>();

  constructor(options: DownloadOptions) {
    this.#options = options;
  }

  get state(): InstallFile {
    return this.#options.state;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  get install(): Install {
    const { modelId, name, source, files, stopped, failure } = this.#options.state;
    const sum = (of: (file: FileState) => number): number => files.reduce((total, file) => total + of(file), 0);
    const [bytes, done] = [sum((file) => file.bytes), sum(doneBytes)];
    const { bytesPerSecond } = this.#rate;
    const running = this.isRunning;
    const waits = running ? this.#waits : undefined;
    return {
      modelId, name, source, bytes,
      state: running ? (waits ? 'waiting' : this.#phase) : (stopped ?? 'interrupted'),
      doneBytes: done,
      verifiedBytes: sum((file) => (file.verified ? file.bytes : (this.#reading.get(file) ?? 0))),
      bytesPerSecond: running && !waits ? bytesPerSecond : null,
      leftMs: running && !waits && bytesPerSecond !== null && bytesPerSecond > 0 ? Math.round(((bytes - done) / bytesPerSecond) * 1000) : null,
      files: files.length,
      filesDone: files.filter((file) => file.verified).length,
      retryAt: waits?.until ?? null,
      failure: running ? (waits?.failure ?? null) : failure,
    };
  }

  /** Begins or goes on; resolves once it is under way. DISK_FULL, DATA_IN_USE. */
  async start(): Promise<void> {
    if (this.#running) return;
    const { partDir, state } = this.#options;
    await this.#checkRoom();
    const release = await claimFolder(partDir);
    if (this.#running) return release();
    stoppedBy(state, null, null);
    // From now on a studio that is killed finds it interrupted, not paused.
    await writeState(partDir, state).catch(async (error: unknown) => {
      await release();
      throw error;
    });
    this.#rate.clear();
    this.#phase = 'downloading';
    const abort = new AbortController();
    const ended = this.#run(abort.signal).finally(release);
    this.#running = { abort, ended: ended.then(() => this.#end(), () => this.#end()) };
    this.#tell();
  }

  /** What was fetched stays; `start` goes on. */
  async pause(): Promise<void> {
    if (!this.#running) {
      stoppedBy(this.#options.state, 'paused', null);
      await writeState(this.#options.partDir, this.#options.state);
    }
    await this.#stop();
    this.#tell();
  }

  /** For the studio's end: nobody has paused it. */
  async close(): Promise<void> {
    const running = this.#running;
    running?.abort.abort(closing);
    await running?.ended;
  }

  async discard(): Promise<void> {
    await this.#stop();
    await rm(this.#options.partDir, { recursive: true, force: true });
  }

  /** Resolves when it runs no more; look at `install` for why. */
  async ended(): Promise<void> {
    await this.#running?.ended;
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    running?.abort.abort(cancelled('The download was paused.'));
    await running?.ended;
  }

  #end(): void {
    this.#running = undefined;
    this.#waits = undefined;
    this.#reading.clear();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { partDir, state, timing } = this.#options;
    const timer = setInterval(() => {
      this.#rate.add(state.files.reduce((total, file) => total + doneBytes(file), 0));
      this.#tell();
    }, timing.tellMs);
    try {
      await this.#fetchAndCheck(signal);
      await this.#settle();
      clearInterval(timer);
      await this.#options.installed();
    } catch (error) {
      clearInterval(timer);
      // Ended with the studio: the state on the disk still says that it runs, and so reads as interrupted.
      if (signal.reason === closing) return;
      const failure = toFailure(signal.aborted ? signal.reason : error);
      stoppedBy(state, failure.code === 'CANCELLED' ? 'paused' : 'failed', failure.code === 'CANCELLED' ? null : failure);
      // A full disk may refuse even this: then the last state stands, and the page still hears of it.
      await writeState(partDir, state).catch(() => undefined);
      this.#end();
      this.#tell();
    }
  }

  async #fetchAndCheck(signal: AbortSignal): Promise<void> {
    const { partDir, state, network, token, timing } = this.#options;
    for (let round = 0; ; round++) {
      const failed = new AbortController();
      const both = AbortSignal.any([signal, failed.signal]);
      const checks = new Map<FileState, Promise<void>>();
      // A file is checked while others still come.
      const complete = (file: FileState): void => {
        if (file.verified || checks.has(file)) return;
        const check = this.#check(file, both);
        check.catch((error: unknown) => failed.abort(error));
        checks.set(file, check);
      };
      const transfer = new Transfer({
        dir: partDir, state, network, token: token(), timing, signal: both, complete,
        waiting: (failure, until) => {
          this.#waits = until === null ? undefined : { failure: toFailure(failure), until };
          this.#tell();
        },
      });
      for (const file of state.files) if (!file.verified && doneBytes(file) === file.bytes && file.bytes > 0) complete(file);
      try {
        await transfer.run();
        this.#phase = 'verifying';
        await Promise.all(checks.values());
      } catch (error) {
        if (!failed.signal.aborted) failed.abort(error);
        await Promise.allSettled(checks.values());
        throw error;
      }
      await writeState(partDir, state);
      const damaged = state.files.filter((file) => !file.verified);
      if (damaged.length === 0) return;
      // Once more by itself: a line can flip a bit. Twice is no accident.
      if (round > 0) {
        const names = damaged.map(({ name }) => name);
        throw new StudioError('CHECKSUM', `${names.join(', ')} arrived damaged twice: the bytes are not the hub's.`, { files: names, file: names[0] ?? '', reason: 'hash' }, { retryable: true });
      }
      this.#phase = 'downloading';
    }
  }

  async #check(file: FileState, signal: AbortSignal): Promise<void> {
    const right = await isAsKnown(join(this.#options.partDir, file.name), file, signal, (bytes) => this.#reading.set(file, bytes));
    this.#reading.delete(file);
    if (right) file.verified = true;
    else startOver(file);
  }

  /** Parts → model: the manifest first, then one rename. */
  async #settle(): Promise<void> {
    const { partDir, targetDir, state } = this.#options;
    const { modelId, name, source, licence, parameters, files } = state;
    await writeManifest(partDir, {
      version: 1, modelId, name, source, licence, parameters, verifiedAt: Date.now(), damaged: [],
      files: files.map((file) => ({ name: file.name, bytes: file.bytes, sha256: file.sha256, gitSha1: file.gitSha1 })),
    });
    const older = join(dirname(targetDir), `.${randomUUID()}.old`);
    const replaced = await rename(targetDir, older).then(() => true, () => false);
    await rm(join(partDir, '.pid'), { force: true });
    await rename(partDir, targetDir);
    await rm(join(targetDir, stateName), { force: true });
    if (replaced) await rm(older, { recursive: true, force: true });
  }

  async #checkRoom(): Promise<void> {
    const { partDir, state } = this.#options;
    const missing = state.files.reduce((sum, file) => sum + file.bytes - doneBytes(file), 0);
    const disk = await statfs(partDir).catch(() => undefined);
    if (!disk) return;
    const short = missing + Math.min(spareBytes, missing) - disk.bavail * disk.bsize;
    if (short <= 0) return;
    const error = new StudioError('DISK_FULL', `The model needs ${short} bytes more than are free in ${dirname(partDir)}.`, { path: dirname(partDir), neededBytes: short }, { retryable: true });
    stoppedBy(state, 'failed', toFailure(error));
    this.#tell();
    throw error;
  }

  #tell(): void {
    this.#options.tell(this.install);
  }
}

const closing = cancelled('The studio ends.');
