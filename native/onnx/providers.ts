import { EngineError } from '../errors.ts';
import type { ProviderName } from '../types.ts';
import { Graph, type Value } from './graph.ts';
import { matMul, mul, reshape, softmax, transpose } from './ops.ts';
import { createSession, f32Tensor } from './session.ts';

/** Which attention kernels a provider gets right, found by running both forms on its own device. */

const [HEADS, HEAD_DIM] = [4, 32];
/** Broken kernels were seen from 32 query rows on; a ragged length catches errors at the tail of a tile as well. */
const LENGTH = 75;
const TOLERANCE = 0.02;

function attentionProbe(fused: boolean): Graph {
  const g = new Graph(fused ? 'fused attention probe' : 'decomposed attention probe');
  const width = HEADS * HEAD_DIM;
  const [q, k, v] = ['q', 'k', 'v'].map((name) => g.input(name, 'f32', [1, 'L', width])) as [Value, Value, Value];
  if (fused) {
    const out = g.node('MultiHeadAttention', [q, k, v], [{ dataType: 'f32', shape: q.shape }], { domain: 'com.microsoft', attributes: { num_heads: HEADS } });
    g.output('y', out[0] as Value);
    return g;
  }
  const heads = (x: Value, permutation: readonly number[]): Value => transpose(g, reshape(g, x, [1, 'L', HEADS, HEAD_DIM]), permutation);
  const scale = g.constantF32([1 / Math.sqrt(HEAD_DIM)], [1]);
  const scores = matMul(g, mul(g, heads(q, [0, 2, 1, 3]), scale), heads(k, [0, 2, 3, 1]));
  g.output('y', reshape(g, transpose(g, matMul(g, softmax(g, scores), heads(v, [0, 2, 1, 3])), [0, 2, 1, 3]), [1, 'L', width]));
  return g;
}

/** Numbers without structure, the same each time. */
function probeValues(offset: number): Float32Array {
  return Float32Array.from({ length: LENGTH * HEADS * HEAD_DIM }, (_, i) => 2 * Math.sin(1.7 * (i + offset) + 0.3 * ((i * 7919) % 101)));
}

/** What one form gives on a provider for fixed queries, keys and values. */
export async function attentionOutputs(provider: ProviderName, fused: boolean): Promise<Float32Array> {
  const shape = [1, LENGTH, HEADS * HEAD_DIM];
  const feeds = { q: f32Tensor(probeValues(0), shape), k: f32Tensor(probeValues(5), shape), v: f32Tensor(probeValues(11), shape) };
  const session = await createSession(attentionProbe(fused).build(), { provider, threads: 1, externalRoot: '.' });
  try {
    return (await session.run(feeds)).y?.data as Float32Array;
  } finally {
    await session.release();
  }
}

/** The largest difference between the fused and the written-out form, over the largest value. */
export async function fusedAttentionError(provider: ProviderName): Promise<number> {
  const [fused, exact] = [await attentionOutputs(provider, true), await attentionOutputs(provider, false)];
  let [worst, largest] = [0, 0];
  exact.forEach((value, i) => {
    worst = Math.max(worst, Math.abs(value - (fused[i] as number)));
    largest = Math.max(largest, Math.abs(value));
  });
  return worst / largest;
}

/** The attention form for a provider: fused where the self-test finds it right, else written out. */
export async function chooseAttention(provider: ProviderName): Promise<'fused' | 'decomposed'> {
  try {
    const error = await fusedAttentionError(provider);
    return error <= TOLERANCE ? 'fused' : 'decomposed';
  } catch (error) {
    // A provider that cannot start at all is a failure of its own, not a verdict on a kernel.
    if (error instanceof EngineError && error.code !== 'SESSION_CREATE' && error.code !== 'GRAPH_INVALID') throw error;
    if (provider === 'cpu') throw error;
    return 'decomposed';
  }
}
