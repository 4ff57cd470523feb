/** Packed weights on the disk: made once for a checkpoint, a precision and a network, found damaged when they are, made again then. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TensorEntry } from '../safetensors.ts';
import { type PackKind, partBytes } from './kernels.ts';
import { PoolError, runTasks, type PoolTask } from './pool.ts';
import type { PackTask, Part } from './tensor.ts';

/** Raised whenever the same weights would be packed to other bytes. */
const packerVersion = 1;
const alignment = 64;

/** A matrix that a graph wants packed. */
export interface PackRequest {
  readonly name: string;
  readonly kind: PackKind;
  readonly entry: TensorEntry;
  readonly rows: number;
  readonly columns: number;
}

export interface PackProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Of stored weights read and packed. */
  readonly bytesPerSecond: number;
}

/** Names one packed file. */
export interface PackPlace {
  /** Where this machine keeps packed weights of the model. */
  readonly dir: string;
  /** Names the weights by their content. */
  readonly hash: string;
  readonly network: string;
  /** Names the folder; a matrix that cannot be packed so lies there in another kind. */
  readonly form: PackKind;
}

export interface PackOptions extends PackPlace {
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: PackProgress) => void) | undefined;
}

/** A packed file, whole as far as its sums tell. */
export interface PackedFile {
  readonly file: string;
  readonly parts: ReadonlyMap<string, readonly Part[]>;
  /** Tensors that were packed now; the others were there. */
  readonly packed: number;
  readonly milliseconds: number;
}

interface Placed extends PackRequest {
  readonly parts: readonly Part[];
}

/** Sums of what is done, by tensor. */
type Sums = Map<string, readonly number[]>;

/**
 * The packed file for these matrices, made or repaired as need be. Null where the disk does not let it be made: the graph then packs by itself, at each load.
 * Throws the signal's reason when called off; what was packed until then is used the next time.
 */
export async function openPacked(requests: readonly PackRequest[], options: PackOptions): Promise<PackedFile | null> {
  try {
    return await makePacked(requests, options);
  } catch (error) {
    if (options.signal?.aborted || !isDiskError(error)) throw error;
    return null;
  }
}

/** As openPacked, but throws what the disk says (an error with its code, ENOSPC say); then nothing of the file is left. */
export async function makePacked(requests: readonly PackRequest[], options: PackOptions): Promise<PackedFile> {
  const began = performance.now();
  const placed = place(requests);
  const { folder, file, ledger, plan } = fileOf(placed, options);
  try {
    await mkdir(folder, { recursive: true });
    const sums = await readLedger(ledger, plan);
    const whole = await stillRight(file, placed, sums, options);
    const missing = placed.filter(({ name }) => !whole.has(name));
    if (missing.length > 0) await packMissing(file, ledger, plan, placed, missing, whole, options);
    return { file, parts: new Map(placed.map(({ name, parts }) => [name, parts])), packed: missing.length, milliseconds: performance.now() - began };
  } catch (error) {
    if (!options.signal?.aborted && isDiskError(error)) {
      // A full disk must not be kept full by half a file of ours.
      await rm(file, { force: true }).catch(() => undefined);
      await rm(ledger, { force: true }).catch(() => undefined);
    }
    throw error;
  }
}

/** Bytes of the packed file of these matrices, and those of them that are written as far as its ledger tells; no byte is read again. */
export async function packedBytes(requests: readonly PackRequest[], where: PackPlace): Promise<{ readonly bytes: number; readonly doneBytes: number }> {
  const placed = place(requests);
  const { file, ledger, plan } = fileOf(placed, where);
  const there = (await stat(file).catch(() => undefined)) === undefined ? new Map() : await readLedger(ledger, plan);
  const sum = (some: readonly Placed[]): number => some.reduce((total, { parts }) => total + parts.reduce((bytes, { byteLength }) => bytes + byteLength, 0), 0);
  return { bytes: sum(placed), doneBytes: sum(placed.filter(({ name }) => there.has(name))) };
}

function isDiskError(error: unknown): boolean {
  return error instanceof PoolError || (error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code));
}

interface PackedPaths {
  readonly folder: string;
  readonly file: string;
  readonly ledger: string;
  /** Names what is in the file and where. */
  readonly plan: string;
}

/** One folder for all networks of a checkpoint at a precision. */
function fileOf(placed: readonly Placed[], { dir, hash, network, form }: PackPlace): PackedPaths {
  const plan = createHash('sha256').update(JSON.stringify([packerVersion, hash, placed.map(({ name, kind, rows, columns, parts }) => [name, kind, rows, columns, parts])])).digest('hex');
  const folder = path.join(dir, `${form}-${createHash('sha256').update(`${packerVersion} ${hash}`).digest('hex').slice(0, 16)}`);
  return { folder, file: path.join(folder, `${network}.bin`), ledger: path.join(folder, `${network}.sums`), plan };
}

function place(requests: readonly PackRequest[]): Placed[] {
  let at = 0;
  return requests.map((request) => ({
    ...request,
    parts: partBytes(request.kind, request.rows, request.columns).map((byteLength) => {
      const part = { offset: at, byteLength };
      at = Math.ceil((at + byteLength) / alignment) * alignment;
      return part;
    }),
  }));
}

/** One line a tensor, written when its bytes are; a line that was cut off by the end of the process is passed over. */
async function readLedger(file: string, plan: string): Promise<Sums> {
  const [first, ...lines] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  if (first !== plan) return new Map();
  return new Map(lines.flatMap((line) => {
    const [name, ...sums] = line.split('\t');
    return name !== undefined && sums.length > 0 && sums.at(-1) === '.' ? [[name, sums.slice(0, -1).map(Number)] as const] : [];
  }));
}

/** Reads everything that is said to be there: bytes that were changed on the disk are packed again. */
async function stillRight(file: string, placed: readonly Placed[], sums: Sums, { threads, signal }: PackOptions): Promise<Sums> {
  const known = placed.filter(({ name }) => sums.has(name));
  const whole: Sums = new Map();
  if (known.length === 0 || (await stat(file).catch(() => undefined)) === undefined) return whole;
  const tasks = known.map(({ parts }): PoolTask => ({ type: 'sum', file, parts }));
  await runTasks(tasks, threads, (index, found) => {
    const { name } = known[index]!;
    const expected = sums.get(name) ?? [];
    if (found.length === expected.length && found.every((sum, i) => sum === expected[i])) whole.set(name, expected);
  }, signal);
  return whole;
}

async function packMissing(file: string, ledger: string, plan: string, placed: readonly Placed[], missing: readonly Placed[], whole: Sums, options: PackOptions): Promise<void> {
  const last = placed.at(-1)!.parts.at(-1)!;
  await (await open(file, 'a')).close();
  await truncate(file, last.offset + last.byteLength);
  const line = (name: string, sums: readonly number[]): string => `${[name, ...sums, '.'].join('\t')}\n`;
  await writeFile(`${ledger}.part`, `${plan}\n${[...whole].map(([name, sums]) => line(name, sums)).join('')}`);
  await rename(`${ledger}.part`, ledger);

  const totalBytes = missing.reduce((sum, { entry }) => sum + entry.byteLength, 0);
  const began = performance.now();
  let doneBytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const tasks = missing.map(({ kind, entry, rows, columns, parts }): PoolTask => {
    const pack: PackTask = { kind, source: { file: entry.file, offset: entry.offset, dtype: entry.dtype }, rows, columns, target: file, parts };
    return { type: 'pack', pack };
  });
  await runTasks(tasks, options.threads, (index, sums) => {
    const { name, entry } = missing[index]!;
    doneBytes += entry.byteLength;
    writing = writing.then(() => appendFile(ledger, line(name, sums)));
    options.progress?.({ doneBytes, totalBytes, bytesPerSecond: Math.round(doneBytes / Math.max(0.001, (performance.now() - began) / 1000)) });
  }, options.signal).finally(() => writing);
}
