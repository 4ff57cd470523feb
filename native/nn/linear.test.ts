import { beforeAll, describe, expect, it } from 'vitest';
import { createSession, f32Tensor } from '../onnx/session.ts';
import type { Precision } from '../types.ts';
import { openCheckpoint, type Checkpoint } from '../weights/checkpoint.ts';
import { buildContext, floatInput, floatOutput } from './context.ts';
import { linear } from './linear.ts';

/** A layer of the golden model. */
interface Layer {
  readonly name: string;
  readonly width: number;
  readonly out: number;
}
const ROWS = 40;
const mlp: Layer = { name: 'visual_generator.backbone.double_blocks.0.img_mlp.2', width: 192, out: 48 };
/** A row of it is one block of 128. */
const wide: Layer = { name: 'visual_generator.backbone.txt_in.input_embedder', width: 128, out: 48 };

let checkpoint: Checkpoint;
beforeAll(async () => { checkpoint = await openCheckpoint('test/fixtures/golden/dev_a'); });

const inputOf = ({ width }: Layer): Float32Array => Float32Array.from({ length: ROWS * width }, (_, i) => Math.sin(1.3 * i) + 0.5 * Math.cos(0.11 * i * i));

async function productOf({ name, width, out }: Layer): Promise<Float32Array> {
  const [w, b, input] = [await checkpoint.readF32(`${name}.weight`), await checkpoint.readF32(`${name}.bias`), inputOf({ name, width, out })];
  return Float32Array.from({ length: ROWS * out }, (_, i) => {
    const [row, column] = [Math.floor(i / out), i % out];
    let sum = b[column] as number;
    for (let k = 0; k < width; k++) sum += (input[row * width + k] as number) * (w[column * width + k] as number);
    return sum;
  });
}

async function relativeError(precision: Precision, layer = mlp): Promise<number> {
  const ctx = buildContext('one layer', checkpoint, { precision, attention: 'fused' });
  floatOutput(ctx, 'y', linear(ctx, floatInput(ctx, 'x', ['L', layer.width]), layer.name, layer.width, layer.out, { bias: true }));
  const session = await createSession(ctx.g.build(), { provider: 'cpu', threads: 1, externalRoot: checkpoint.externalRoot });
  const y = (await session.run({ x: f32Tensor(inputOf(layer), [ROWS, layer.width]) })).y?.data as Float32Array;
  await session.release();
  const exact = await productOf(layer);
  let [error, power] = [0, 0];
  exact.forEach((value, i) => {
    error += (value - (y[i] as number)) ** 2;
    power += value ** 2;
  });
  return Math.sqrt(error / power);
}

describe('linear at each precision, against the product in double precision', () => {
  it.each([
    ['fp32', 1e-6],
    ['fp16', 2e-3],
    ['int8', 0.02],
    // Normally spread weights in 16 levels of 32-weight blocks: 8 to 9 % by arithmetic.
    ['q4', 0.11],
  ] as const)('%s stays within %f', async (precision, limit) => {
    const error = await relativeError(precision);
    expect(error).toBeLessThan(limit);
    // A quantised layer that were exact would not be quantised.
    if (precision !== 'fp32') expect(error).toBeGreaterThan(limit / 100);
  });

  it('4 bits in blocks of 128 are further off than in blocks of 32, by as much as their scales are coarser; rows that do not divide have blocks of 32', async () => {
    const [small, large] = [await relativeError('q4', wide), await relativeError('q4b128', wide)];
    expect(large / small).toBeGreaterThan(1.05);
    expect(large / small).toBeLessThan(1.7);
    expect(await relativeError('q4b128', mlp)).toBe(await relativeError('q4', mlp));
  });
});
