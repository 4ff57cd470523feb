/** The planner's public door: what a job takes of memory, and what would fit. Loads no runtime, so a worker thread of the studio may use it. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { editSizePublished, textToImageSize } from './image/preprocess.ts';
import type { Size } from './image/smartResize.ts';
import { planMemory, type MemoryJob, type MemoryPlan, type Phase } from './pipelines/memoryPlan.ts';
import { packOutlook, type PackOutlook } from './pipelines/packing.ts';
import type { Precision } from './types.ts';
import { openCheckpoint, type Checkpoint } from './weights/checkpoint.ts';

export interface PrecisionsRequest {
  readonly dir: string;
  readonly device: 'processor' | 'card';
  /** Where packed weights of the model lie. */
  readonly packedDir: string;
  readonly attention: 'fused' | 'decomposed';
  /** Of the picture that is planned. */
  readonly size: Size;
  readonly tile: number | null;
  readonly freeBytes: number;
  readonly limitBytes: number | null;
}

/** What a precision takes of memory and disk, and what it costs. */
export interface PrecisionOutlook extends PackOutlook {
  readonly precision: Precision;
  readonly memory: {
    readonly wholeBytes: number; readonly oneByOneBytes: number; readonly fits: Outlook['fits'];
    /** The autoencoder in pieces of so many pixels, without which it would not fit; null = as asked. */
    readonly tile: number | null;
  };
}

export { freeMemory } from './memory/free.ts';

/** A job by its sizes alone. */
export interface SizedJob {
  readonly kind: 'draw' | 'edit' | 'ask';
  /** Of the result; for an edit, of the picture that is worked on. */
  readonly size: Size;
  /** Kept to the pixel, padded to multiples of 32; else resized as the published scripts do. */
  readonly exact: boolean;
  /** Starts from the picture instead of from noise. */
  readonly fromPicture: boolean;
  readonly references: readonly Size[];
  readonly promptLength: number;
  readonly answer: number;
  readonly tile: number | null;
}

export interface OutlookRequest {
  readonly dir: string;
  /** Whose memory is short. Default: the processor's. */
  readonly device?: 'processor' | 'card';
  readonly precision: Precision;
  readonly packed: boolean;
  readonly attention: 'fused' | 'decomposed';
  readonly job: SizedJob;
  /** For the whole engine process; of a card, Infinity where nobody can tell. */
  readonly freeBytes: number;
  /** It ran out of memory as it is: only what takes clearly less will do. */
  readonly ranOut?: boolean;
  /** For networks and what they work on; null = no limit of its own. */
  readonly limitBytes: number | null;
}

export interface Fit {
  /** Networks come and go one by one within this. */
  readonly memoryLimitBytes?: number;
  readonly precision?: Precision;
  readonly vaeTile?: number;
  readonly width?: number;
  readonly height?: number;
  readonly neededBytes: number;
}

export interface Outlook {
  readonly fits: 'whole' | 'oneByOne' | 'no';
  readonly neededBytes: number;
  readonly wholeBytes: number;
  /** Null where nobody can tell: on some graphics cards. */
  readonly freeBytes: number | null;
  readonly phases: readonly { readonly phase: Phase; readonly bytes: number }[];
  readonly plan: Fit | null;
}

const pad32 = (side: number): number => Math.ceil(side / 32) * 32;

/** Sizes as the pipelines will make them. Four characters make about one token; a round number keeps plans alike while somebody types. */
function memoryJob(job: SizedJob): MemoryJob {
  const words = Math.ceil((job.promptLength / 3 + 1) / 64) * 64;
  const references = job.references.map(editSizePublished);
  if (job.kind === 'ask') return { size: null, pictures: job.references, words, answer: job.answer };
  if (job.kind === 'draw') return { size: textToImageSize(job.size), pictures: references, words, tile: job.tile };
  const size = job.exact ? { width: pad32(job.size.width), height: pad32(job.size.height) } : editSizePublished(job.size);
  return { size, pictures: [size, ...references], start: job.fromPicture ? size : null, words, tile: job.tile };
}

const opened = new Map<string, Promise<{ readonly checkpoint: Checkpoint; readonly tokenizerBytes: number }>>();

async function open(dir: string): Promise<{ readonly checkpoint: Checkpoint; readonly tokenizerBytes: number }> {
  const bytesOf = (name: string): Promise<number> => stat(path.join(dir, name)).then(({ size }) => size, () => 0);
  const checkpoint = await openCheckpoint(dir);
  return { checkpoint, tokenizerBytes: (await bytesOf('tokenizer.json')) || (await bytesOf('vocab.json')) + (await bytesOf('merges.txt')) };
}

const plans = new Map<string, MemoryPlan>();

function model(dir: string): Promise<{ readonly checkpoint: Checkpoint; readonly tokenizerBytes: number }> {
  let found = opened.get(dir);
  if (!found) {
    found = open(dir);
    opened.set(dir, found);
    // A folder that is not whole yet may be so the next time.
    found.catch(() => opened.delete(dir));
  }
  return found;
}

async function plan({ dir, packed, attention, device }: Pick<OutlookRequest, 'dir' | 'packed' | 'attention' | 'device'>, precision: Precision, job: MemoryJob): Promise<MemoryPlan> {
  const key = JSON.stringify([dir, packed, attention, device ?? 'processor', precision, job]);
  const known = plans.get(key);
  if (known) return known;
  const { checkpoint, tokenizerBytes } = await model(dir);
  const made = planMemory(checkpoint, { precision, attention, packed, ...(device && { device }) }, job, tokenizerBytes);
  if (plans.size > 200) plans.clear();
  plans.set(key, made);
  return made;
}

/** Of what is free, this much may be counted on. */
const usableShare = 0.92;
const tiles = [512, 256] as const;
const shrinks = [0.75, 0.5, 0.375, 0.25];

/** Fewer bits, as each kind of device has kernels for them. */
const fewer: Readonly<Record<Precision, readonly Precision[]>> = { fp32: ['int8', 'q4'], fp16: ['int8', 'q4'], int8: ['q4'], q4: [], q4b128: [] };
const fewerOnCard: Readonly<Record<Precision, readonly Precision[]>> = { fp32: ['fp16', 'q4', 'q4b128'], fp16: ['q4', 'q4b128'], int8: ['q4', 'q4b128'], q4: ['q4b128'], q4b128: [] };

/** From what costs least of the picture to what costs most: pieces, fewer bits, both, then fewer pixels. */
function* ways({ precision, job, device }: OutlookRequest): Generator<{ readonly precision: Precision; readonly tile: number | null; readonly size: Size }> {
  const precisions = [precision, ...(device === 'card' ? fewerOnCard : fewer)[precision]];
  for (const scale of job.kind === 'draw' ? [1, ...shrinks] : [1]) {
    const size = scale === 1 ? job.size : { width: Math.floor((job.size.width * scale) / 32) * 32, height: Math.floor((job.size.height * scale) / 32) * 32 };
    if (scale < 1 && Math.min(size.width, size.height) < 64) return;
    // A piece that holds the whole picture is none.
    const pieces = tiles.filter((tile) => tile < Math.max(size.width, size.height, ...(job.kind === 'edit' ? [448] : [])) && (job.tile === null || tile < job.tile));
    for (const one of precisions) for (const tile of job.kind === 'ask' ? [null] : [job.tile, ...pieces]) yield { precision: one, tile, size };
  }
}

/** Whether everything stays, or one network after the other, within what is free and what was set. */
function fitsHow({ whole, phased, largest, base }: MemoryPlan, { freeBytes, limitBytes }: Pick<OutlookRequest, 'freeBytes' | 'limitBytes'>): Outlook['fits'] {
  const within = (bytes: number, own: number): boolean => bytes <= freeBytes * usableShare && own <= (limitBytes ?? Infinity);
  return within(whole, whole - base) ? 'whole' : within(phased, largest) ? 'oneByOne' : 'no';
}

/** What the job takes, whether that is there, and where it is not, the nearest way that fits. Errors: the checkpoint's. */
export async function outlookOf(request: OutlookRequest): Promise<Outlook> {
  const { precision, job, freeBytes, limitBytes } = request;
  const asked = await plan(request, precision, memoryJob(job));
  // Sessions on a card come and go only where somebody has said within what.
  const how = fitsHow(asked, request);
  const fits = request.ranOut === true || (request.device === 'card' && limitBytes === null && how === 'oneByOne') ? 'no' : how;
  const phases = (['understand', 'encode', 'denoise', 'decode'] as const).flatMap((phase) => {
    const own = asked.networks.filter((network) => network.phase === phase);
    return own.length === 0 ? [] : [{ phase, bytes: Math.round(asked.base + Math.max(...own.map(({ held, loading, work }) => Math.max(loading, held + work)))) }];
  });
  const outlook = {
    fits, neededBytes: Math.round(fits === 'whole' ? asked.whole : asked.phased), wholeBytes: Math.round(asked.whole),
    // Beside a limit of its own stands what the process holds anyway: then this and what is needed can be compared.
    freeBytes: finite(Math.min(freeBytes, limitBytes === null ? Infinity : asked.phased - asked.largest + limitBytes)), phases,
  } as const;
  if (request.ranOut === true) return { ...outlook, plan: await afterRunningOut(request, asked) };
  if (fits === 'whole' || fits === 'oneByOne') return { ...outlook, plan: null };
  const card = request.device === 'card' && limitBytes === null ? { memoryLimitBytes: Math.floor(freeBytes * usableShare) } : {};
  if (how === 'oneByOne') return { ...outlook, plan: { ...card, neededBytes: Math.round(asked.phased) } };
  const fit = await fitting(request, (made) => fitsHow(made, request) !== 'no');
  return { ...outlook, plan: fit && { ...fit, ...card } };
}

const finite = (bytes: number): number | null => (Number.isFinite(bytes) ? Math.round(bytes) : null);

/** Of what a job took that ran out, the most that its successor may take. */
const clearlyLess = 0.8;

/** One network after the other where all of them stayed; where they did not, less than what was too much. */
async function afterRunningOut(request: OutlookRequest, asked: MemoryPlan): Promise<Fit | null> {
  const { largest, whole, base, phased } = asked;
  const own = Math.ceil(largest * 1.02);
  if (request.limitBytes === null && own <= clearlyLess * (whole - base)) return { memoryLimitBytes: own, neededBytes: Math.round(phased) };
  const fit = await fitting(request, (made) => made.largest <= clearlyLess * Math.min(largest, request.limitBytes ?? Infinity));
  return fit === null || request.limitBytes !== null ? fit : { ...fit, memoryLimitBytes: own };
}

async function fitting(request: OutlookRequest, holds: (plan: MemoryPlan) => boolean): Promise<Fit | null> {
  for (const { precision, tile, size } of ways(request)) {
    const made = await plan(request, precision, memoryJob({ ...request.job, tile, size }));
    if (!holds(made)) continue;
    return {
      ...(precision === request.precision ? {} : { precision }), ...(tile === request.job.tile || tile === null ? {} : { vaeTile: tile }),
      ...(size === request.job.size ? {} : size), neededBytes: Math.round(made.phased),
    };
  }
  return null;
}

/** From the most exact to the least. */
const allPrecisions: readonly Precision[] = ['fp32', 'fp16', 'int8', 'q4', 'q4b128'];
const wordsOfAPrompt = 64;

/** Every precision for one picture drawn from words. Errors: the checkpoint's. */
export async function precisionsOf(request: PrecisionsRequest): Promise<PrecisionOutlook[]> {
  const { dir, packedDir, size, tile } = request;
  const { checkpoint } = await model(dir);
  const job: MemoryJob = { size: textToImageSize(size), pictures: [], words: wordsOfAPrompt, tile };
  // A card decodes a large picture in many times the memory of its pieces; a processor does not.
  const pieces = request.device === 'card' ? tiles.filter((one) => one < Math.max(size.width, size.height) && (tile === null || one < tile)) : [];
  const found: PrecisionOutlook[] = [];
  for (const precision of allPrecisions) {
    const memories: PrecisionOutlook['memory'][] = [];
    for (const one of [null, ...pieces]) {
      const made = await plan({ ...request, packed: true }, precision, one === null ? job : { ...job, tile: one });
      memories.push({ wholeBytes: Math.round(made.whole), oneByOneBytes: Math.round(made.phased), fits: fitsHow(made, request), tile: one });
      if (memories.at(-1)?.fits === 'whole') break;
    }
    const best = (['whole', 'oneByOne', 'no'] as const).flatMap((how) => memories.filter(({ fits }) => fits === how))[0] as PrecisionOutlook['memory'];
    found.push({ precision, memory: best, ...(await packOutlook(checkpoint, precision, packedDir)) });
  }
  return found;
}
