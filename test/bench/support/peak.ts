import type { YakConfig } from '../../../native/config.ts';
import { Graph, type Value } from '../../../native/onnx/graph.ts';
import { matMul } from '../../../native/onnx/ops.ts';
import { createSession, f32Tensor } from '../../../native/onnx/session.ts';

/** The product that a decoder's MLP makes: rows, inputs, outputs. */
const [M, K, N] = [1024, 1536, 6144];

/** The best rate at which a graph with one such product runs, in 10⁹ multiplications and additions a second. */
async function bestRate(name: string, threads: number, product: (g: Graph, x: Value) => Value): Promise<number> {
  const g = new Graph(name);
  g.output('y', product(g, g.input('x', 'f32', [M, K])));
  const session = await createSession(g.build(), { provider: 'cpu', threads, externalRoot: '.' });
  const feeds = { x: f32Tensor(Float32Array.from({ length: M * K }, (_, i) => Math.sin(i)), [M, K]) };
  let best = Infinity;
  for (let i = 0; i < 12; i++) {
    const started = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - started);
  }
  await session.release();
  return (2 * M * K * N) / best / 1e6;
}

/** The best fp32 matrix-product rate of this machine, GFLOP/s. */
export function matmulPeak(threads: number): Promise<number> {
  const bytes = new Uint8Array(new Float32Array(K * N).fill(0.01).buffer);
  return bestRate('matmul peak', threads, (g, x) => matMul(g, x, g.initializer('w', 'f32', [K, N], { kind: 'inline', bytes })));
}

/** The best rate of the 8-bit product that the int8 graphs are made of, activations quantised on the way, GOP/s. */
export function int8Rate(threads: number): Promise<number> {
  const bytes = Uint8Array.from({ length: K * N }, (_, i) => (i * 37) % 129);
  return bestRate('int8 peak', threads, (g, x) => {
    const w = g.initializer('w', 'i8', [K, N], { kind: 'inline', bytes: bytes.map((value) => value - 64) });
    const scale = g.constantF32(new Array<number>(N).fill(0.01), [N]);
    return g.node('DynamicQuantizeMatMul', [x, w, scale, null, null], [{ dataType: 'f32', shape: [M, N] }], { domain: 'com.microsoft' })[0] as Value;
  });
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
