import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGoldenCase, type GoldenTensor } from './case.ts';
import { observeCase, type Observed } from './runCase.ts';

/** What lower precision costs on a whole model, stage by stage (each stage takes our own previous stage's output). */

const golden = await readGoldenCase(path.resolve(import.meta.dirname, '../fixtures/golden/dev_a'));

/** Root mean square of the deviation over that of the value. */
function relativeError(observed: Observed, name: string): number {
  const expected = golden.tensors.get(name) as GoldenTensor;
  const ours = observed.get(name)?.data as ArrayLike<number>;
  let [error, power] = [0, 0];
  expected.data.forEach((value, i) => {
    error += (value - (ours[i] as number)) ** 2;
    power += value ** 2;
  });
  return Math.sqrt(error / power);
}

// Random weights amplify errors more than trained ones: the limits say what arithmetic allows here, not what a picture shows.
describe.each([
  ['fp16', { 'u.vt.embeds': 0.006, 't2i.cond.txt': 0.006, 'bb.noctx.t0.v': 0.003, 't2i.latent': 0.008 }],
  ['int8', { 'u.vt.embeds': 0.06, 't2i.cond.txt': 0.1, 'bb.noctx.t0.v': 0.04, 't2i.latent': 0.12 }],
  ['q4', { 'u.vt.embeds': 0.6, 't2i.cond.txt': 0.6, 'bb.noctx.t0.v': 0.35, 't2i.latent': 0.5 }],
  ['q4b128', { 'u.vt.embeds': 0.6, 't2i.cond.txt': 0.6, 'bb.noctx.t0.v': 0.35, 't2i.latent': 0.5 }],
] as const)('%s against the golden vectors', (precision, limits) => {
  it.each(['fused', 'decomposed'] as const)('with %s attention stays within what its arithmetic allows', async (attention) => {
    const observed = await observeCase(golden, { provider: 'cpu', precision, attention, threads: 2 });
    for (const [name, limit] of Object.entries(limits)) expect(relativeError(observed, name), name).toBeLessThan(limit);
  });
});
