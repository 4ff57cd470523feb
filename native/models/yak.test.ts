import { expect, it } from 'vitest';
import { uncut, type Chunks } from '../nn/chunks.ts';
import { createSession, f32Tensor, i64Tensor, type HostTensor } from '../onnx/session.ts';
import { openCheckpoint } from '../weights/checkpoint.ts';
import { buildYak, TIME_FEATURES } from './yak.ts';

const wave = (rows: number, columns: number, phase: number): HostTensor =>
  f32Tensor(Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(1.3 * i + phase)), [rows, columns]);

it('gives the same velocity in pieces of rows, of queries, and in a session for its shapes alone', async () => {
  const checkpoint = await openCheckpoint('test/fixtures/golden/dev_a');
  const { yak } = checkpoint.config;
  const [text, image, target] = [11, 26, 20];
  const half = yak.hiddenSize / yak.numHeads / 2;
  const counting = (from: number, count: number): HostTensor => i64Tensor(Array.from({ length: count }, (_, i) => from + i), [1, count]);
  const feeds = {
    tokens: wave(image, yak.inChannels, 1), txt: wave(text, yak.hiddenSize, 2), txt_count: i64Tensor([text]), pooled_vector: wave(1, yak.hiddenSize, 3),
    cos: wave(text + image, half, 4), sin: wave(text + image, half, 5), positions: counting(0, text + image), image_positions: counting(text, image),
    target_count: i64Tensor([target]), time: wave(1, TIME_FEATURES, 6),
  };
  const velocity = async (chunks: Chunks, fixed: boolean): Promise<Float32Array> => {
    const graph = buildYak(checkpoint, yak, { precision: 'fp32', attention: 'decomposed', chunks });
    const shapes = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, shape]));
    const session = await createSession(graph, { provider: 'cpu', threads: 1, externalRoot: checkpoint.externalRoot, ...(fixed && { shapes }) });
    const outputs = await session.run(feeds);
    await session.release();
    expect(outputs.velocity?.shape).toEqual([target, yak.outChannels]);
    return outputs.velocity?.data as Float32Array;
  };
  const whole = await velocity(uncut, false);
  for (const [chunks, fixed] of [[{ queries: 1, rows: 4 }, false], [{ queries: 2, rows: 2 }, false], [{ queries: 2, rows: 2 }, true], [uncut, true]] as const) {
    const other = await velocity(chunks, fixed);
    expect(Math.max(...whole.map((value, i) => Math.abs(value - other[i]!)))).toBeLessThan(2e-5);
  }
});
