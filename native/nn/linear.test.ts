import { beforeAll, describe, expect, it } from 'vitest';
import { createSession, f32Tensor } from '../onnx/session.ts';
import type { Precision } from '../types.ts';
import { openCheckpoint, type Checkpoint } from '../weights/checkpoint.ts';
import { buildContext, floatInput, floatOutput } from './context.ts';
import { linear } from './linear.ts';

const NAME = 'visual_generator.backbone.double_blocks.0.img_mlp.2';
const [IN, OUT, ROWS] = [192, 48, 40];
const input = Float32Array.from({ length: ROWS * IN }, (_, i) => Math.sin(1.3 * i) + 0.5 * Math.cos(0.11 * i * i));

let checkpoint: Checkpoint;
let exact: Float32Array;

beforeAll(async () => {
  checkpoint = await openCheckpoint('test/fixtures/golden/dev_a');
  const [w, b] = [await checkpoint.readF32(`${NAME}.weight`), await checkpoint.readF32(`${NAME}.bias`)];
  exact = Float32Array.from({ length: ROWS * OUT }, (_, i) => {
    const [row, out] = [Math.floor(i / OUT), i % OUT];
    let sum = b[out] as number;
    for (let k = 0; k < IN; k++) sum += (input[row * IN + k] as number) * (w[out * IN + k] as number);
    return sum;
  });
});

async function relativeError(precision: Precision): Promise<number> {
  const ctx = buildContext('one layer', checkpoint, { precision, attention: 'fused' });
  floatOutput(ctx, 'y', linear(ctx, floatInput(ctx, 'x', ['L', IN]), NAME, IN, OUT, { bias: true }));
  const session = await createSession(ctx.g.build(), { provider: 'cpu', threads: 1, externalRoot: checkpoint.externalRoot });
  const y = (await session.run({ x: f32Tensor(input, [ROWS, IN]) })).y?.data as Float32Array;
  await session.release();
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
});
