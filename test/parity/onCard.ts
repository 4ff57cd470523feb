/** An answer with the language model's caches on the card, and one with the caches in ordinary memory; the same of a step and what does not change from step to step. Run by softwareVulkan.test.ts in a process of its own. */
import path from 'node:path';
import { branchVelocity, makeBranch } from '../../native/pipelines/decoder.ts';
import { Sequence } from '../../native/pipelines/languageModel.ts';
import { closePipeline, openPipeline } from '../../native/pipelines/open.ts';
import { Parking } from '../../native/pipelines/parking.ts';

const dir = path.resolve(import.meta.dirname, '../fixtures/golden/dev_eps');

/** The hidden states of a prompt and of the words after it, and whether the caches stayed on the card. */
async function hiddenStates(attention: 'fused' | 'decomposed', memoryBytes: number | undefined): Promise<{ readonly onCard: boolean; readonly values: string }> {
  const ctx = await openPipeline(dir, { provider: 'webgpu', precision: 'fp32', threads: 1, attention }, memoryBytes === undefined ? {} : { budgetBytes: memoryBytes });
  const { hiddenSize } = ctx.checkpoint.config.llm;
  const values: Buffer[] = [];
  let onCard = false;
  // Twice: the second sequence takes over what the first has left.
  for (const seed of [1, 2]) {
    const sequence = new Sequence(ctx, 24);
    for (const rows of [9, 1, 1, 1]) {
      const embeds = Float32Array.from({ length: rows * hiddenSize }, (_, i) => Math.sin(seed * i + sequence.rows));
      const outputs = await sequence.append(embeds);
      onCard ||= outputs['present_key.0']?.device !== undefined;
      values.push(Buffer.from((outputs['hidden_last']?.data as Float32Array).slice().buffer));
    }
    sequence.close();
  }
  await closePipeline(ctx);
  return { onCard, values: Buffer.concat(values).toString('base64') };
}

const wave = (count: number, phase: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(0.7 * i + phase));

/** Velocities of two steps, with the branch's constants on the card or not. */
async function velocities(parked: boolean): Promise<{ readonly onCard: boolean; readonly values: string }> {
  const ctx = await openPipeline(dir, { provider: 'webgpu', precision: 'fp32', threads: 1, attention: 'decomposed' });
  const { yak } = ctx.checkpoint.config;
  const [side, words] = [3, 7];
  const branch = makeBranch(ctx, { textFeatures: wave(words * yak.hiddenSize, 1), vector: wave(yak.hiddenSize, 2), count: words }, { rows: side, columns: side }, []);
  const parking = new Parking(ctx.networks);
  const used = { ...branch, constants: parked ? await parking.park(branch.constants) : branch.constants };
  const values: Buffer[] = [];
  for (const t of [1, 0.5]) {
    const { velocity } = await branchVelocity(ctx, used, wave(side * side * yak.inChannels, t), t);
    values.push(Buffer.from((velocity?.data as Float32Array).slice().buffer));
  }
  await parking.release();
  await closePipeline(ctx);
  return { onCard: used.constants['txt']?.device !== undefined, values: Buffer.concat(values).toString('base64') };
}

const found = [];
for (const attention of ['decomposed', 'fused'] as const) {
  const [card, memory] = [await hiddenStates(attention, undefined), await hiddenStates(attention, 2 ** 40)];
  found.push({ attention, onCard: [card.onCard, memory.onCard], same: card.values === memory.values, bytes: card.values.length });
}
const [card, memory] = [await velocities(true), await velocities(false)];
console.log(JSON.stringify({ caches: found, step: { onCard: [card.onCard, memory.onCard], same: card.values === memory.values, bytes: card.values.length } }));
