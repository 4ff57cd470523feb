import { describe, expect, it } from 'vitest';
import { createSession, f32Tensor } from '../onnx/session.ts';
import { openCheckpoint } from '../weights/checkpoint.ts';
import { attention } from './attention.ts';
import { queryChunksFor, rowChunksFor } from './chunks.ts';
import { buildContext, floatInput, floatOutput, type BuildOptions } from './context.ts';

const [HEADS, DIM, ROWS, KEYS] = [4, 6, 37, 41];
const values = (rows: number, heads: number, phase: number): Float32Array =>
  Float32Array.from({ length: rows * heads * DIM }, (_, i) => Math.sin(1.7 * i + phase));

/** Softmax attention in double precision. */
function exact(q: Float32Array, k: Float32Array, v: Float32Array, kvHeads: number, bias: Float32Array): Float32Array {
  const out = new Float32Array(ROWS * HEADS * DIM);
  for (let h = 0; h < HEADS; h++) {
    const kh = Math.floor(h / (HEADS / kvHeads));
    for (let row = 0; row < ROWS; row++) {
      const scores = Array.from({ length: KEYS }, (_, key) => {
        let dot = 0;
        for (let d = 0; d < DIM; d++) dot += q[(row * HEADS + h) * DIM + d]! * k[(key * kvHeads + kh) * DIM + d]!;
        return dot / Math.sqrt(DIM) + bias[row * KEYS + key]!;
      });
      const top = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - top));
      const total = weights.reduce((a, b) => a + b, 0);
      for (let d = 0; d < DIM; d++) {
        let sum = 0;
        weights.forEach((weight, key) => (sum += (weight / total) * v[(key * kvHeads + kh) * DIM + d]!));
        out[(row * HEADS + h) * DIM + d] = sum;
      }
    }
  }
  return out;
}

async function run(kvHeads: number, options: Pick<BuildOptions, 'attention' | 'chunks'>): Promise<number> {
  const checkpoint = await openCheckpoint('test/fixtures/golden/dev_a');
  const ctx = buildContext('attention', checkpoint, { precision: 'fp32', ...options });
  const q = floatInput(ctx, 'q', [1, 'L', HEADS * DIM]);
  const [k, v] = [floatInput(ctx, 'k', [1, 'S', kvHeads * DIM]), floatInput(ctx, 'v', [1, 'S', kvHeads * DIM])];
  floatOutput(ctx, 'y', attention(ctx, { q, k, v, numHeads: HEADS, kvHeads, bias: floatInput(ctx, 'bias', [1, 1, 'L', 'S']) }));
  const session = await createSession(ctx.g.build(), { provider: 'cpu', threads: 1, externalRoot: checkpoint.externalRoot });
  const feeds = { q: values(ROWS, HEADS, 0), k: values(KEYS, kvHeads, 1), v: values(KEYS, kvHeads, 2) };
  const bias = Float32Array.from({ length: ROWS * KEYS }, (_, i) => (i % 7 === 3 ? -1e9 : 0));
  const outputs = await session.run({
    q: f32Tensor(feeds.q, [1, ROWS, HEADS * DIM]), k: f32Tensor(feeds.k, [1, KEYS, kvHeads * DIM]), v: f32Tensor(feeds.v, [1, KEYS, kvHeads * DIM]),
    bias: f32Tensor(bias, [1, 1, ROWS, KEYS]),
  });
  await session.release();
  const y = outputs.y?.data as Float32Array;
  return Math.max(...exact(feeds.q, feeds.k, feeds.v, kvHeads, bias).map((value, i) => Math.abs(value - y[i]!)));
}

describe('attention', () => {
  it.each([
    ['fused', 4, 1], ['decomposed', 4, 1], ['decomposed', 4, 4], ['decomposed', 2, 1], ['decomposed', 1, 8], ['decomposed', 2, 16],
  ] as const)('%s with %d key heads in %d query chunks equals the product in double precision', async (form, kvHeads, queries) => {
    expect(await run(kvHeads, { attention: form, chunks: { queries, rows: 1 } })).toBeLessThan(2e-6);
  });

  it('cuts the query rows until no score tensor exceeds 256 MB, on a card what its provider uses again', () => {
    const tokens = 4096 * 2 + 350;
    const chunks = queryChunksFor('processor', 12, tokens, tokens, 4);
    expect(chunks).toBe(16);
    expect(12 * Math.ceil(tokens / chunks) * tokens * 4).toBeLessThanOrEqual(256 * 2 ** 20);
    expect(queryChunksFor('card', 12, tokens, tokens, 4)).toBe(32);
    expect(queryChunksFor('processor', 12, 300, 300, 4)).toBe(1);
  });

  it('cuts the rows of wide layers on a card alone', () => {
    expect(rowChunksFor('processor', 9000, 10_752, 4)).toBe(1);
    expect(rowChunksFor('card', 9000, 10_752, 4)).toBe(4);
    expect(rowChunksFor('card', 3000, 10_752, 4)).toBe(1);
  });
});
