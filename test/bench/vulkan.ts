import { fork } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EngineHost } from '../../main/engine/host.ts';
import { spawnNode } from '../../main/engine/spawnNode.ts';
import { planMemory, type MemoryPlan, type NetworkMemory } from '../../native/pipelines/memoryPlan.ts';
import { openCheckpoint, type Checkpoint } from '../../native/weights/checkpoint.ts';
import { writeRandomCheckpoint, type ConfigJson } from '../helpers/randomCheckpoint.ts';
import { softwareVulkan } from '../helpers/softwareVulkan.ts';
import { benchOptions, JSON_REPORT } from './support/options.ts';
import { makeReport, printRow, type BenchRow } from './support/report.ts';
import { watchProcess } from './support/watchProcess.ts';

/**
 * Memory on the WebGPU provider against what the plan foretells, on software Vulkan: `npm run bench -- vulkan [--only NAME] [--json]`.
 * The card's memory is the engine process's own there (RssAnon), with what the driver takes for itself and for the programs that it compiles: constants of
 * this driver, measured on the golden case and on Toybox at 128². `held`: every network but the autoencoder has run and stays; `peak`: the most of the whole job.
 */

const values = benchOptions('npm run bench -- vulkan', 'Memory on the WebGPU provider with software Vulkan, against what is foretold.', { only: { type: 'string', value: 'LOAD', about: 'one model, or large' }, json: JSON_REPORT });
const vulkan = softwareVulkan();
if ('missing' in vulkan) {
  console.error(vulkan.missing);
  process.exit(1);
}
const { env } = vulkan;
const MIB = 2 ** 20;
/** The device, its loader and the compilers, for as long as they are open. */
const DRIVER = 106 * MIB;
/** While one large program is compiled; it goes again. */
const COMPILING = 150 * MIB;
/** What a compiled convolution leaves. */
const CONVOLUTION = 20 * MIB;

/** Kinds of convolution in the autoencoder's decoder: the provider writes a program for each way in which channels and places divide. */
function convolutionKinds({ config: { vae } }: Checkpoint, side: number): number {
  const widths = [...vae.blockOutChannels].reverse();
  const top = widths[0] as number;
  const kinds = new Set<string>();
  const add = (from: number, to: number, places: number): void => {
    kinds.add([from % 4 === 0, to % 4 === 0, places % 32 === 0, to % 32 === 0, (9 * from) % 32 === 0].join());
  };
  const placesAt = (level: number): number => (side / 2 ** (widths.length - 1 - level)) ** 2;
  add(vae.latentChannels, top, placesAt(0));
  widths.forEach((to, level) => {
    add(widths[level - 1] ?? top, to, placesAt(level));
    add(to, to, placesAt(level));
    if (level < widths.length - 1) add(to, to, placesAt(level + 1));
  });
  add(widths.at(-1) as number, vae.outChannels, placesAt(widths.length - 1));
  return kinds.size;
}

const golden = path.resolve('test/fixtures/golden/dev_a');
const work = await mkdtemp(path.join(tmpdir(), 'ovis-vulkan-'));

/** The golden model with a wide language model and decoder: memory is that of weights, and a step takes a minute. */
async function wideModel(): Promise<string> {
  const dir = path.join(work, 'wide');
  const config = JSON.parse(await readFile(path.join(golden, 'config.json'), 'utf8')) as Record<string, ConfigJson>;
  await writeRandomCheckpoint(dir, {
    dtype: 'F32',
    config: {
      ...config, hidden_size: 1024,
      llm_config: { ...config['llm_config'], hidden_size: 1024, intermediate_size: 3072, num_attention_heads: 8, num_key_value_heads: 4, head_dim: 128, num_hidden_layers: 3 },
      visual_generator_config: { ...config['visual_generator_config'], hidden_size: 768, num_heads: 6, axes_dim: [16, 56, 56], depth: 2, depth_single_blocks: 2, context_in_dim: 2048, vec_in_dim: 768 },
    },
  });
  for (const name of ['vocab.json', 'merges.txt', 'tokenizer.json', 'tokenizer_config.json', 'added_tokens.json']) await cp(path.join(golden, name), path.join(dir, name));
  return dir;
}

const loads: readonly { readonly name: string; readonly sides: readonly number[]; readonly dir: () => Promise<string> }[] = [
  { name: 'golden', sides: [64, 128], dir: async () => golden },
  { name: 'toybox', sides: [64, 128, 192], dir: async () => path.resolve('resources/models/toybox') },
  { name: 'wide', sides: [64], dir: wideModel },
];

const rows: BenchRow[] = [];
const row = (name: string, predicted: number, measured: number): void => {
  rows.push({ name, value: measured / MIB, unit: 'MiB', baseline: predicted / MIB, ratio: predicted / measured, ci: null, n: 1, atLeast: 0.9, aim: null });
  printRow(rows.at(-1)!);
};

async function measure(name: string, dir: string, side: number): Promise<void> {
  const vocabulary = await Promise.all(['vocab.json', 'merges.txt'].map((file) => readFile(path.join(dir, file)).then(({ length }) => length, () => 0)));
  const checkpoint = await openCheckpoint(dir);
  const [job, choice] = [{ size: { width: side, height: side }, pictures: [], words: 4, tile: null }, { precision: 'fp32', attention: 'decomposed', packed: false } as const];
  const [own, card] = (['processor', 'card'] as const).map((device) => planMemory(checkpoint, { ...choice, device }, job, vocabulary.reduce((a, b) => a + b, 0))) as [MemoryPlan, MemoryPlan];
  const host = new EngineHost({ spawn: spawnNode({ env: { ...process.env, ...env } }) });
  try {
    await host.load(dir, { threads: 2, provider: 'webgpu', attention: 'decomposed' });
    const watch = watchProcess(host.status.pid as number);
    let held = 0;
    await host.generate({ kind: 'textToImage', prompt: 'a red cube', width: side, height: side, steps: 1 }, { onEvent: (event) => { if (event.type === 'stage' && event.stage === 'decode') held = watch.now(); } });
    const peak = watch.peak();
    watch.stop();
    const before = card.networks.filter(({ network }) => network !== 'vaeDecoder');
    const decoder = card.networks.find(({ network }) => network === 'vaeDecoder') as NetworkMemory;
    // The process's own part stands beside the card's here.
    const foretold = own.base + DRIVER + before.reduce((sum, network) => sum + network.held, 0);
    row(`${name} fp32 ${side}² on software Vulkan: held`, foretold + Math.max(...before.map(({ work: taken }) => taken)), held);
    row(`${name} fp32 ${side}² on software Vulkan: peak`, foretold + COMPILING + convolutionKinds(checkpoint, side) * CONVOLUTION + decoder.held + decoder.work, peak);
  } finally {
    await host.dispose();
  }
}

/** Sums of 200 MiB in a row: more than the provider uses again, unless it knows every size ahead. */
async function measureLarge(): Promise<void> {
  const [length, mib] = [20, 200];
  for (const fixed of [false, true]) {
    const { predicted, peak } = await new Promise<{ readonly predicted: number; readonly peak: number }>((resolve, reject) => {
      const child = fork(path.join(import.meta.dirname, 'support/largeSums.ts'), [String(mib), String(length), String(fixed)], { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'ignore', 'ipc'] });
      const watch = watchProcess(child.pid as number);
      child.once('message', (foretold) => {
        resolve({ predicted: Number(foretold), peak: watch.peak() });
        watch.stop();
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    });
    row(`${length} sums of ${mib} MiB on software Vulkan, ${fixed ? 'for these shapes alone' : 'for all shapes'}: peak`, predicted, peak);
  }
}

for (const { name, sides, dir: make } of loads) {
  if (values.only !== undefined && values.only !== name) continue;
  const dir = await make();
  for (const side of sides) await measure(name, dir, side);
}
if (values.only === undefined || values.only === 'large') await measureLarge();
await rm(work, { recursive: true, force: true });
const off = rows.filter(({ ratio }) => Math.abs((ratio ?? 0) - 1) > 0.1);
console.error(off.length === 0 ? `all ${rows.length} within 10 %` : `${off.length} of ${rows.length} further off than 10 %: ${off.map(({ name }) => name).join('; ')}`);
if (values.json) console.log(JSON.stringify(makeReport(rows)));
