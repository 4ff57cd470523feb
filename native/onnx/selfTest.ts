import { EngineError } from '../errors.ts';
import type { ProviderName, ProviderReport } from '../types.ts';
import { Graph, type Value } from './graph.ts';
import { cast, conv2d, matMul } from './ops.ts';
import { attentionOutputs } from './providers.ts';
import { createSession, f32Tensor, type HostTensor } from './session.ts';

/** What a provider computes, against the processor: the kernels that pictures stand on, each at a small size of its own. */

/** A ragged size catches errors at the edge of a tile. */
const [ROWS, INNER, COLUMNS] = [203, 384, 517];
const [TIMED, TIMED_SMALL] = [1024, 256];
/** A small product that takes longer than this says enough: the large one takes 64 times as long. */
const WORTH_MORE_MS = 20;
const [CHANNELS, SIDE] = [24, 37];

const values = (count: number, phase: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(1.3 * i + phase) + 0.5 * Math.cos(0.7 * ((i * 7919) % 1013)));

function product(rows: number, inner: number, columns: number): { readonly graph: Graph; readonly feeds: Readonly<Record<string, HostTensor>> } {
  const g = new Graph('matrix product probe');
  g.output('y', matMul(g, g.input('a', 'f32', [rows, inner]), g.input('b', 'f32', [inner, columns])));
  return { graph: g, feeds: { a: f32Tensor(values(rows * inner, 0), [rows, inner]), b: f32Tensor(values(inner * columns, 1), [inner, columns]) } };
}

function convolution(half: boolean): { readonly graph: Graph; readonly feeds: Readonly<Record<string, HostTensor>> } {
  const g = new Graph(half ? 'fp16 convolution probe' : 'convolution probe');
  const inside = (value: Value): Value => cast(g, value, half ? 'f16' : 'f32');
  const shape = [1, CHANNELS, SIDE, SIDE];
  const y = conv2d(g, inside(g.input('x', 'f32', shape)), inside(g.input('w', 'f32', [CHANNELS, CHANNELS, 3, 3])), null, { stride: 1, pads: [1, 1, 1, 1] }, [SIDE, SIDE]);
  g.output('y', cast(g, y, 'f32'));
  return { graph: g, feeds: { x: f32Tensor(values(CHANNELS * SIDE * SIDE, 2), shape), w: f32Tensor(values(CHANNELS * CHANNELS * 9, 3), [CHANNELS, CHANNELS, 3, 3]) } };
}

async function outputOf(provider: ProviderName, { graph, feeds }: ReturnType<typeof product>): Promise<Float32Array> {
  const session = await createSession(graph.build(), { provider, threads: 1, externalRoot: '.' });
  try {
    return (await session.run(feeds)).y?.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** The largest difference over the largest value; Infinity where something is no number. */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  let [worst, largest] = [0, 0];
  expected.forEach((value, i) => {
    const difference = Math.abs(value - (actual[i] ?? Number.NaN));
    worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(value));
  });
  return worst / largest;
}

/** The error of one kernel; null where the provider does not have it. Failures that are not about the kernel go on. */
async function errorOf(actual: () => Promise<Float32Array>, expected: Float32Array): Promise<number | null> {
  try {
    const error = relativeError(await actual(), expected);
    return Number.isFinite(error) ? error : 1e9;
  } catch (error) {
    if (error instanceof EngineError && (error.code === 'SESSION_CREATE' || error.code === 'GRAPH_INVALID')) return null;
    throw error;
  }
}

/** The best of a few runs of a square product whose inputs and result travel each time, milliseconds. */
async function productMs(provider: ProviderName, side: number): Promise<number> {
  const { graph, feeds } = product(side, side, side);
  const session = await createSession(graph.build(), { provider, threads: 0, externalRoot: '.' });
  let best = Infinity;
  for (let i = 0; i < 4; i++) {
    const started = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - started);
  }
  await session.release();
  return best;
}

/** 10⁹ multiplications and additions a second. A software device would take most of a minute for the large product: its speed is told from a small one. */
async function rateOf(provider: ProviderName): Promise<number> {
  const small = await productMs(provider, TIMED_SMALL);
  const [side, best] = small > WORTH_MORE_MS ? [TIMED_SMALL, small] : [TIMED, await productMs(provider, TIMED)];
  return (2 * side ** 3) / best / 1e6;
}

/** Runs the self-test of a provider. May end the process: native libraries abort. SESSION_CREATE where the provider is not there. */
export async function testProvider(provider: ProviderName): Promise<ProviderReport> {
  // Not there at all is a failure of its own, no verdict on a kernel.
  const sum = await outputOf(provider, product(ROWS, INNER, COLUMNS));
  const matrixProduct = relativeError(sum, await outputOf('cpu', product(ROWS, INNER, COLUMNS)));
  const exact = await attentionOutputs('cpu', false);
  const exactConvolution = await outputOf('cpu', convolution(false));
  return {
    provider,
    matrixProduct: Number.isFinite(matrixProduct) ? matrixProduct : 1e9,
    fusedAttention: await errorOf(() => attentionOutputs(provider, true), exact),
    decomposedAttention: await errorOf(() => attentionOutputs(provider, false), exact),
    halfConvolution: await errorOf(() => outputOf(provider, convolution(true)), exactConvolution),
    gigaflops: await rateOf(provider),
  };
}
