import type { YakConfig } from '../../../native/config.ts';
import { Graph } from '../../../native/onnx/graph.ts';
import { matMul } from '../../../native/onnx/ops.ts';
import { createSession, f32Tensor } from '../../../native/onnx/session.ts';

/** The best fp32 matrix-product rate of this machine, GFLOP/s: a product of the shape that a decoder's MLP has, repeated. */
export async function matmulPeak(threads: number): Promise<number> {
  const [m, k, n] = [1024, 1536, 6144];
  const g = new Graph('matmul peak');
  const x = g.input('x', 'f32', [m, k]);
  const bytes = new Uint8Array(new Float32Array(k * n).fill(0.01).buffer);
  g.output('y', matMul(g, x, g.initializer('w', 'f32', [k, n], { kind: 'inline', bytes })));
  const session = await createSession(g.build(), { provider: 'cpu', threads, externalRoot: '.' });
  const feeds = { x: f32Tensor(new Float32Array(m * k).fill(0.5), [m, k]) };
  let best = Infinity;
  for (let i = 0; i < 12; i++) {
    const started = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - started);
  }
  await session.release();
  return (2 * m * k * n) / best / 1e6;
}

/** Floating-point operations of one evaluation of the visual decoder: matrix products and attention only. */
export function decoderFlops(c: YakConfig, text: number, target: number, context: number): number {
  const [d, inner] = [c.hiddenSize, Math.trunc(c.hiddenSize * c.mlpRatio)];
  const image = target + context;
  const all = text + image;
  const product = (rows: number, from: number, to: number): number => 2 * rows * from * to;
  const attention = (rows: number): number => 4 * rows * rows * d;
  const stream = (rows: number, attentions: number): number => attentions * (product(rows, d, 3 * d) + product(rows, d, d)) + 2 * product(rows, d, inner);
  const double = stream(image, 2) + stream(text, 1) + attention(all) + attention(image) + product(1, d, 15 * d);
  const single = product(all, d, 3 * d + inner) + product(all, d + inner, d) + attention(all) + product(1, d, 3 * d);
  return c.depth * double + c.depthSingle * single + product(image, c.inChannels, d) + product(target, d, c.outChannels);
}
