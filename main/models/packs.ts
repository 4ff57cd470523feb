/** Packed weights on the disk: made ahead in a process of their own, counted, removed. */
import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Precision } from '../../preload/contract/generation.ts';
import type { Packing } from '../../preload/contract/precisions.ts';
import { EngineConnection } from '../engine/connection.ts';
import { packReportSchema } from '../engine/messageSchemas.ts';
import type { PackReport } from '../engine/protocol.ts';
import type { SpawnEngine } from '../engine/spawnNode.ts';
import { StudioError, toFailure } from '../errors.ts';
import type { ModelList } from '../services.ts';

export interface PacksOptions {
  readonly models: Pick<ModelList, 'dirOf' | 'packedDirOf'>;
  readonly spawn: SpawnEngine;
  readonly threads: () => number | null;
  readonly tell: (packing: Packing) => void;
  /** The list of models is to be asked for again. */
  readonly changed: () => void;
}

interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<PackReport | undefined>;
}

const tellMs = 100;
/** A tensor is packed to its end before packing stops: seconds for the largest. */
const cancelGraceMs = 20_000;

/** How the folder of a precision begins; what follows names the weights. */
const folderOf = (precision: Precision): string => `${precision === 'fp16' ? 'f16' : precision}-`;

export class Packs {
  readonly #options: PacksOptions;
  readonly #packings = new Map<string, Packing>();
  readonly #running = new Map<string, Running>();

  constructor(options: PacksOptions) {
    this.#options = options;
  }

  /** Under way, or failed. */
  of(modelId: string): Packing | null {
    return this.#packings.get(modelId) ?? null;
  }

  /**
   * Begins, or goes on. Another precision of the same model is stopped for it. `neededBytes`: still to be written.
   * DISK_FULL before a byte is written, MODEL_MISSING, REQUEST_INVALID for a precision that packs nothing.
   */
  async start(modelId: string, precision: Precision, neededBytes: number): Promise<Packing> {
    const packedDir = this.#dirOf(modelId);
    const dir = await this.#options.models.dirOf(modelId);
    if (precision === 'fp32') throw new StudioError('REQUEST_INVALID', 'fp32 runs from the weights as they are stored: there is nothing to pack.', { modelId, precision });
    await requireRoom(packedDir, neededBytes);
    const known = this.#packings.get(modelId);
    if (known?.state === 'packing' && known.precision === precision) return known;
    await this.cancel(modelId);
    // Asked for twice at once: whoever came first has begun meanwhile.
    if (this.#running.has(modelId)) return this.start(modelId, precision, neededBytes);
    const packing: Packing = { modelId, precision, state: 'packing', doneBytes: 0, totalBytes: 0, bytesPerSecond: null, leftMs: null, failure: null };
    const abort = new AbortController();
    this.#set(packing);
    this.#running.set(modelId, { abort, ended: this.#run(packing, dir, packedDir, abort.signal) });
    return packing;
  }

  /** Stops after the tensors that are being packed. What failed is forgotten. */
  async cancel(modelId: string): Promise<void> {
    const running = this.#running.get(modelId);
    running?.abort.abort();
    await running?.ended;
    if (this.#packings.delete(modelId)) this.#options.changed();
  }

  /** What packing made, once it is over; undefined where it failed or was stopped. */
  async ended(modelId: string): Promise<PackReport | undefined> {
    return this.#running.get(modelId)?.ended;
  }

  /** Bytes that a precision's packed weights take of the disk. */
  async diskBytes(modelId: string, precision: Precision): Promise<number> {
    return sum((await this.#files(modelId, precision)).map(({ bytes }) => bytes));
  }

  /** Removes them; returns the bytes that became free. */
  async remove(modelId: string, precision: Precision): Promise<number> {
    if (this.#packings.get(modelId)?.precision === precision) await this.cancel(modelId);
    const files = await this.#files(modelId, precision);
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
      await rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
        // A file that is mapped cannot go on every system.
        throw new StudioError('DATA_IN_USE', 'These weights are in use; stop what runs with them first.', { modelId, precision }, { retryable: true, cause: error });
      });
    }
    return sum(files.map(({ bytes }) => bytes));
  }

  async close(): Promise<void> {
    for (const { abort } of this.#running.values()) abort.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #dirOf(modelId: string): string {
    const dir = this.#options.models.packedDirOf(modelId);
    if (dir === undefined) throw new StudioError('REQUEST_INVALID', `The model "${modelId}" has no folder for packed weights.`, { modelId });
    return dir;
  }

  async #files(modelId: string, precision: Precision): Promise<{ readonly path: string; readonly bytes: number }[]> {
    const dir = this.#dirOf(modelId);
    const folders = (await readdir(dir).catch(() => [])).filter((name) => name.startsWith(folderOf(precision)));
    const paths = await Promise.all(folders.map(async (folder) => (await readdir(join(dir, folder)).catch(() => [])).map((name) => join(dir, folder, name))));
    return Promise.all(paths.flat().map(async (path) => ({ path, bytes: await occupied(path) })));
  }

  async #run(packing: Packing, dir: string, packedDir: string, signal: AbortSignal): Promise<PackReport | undefined> {
    const { modelId, precision } = packing;
    const threads = this.#options.threads();
    let told = 0;
    let connection: EngineConnection | undefined;
    try {
      connection = await EngineConnection.open(this.#options.spawn, 60_000);
      const report = await connection.call({ type: 'pack', dir, target: { precision, packedDir, ...(threads !== null && { threads }) } }, packReportSchema, cancelGraceMs, {
        signal,
        onEvent: (event) => {
          if (event.type !== 'packing') return;
          const { doneBytes, totalBytes, bytesPerSecond } = event;
          const leftMs = bytesPerSecond === 0 ? null : Math.round(((totalBytes - doneBytes) / bytesPerSecond) * 1000);
          this.#packings.set(modelId, { ...packing, doneBytes, totalBytes, bytesPerSecond, leftMs });
          if (Date.now() - told < tellMs) return;
          told = Date.now();
          this.#options.tell({ ...packing, doneBytes, totalBytes, bytesPerSecond, leftMs });
        },
      });
      this.#packings.delete(modelId);
      return report;
    } catch (error) {
      const failure = toFailure(error);
      const last = this.#packings.get(modelId) ?? packing;
      if (signal.aborted || failure.code === 'CANCELLED') this.#packings.delete(modelId);
      else this.#set({ ...last, state: 'failed', bytesPerSecond: null, leftMs: null, failure });
      return undefined;
    } finally {
      this.#running.delete(modelId);
      await connection?.close(2_000);
      this.#options.changed();
    }
  }

  #set(packing: Packing): void {
    this.#packings.set(packing.modelId, packing);
    this.#options.tell(packing);
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** What a file takes of the disk: one that is half packed has its full length and holes. */
async function occupied(path: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) return 0;
  // Windows tells no blocks.
  return process.platform === 'win32' ? facts.size : Math.min(facts.size, facts.blocks * 512);
}

async function requireRoom(dir: string, neededBytes: number): Promise<void> {
  const disk = await firstOf(dir);
  if (disk === undefined || disk.bavail * disk.bsize > neededBytes) return;
  throw new StudioError('DISK_FULL', `Packed weights take ${neededBytes} bytes; ${disk.bavail * disk.bsize} are free.`, { path: dir, neededBytes: neededBytes - disk.bavail * disk.bsize }, { retryable: true });
}

/** Of the nearest folder that is there already. */
async function firstOf(dir: string): Promise<{ readonly bavail: number; readonly bsize: number } | undefined> {
  const disk = await statfs(dir).catch(() => undefined);
  return disk ?? (dirname(dir) === dir ? undefined : firstOf(dirname(dir)));
}
