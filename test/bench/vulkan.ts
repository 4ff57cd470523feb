import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { EngineHost } from '../../main/engine/host.ts';
import { spawnNode } from '../../main/engine/spawnNode.ts';
import { planMemory } from '../../native/pipelines/memoryPlan.ts';
import { openCheckpoint } from '../../native/weights/checkpoint.ts';
import { writeRandomCheckpoint, type ConfigJson } from '../helpers/randomCheckpoint.ts';
import { softwareVulkan } from '../helpers/softwareVulkan.ts';
import { makeReport, printRow, type BenchRow } from './support/report.ts';
import { watchProcess } from './support/watchProcess.ts';

/**
 * Memory on the WebGPU provider against what the plan foretells, on software Vulkan: `npm run bench -- vulkan [--only NAME] [--json]`.
 * The card's memory is the engine process's own there (RssAnon), with what the driver takes for itself and for the programs that it compiles: two
 * constants, measured once on the golden case. `held`: every network but the autoencoder has run and stays; `peak`: the most of the whole job.
 */

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'boolean', default: false } } });
const vulkan = softwareVulkan();
if ('missing' in vulkan) {
  console.error(vulkan.missing);
  process.exit(1);
}
const { env } = vulkan;
const MIB = 2 ** 20;
/** The device, its loader and the compilers, for as long as they are open. */
const DRIVER = 98 * MIB;
/** While programs are compiled; most of it goes again. */
const COMPILING = 180 * MIB;

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

const loads: readonly { readonly name: string; readonly side: number; readonly dir: () => Promise<string> }[] = [
  { name: 'golden', side: 64, dir: async () => golden },
  { name: 'toybox', side: 128, dir: async () => path.resolve('resources/models/toybox') },
  { name: 'wide', side: 64, dir: wideModel },
];

const rows: BenchRow[] = [];
const row = (name: string, predicted: number, measured: number): void => {
  rows.push({ name, value: measured / MIB, unit: 'MiB', baseline: predicted / MIB, ratio: predicted / measured, ci: null, n: 1, atLeast: 0.9, aim: null });
  printRow(rows.at(-1)!);
};

for (const { name, side, dir: make } of loads) {
  if (values.only !== undefined && values.only !== name) continue;
  const dir = await make();
  const vocabulary = await Promise.all(['vocab.json', 'merges.txt'].map((file) => readFile(path.join(dir, file)).then(({ length }) => length, () => 0)));
  const plan = planMemory(await openCheckpoint(dir), { precision: 'fp32', attention: 'decomposed', packed: false }, { size: { width: side, height: side }, pictures: [], words: 4, tile: null }, vocabulary.reduce((a, b) => a + b, 0));
  const host = new EngineHost({ spawn: spawnNode({ env: { ...process.env, ...env } }) });
  try {
    await host.load(dir, { threads: 2, provider: 'webgpu', attention: 'decomposed' });
    const watch = watchProcess(host.status.pid as number);
    let held = 0;
    await host.generate({ kind: 'textToImage', prompt: 'a red cube', width: side, height: side, steps: 1 }, { onEvent: (event) => { if (event.type === 'stage' && event.stage === 'decode') held = watch.now(); } });
    const peak = watch.peak();
    watch.stop();
    const decoder = plan.networks.find(({ network }) => network === 'vaeDecoder');
    const foretold = plan.base + DRIVER + plan.networks.reduce((sum, network) => sum + (network === decoder ? 0 : network.held), 0);
    row(`${name} fp32 ${side}² on software Vulkan: held`, foretold, held);
    row(`${name} fp32 ${side}² on software Vulkan: peak`, foretold + COMPILING + (decoder === undefined ? 0 : decoder.held + decoder.work), peak);
  } finally {
    await host.dispose();
  }
}
await rm(work, { recursive: true, force: true });
const off = rows.filter(({ ratio }) => Math.abs((ratio ?? 0) - 1) > 0.1);
console.error(off.length === 0 ? `all ${rows.length} within 10 %` : `${off.length} of ${rows.length} further off than 10 %: ${off.map(({ name }) => name).join('; ')}`);
if (values.json) console.log(JSON.stringify(makeReport(rows)));
