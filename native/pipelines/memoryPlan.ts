/** What a job will take of memory, network by network, told from the checkpoint's headers alone. */
import { hasWindows } from '../models/aimv2.ts';
import { fusesCache } from '../models/qwen3.ts';
import { windowLayout } from '../models/windows.ts';
import { TIME_FEATURES, widestLayer } from '../models/yak.ts';
import { conditionSizes, understandingSize } from '../image/preprocess.ts';
import type { Size } from '../image/smartResize.ts';
import { CardPool } from '../memory/cardPool.ts';
import { outgrowsPool, workOnCard } from '../memory/cardWork.ts';
import { dimsByValue, workBytes, type Fed } from '../memory/liveness.ts';
import type { BuiltGraph } from '../onnx/graph.ts';
import { cardWeights, weightMemory, type WeightMemory } from '../memory/weightMemory.ts';
import { queryChunksFor, rowChunksFor, largerOf, uncut, type Chunks, type Device } from '../nn/chunks.ts';
import type { Precision } from '../types.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';
import { partBytes } from '../weights/pack/kernels.ts';
import { buildNetwork, type NetworkName } from './graphs.ts';

/** A job as far as memory goes. */
export interface MemoryJob {
  /** Of the result, multiples of 16; null for a question. */
  readonly size: Size | null;
  /** Context pictures at the size at which the VAE takes them; the pictures of a question as they are. */
  readonly pictures: readonly Size[];
  /** A picture that is painted over goes through the encoder too. */
  readonly start?: Size | null;
  /** Of the longest prompt. */
  readonly words: number;
  /** Of an answer. */
  readonly answer?: number;
  /** Sides of the pieces in which the autoencoder works; null = all at once. Pixels. */
  readonly tile?: number | null;
}

export interface MemoryChoice {
  readonly precision: Precision;
  readonly attention: 'fused' | 'decomposed';
  /** Weights are packed ahead, as the studio does for models that it keeps. */
  readonly packed: boolean;
  /** Whose memory is planned. Default: the processor's. */
  readonly device?: Device;
}

export type Phase = 'understand' | 'encode' | 'denoise' | 'decode';

/** One network's part in a job, in bytes. */
export interface NetworkMemory extends WeightMemory {
  readonly network: NetworkName;
  readonly phase: Phase;
  /** While it runs, beside its weights. */
  readonly work: number;
}

export interface MemoryPlan {
  readonly networks: readonly NetworkMemory[];
  /** The process without any network: the program, the tokenizer, the runtime, caches of the language model, pixels. */
  readonly base: number;
  /** The most with every network staying once it is loaded. */
  readonly whole: number;
  /** The most where networks may take no more together than the largest does alone: others go when one more does not fit. */
  readonly phased: number;
  /** What the largest network takes by itself, its weights and its work. */
  readonly largest: number;
}

const MIB = 2 ** 20;
/** Node, the engine's code and ONNX Runtime. */
const PROGRAM = 55 * MIB;
/** Two threads that check what is packed, each with an engine of its own for JavaScript. */
const CHECKING = 12 * MIB;
/** What sessions leave behind that come and go. */
const TURNOVER = 6 * MIB;
/** Chat marks and fixed words around those of a condition. */
const MARKS = 56;

const phaseOf: Readonly<Record<NetworkName, Phase>> = {
  visualTokenizer: 'understand', llm: 'understand', lmHead: 'understand', refiner: 'understand', vaeEncoder: 'encode', yak: 'denoise', vaeDecoder: 'decode',
};

type Shapes = Record<string, readonly number[]>;

/** How often a network runs in one way; the largest way counts. */
interface Run {
  readonly network: NetworkName;
  readonly shapes: Shapes;
  readonly fed?: Fed;
  readonly chunks: Chunks;
}

/** Chunks of attention alone. */
function queries({ attention, device }: MemoryChoice, heads: number, rows: number, elementBytes = 4): Chunks {
  return { queries: attention === 'fused' ? 1 : queryChunksFor(device ?? 'processor', heads, rows, rows, elementBytes), rows: 1 };
}

function visionRun({ config }: Checkpoint, choice: MemoryChoice, { width, height }: Size): Run {
  const { vision } = config;
  const [gridH, gridW] = [height / vision.patchSize, width / vision.patchSize];
  const n = gridH * gridW;
  const half = vision.hiddenSize / vision.numHeads / 2;
  const shapes: Shapes = {
    pixel_values: [n, vision.numChannels * vision.patchSize ** 2], pos_embed: [n, vision.hiddenSize], cos: [n, half], sin: [n, half], positions: [1, n],
  };
  if (hasWindows(vision)) {
    const { windows, cells } = windowLayout(vision, gridH, gridW);
    Object.assign(shapes, { window_index: [windows, cells], window_inverse: [n], window_bias: [windows, 1, cells, cells] });
  }
  return { network: 'visualTokenizer', shapes, chunks: queries(choice, vision.numHeads, n) };
}

function languageRun({ config: { llm } }: Checkpoint, choice: MemoryChoice, rows: number, capacity: number): Run {
  const fused = fusesCache(llm, choice);
  const half = llm.headDim / 2;
  const shapes: Shapes = { embeds: [rows, llm.hiddenSize], cos: [capacity, half], sin: [capacity, half], last_index: [1], total_length: [1], positions: [1, rows], mask: [1, 1, rows, rows] };
  for (let i = 0; i < llm.numLayers; i++) {
    for (const part of ['key', 'value']) shapes[`past_${part}.${i}`] = fused ? [1, llm.numKvHeads, capacity, llm.headDim] : [1, 0, llm.numKvHeads * llm.headDim];
  }
  return { network: 'llm', shapes, chunks: queries(choice, llm.numHeads, capacity) };
}

function decoderRun({ config: { yak } }: Checkpoint, choice: MemoryChoice, target: Size, pictures: readonly Size[], text: number): Run {
  const tokens = ({ width, height }: Size): number => (width / 16) * (height / 16);
  const image = [target, ...pictures].reduce((sum, size) => sum + tokens(size), 0);
  const all = text + image;
  const half = yak.hiddenSize / yak.numHeads / 2;
  const elementBytes = choice.precision === 'fp16' ? 2 : 4;
  return {
    network: 'yak',
    shapes: {
      tokens: [image, yak.inChannels], txt: [text, yak.hiddenSize], txt_count: [1], pooled_vector: [1, yak.hiddenSize], cos: [all, half], sin: [all, half],
      positions: [1, all], image_positions: [1, image], target_count: [1], time: [1, TIME_FEATURES],
    },
    fed: { target_count: { data: [tokens(target)] } },
    chunks: { ...queries(choice, yak.numHeads, all, elementBytes), rows: rowChunksFor(choice.device ?? 'processor', all, widestLayer(yak), elementBytes) },
  };
}

/** A piece of a picture as the autoencoder takes it. */
const pieceOf = ({ width, height }: Size, tile: number | null | undefined): Size =>
  (tile ? { width: Math.min(width, tile), height: Math.min(height, tile) } : { width, height });

function autoencoderRun({ config: { vae } }: Checkpoint, choice: MemoryChoice, network: 'vaeEncoder' | 'vaeDecoder', { width, height }: Size): Run {
  const [h, w] = [height / 8, width / 8];
  const shapes: Shapes = network === 'vaeEncoder' ? { pixels: [1, vae.inChannels, height, width] } : { latents: [1, vae.latentChannels, h, w] };
  return { network, shapes, chunks: queries(choice, 1, h * w) };
}

/** The runs of a job, in the order of their first use. */
function runsOf(checkpoint: Checkpoint, choice: MemoryChoice, job: MemoryJob): Run[] {
  const { preprocessor: p, config } = checkpoint;
  const vision = { patchSize: p.patchSize, hiddenStride: p.hiddenStride, mean: p.imageMean, std: p.imageStd, minPixels: p.minPixels, maxPixels: p.maxPixels };
  const cell = p.patchSize * p.hiddenStride;
  const rowsOf = ({ width, height }: Size): number => (width * height) / cell ** 2 + 2;
  const { size } = job;
  const seen = size === null ? job.pictures.map((picture) => understandingSize(picture, vision))
    : [size, ...job.pictures].map((picture) => conditionSizes(picture, vision).second);
  const pictures = size === null ? seen : job.pictures.length === 0 ? seen : seen.slice(1);
  const text = job.words + MARKS + pictures.reduce((sum, picture) => sum + rowsOf(picture), 0);
  const runs = seen.map((picture) => visionRun(checkpoint, choice, picture));
  const answer = size === null ? job.answer ?? 512 : 0;
  runs.push(languageRun(checkpoint, choice, text, text + answer));
  if (size === null) return [...runs, { network: 'lmHead', shapes: { hidden: [1, config.llm.hiddenSize] }, chunks: uncut }];
  runs.push({ network: 'refiner', shapes: { txt: [text, config.yak.contextInDim] }, chunks: uncut });
  for (const picture of [...job.pictures, ...(job.start ? [job.start] : [])]) runs.push(autoencoderRun(checkpoint, choice, 'vaeEncoder', pieceOf(picture, job.tile)));
  return [...runs, decoderRun(checkpoint, choice, size, job.pictures, text), autoencoderRun(checkpoint, choice, 'vaeDecoder', pieceOf(size, job.tile))];
}

/** The checkpoint as if every matrix lay packed on the disk. */
function asPacked(checkpoint: Checkpoint): Checkpoint {
  return {
    ...checkpoint,
    packed: ({ kind, rows, columns }) => ({ location: 'packed', parts: partBytes(kind, rows, columns).map((byteLength) => ({ offset: 0, byteLength })) }),
  };
}

/** Keys and values of the longest sequence. */
function cacheBytes({ config: { llm } }: Checkpoint, runs: readonly Run[]): number {
  const capacity = runs.find(({ network }) => network === 'llm')?.shapes.cos?.[0] ?? 0;
  return 2 * llm.numLayers * llm.numKvHeads * llm.headDim * capacity * 4;
}

/** What is not a network's: the language model's cache, and a picture's numbers on their way in and out. */
function ownBytes(checkpoint: Checkpoint, choice: MemoryChoice, runs: readonly Run[], { size }: MemoryJob, tokenizerBytes: number): number {
  const { llm } = checkpoint.config;
  const caches = fusesCache(llm, choice) ? cacheBytes(checkpoint, runs) : 0;
  const pixels = size === null ? 0 : size.width * size.height;
  return PROGRAM + (choice.packed && choice.precision !== 'fp32' ? CHECKING : 0) + 15 * tokenizerBytes + caches + pixels * 20;
}

/** Foretells the memory of one job, on the processor or of a card. `tokenizerBytes`: of the tokenizer's files, which are held in many small pieces. */
export function planMemory(checkpoint: Checkpoint, choice: MemoryChoice, job: MemoryJob, tokenizerBytes: number): MemoryPlan {
  const runs = runsOf(checkpoint, choice, job);
  const weights = choice.packed && choice.precision !== 'fp32' ? asPacked(checkpoint) : checkpoint;
  const onCard = choice.device === 'card';
  const pool = new CardPool();
  const workOf = (graph: BuiltGraph, shapes: Shapes, fed: Fed = {}): number => {
    const dims = dimsByValue(fed);
    if (!onCard) return workBytes(graph, shapes, dims);
    workOnCard(pool, graph, shapes, dims, outgrowsPool(graph, shapes, dims));
    return pool.peak();
  };
  const networks = [...new Set(runs.map(({ network }) => network))].map((network): NetworkMemory => {
    const own = runs.filter((run) => run.network === network);
    const graph = buildNetwork(network, weights, { precision: choice.precision, attention: choice.attention, chunks: own.map(({ chunks }) => chunks).reduce(largerOf) });
    return { network, phase: phaseOf[network], ...(onCard ? cardWeights : weightMemory)(graph), work: Math.max(...own.map(({ shapes, fed }) => workOf(graph, shapes, fed))) };
  });
  const base = choice.device === 'card' ? cacheBytes(checkpoint, runs) : ownBytes(checkpoint, choice, runs, job, tokenizerBytes);
  const largest = Math.max(...networks.map(mostOf));
  const whole = base + peakOf(networks, Infinity);
  return { networks, base, whole, phased: Math.min(whole, base + (choice.device === 'card' ? 0 : TURNOVER) + peakOf(networks, largest)), largest };
}

/** What a network takes by itself. */
const mostOf = ({ held, loading, work }: NetworkMemory): number => Math.max(loading, held + work);

/**
 * The most of a job that loads its networks in their order and lets the oldest go while one more does not fit under a limit, as networks.ts does.
 * Small blocks that are given back stay in the heap, for others.
 */
function peakOf(networks: readonly NetworkMemory[], limit: number): number {
  const loaded: NetworkMemory[] = [];
  const sum = (pick: (network: NetworkMemory) => number): number => loaded.reduce((total, network) => total + pick(network), 0);
  let [heap, peak] = [0, 0];
  for (const network of networks) {
    while (loaded.length > 0 && sum(({ held }) => held) + mostOf(network) > limit) loaded.shift();
    const large = sum(({ held, heldSmall }) => held - heldSmall);
    heap = Math.max(heap, sum(({ heldSmall }) => heldSmall) + network.loadingSmall);
    peak = Math.max(peak, large + network.loading - network.loadingSmall + heap, large + network.held - network.heldSmall + heap + network.work);
    loaded.push(network);
  }
  return peak;
}
