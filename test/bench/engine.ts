import { access } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createEngine } from '../../native/index.ts';
import type { Engine, Precision, RgbImage } from '../../native/types.ts';
import { openCheckpoint } from '../../native/weights/checkpoint.ts';
import { realConfig, writeRandomCheckpoint } from '../helpers/randomCheckpoint.ts';
import { decoderFlops, int8Rate, matmulPeak } from './support/peak.ts';
import { benchOptions, JSON_REPORT } from './support/options.ts';
import { makeReport, median, printRow, timeRow, type BenchRow } from './support/report.ts';
import { conditionTokens } from './support/tokens.ts';
import { findTorch, runTorch, type TorchResult, type TorchTask } from './support/torch.ts';

/**
 * This engine against the plain PyTorch implementation of training/: same checkpoint, machine, run and threads.
 * `npm run bench -- engine [--json] [--only toybox|real] [--threads N] [--repeats N] [--real-dir DIR]`
 */

interface Load {
  readonly name: 'toybox' | 'real';
  readonly dir: string;
  readonly width: number;
  readonly height: number;
  readonly steps: Readonly<Record<'t2i' | 'edit', number>>;
  readonly tokens: number;
  readonly precisions: readonly Precision[];
  readonly limits: Readonly<Partial<Record<Precision, { readonly atLeast: number; readonly aim: number }>>>;
}

const values = benchOptions('npm run bench -- engine', 'This engine against plain PyTorch in the same run.', {
  only: { type: 'string', value: 'LOAD', about: 'one model: toybox or real' }, threads: { type: 'string', value: 'N', default: String(Math.min(2, os.availableParallelism())), about: 'processor threads of both' },
  repeats: { type: 'string', value: 'N', default: '3', about: 'runs of each figure' },
  'real-dir': { type: 'string', value: 'DIR', default: path.join(os.tmpdir(), 'ovis-real-1-layer'), about: 'where the random checkpoint of the real dimensions is kept' }, json: JSON_REPORT,
});
const threads = Number(values.threads);
const repeats = Number(values.repeats);

const loads: readonly Load[] = [
  {
    name: 'toybox', dir: path.resolve(import.meta.dirname, '../../resources/models/toybox'), width: 128, height: 128, steps: { t2i: 24, edit: 24 }, tokens: 32,
    precisions: ['fp32'], limits: { fp32: { atLeast: 1.5, aim: 2.5 } },
  },
  {
    name: 'real', dir: values['real-dir'], width: 512, height: 512, steps: { t2i: 8, edit: 4 }, tokens: 32,
    precisions: ['fp32', 'int8'], limits: { fp32: { atLeast: 1.1, aim: 1.3 }, int8: { atLeast: 2, aim: 3 } },
  },
];

function noisePicture(width: number, height: number): RgbImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 24) };
}

interface Measured {
  readonly total: number;
  readonly perStep: number;
  readonly stages: Readonly<Record<string, number>>;
}

/** What a drawing spends outside its steps: the same work however many steps there are. */
const stages = ['condition', 'encode', 'decode'] as const;

/** One request through the engine: wall time of the whole, and of a denoising step or a token. */
async function runOurs(engine: Engine, load: Load, task: TorchTask): Promise<Measured> {
  const image = noisePicture(load.width, load.height);
  const stepsMs: number[] = [];
  const onEvent = (event: { type: string; stepMs?: number }): void => {
    if (event.type === 'step') stepsMs.push(event.stepMs as number);
  };
  const started = performance.now();
  if (task === 'answer') {
    const { tokens, timingsMs } = await engine.understand({ prompt: 'Describe the image.', images: [image], maxTokens: load.tokens });
    const rest = (timingsMs.understand ?? 0) - (timingsMs.firstToken ?? 0);
    return { total: (performance.now() - started) * (load.tokens / tokens), perStep: rest / Math.max(1, tokens - 1), stages: {} };
  }
  const sampling = { seed: 42, steps: load.steps[task], txtCfg: 4, imgCfg: 1.5 };
  const { timingsMs } = task === 't2i'
    ? await engine.generate({ kind: 'textToImage', prompt: 'a red cube', width: load.width, height: load.height, ...sampling }, { onEvent })
    : await engine.generate({ kind: 'edit', prompt: 'make it blue', image, sizing: 'exact', ...sampling }, { onEvent });
  return { total: performance.now() - started, perStep: median(stepsMs), stages: { ...timingsMs } };
}

const names: Readonly<Record<TorchTask, string>> = { t2i: 'text→image', edit: 'edit', answer: 'answer' };

async function benchTask(load: Load, precision: Precision, task: TorchTask, torch: TorchResult, engine: Engine): Promise<BenchRow[]> {
  await runOurs(engine, load, task);
  const ours: Measured[] = [];
  for (let i = 0; i < repeats; i++) ours.push(await runOurs(engine, load, task));
  const theirs = torch.runs.map((run) => ({ total: run.total as number, perStep: (task === 'answer' ? run.per_token : run.per_step) as number }));
  const unit = task === 'answer' ? 'token' : 'step';
  const outside = stages.filter((stage) => torch.runs.every((run) => (run[stage] ?? 0) > 0));
  return [
    timeRow(`${load.name} ${precision} ${names[task]}, whole`, ours.map(({ total }) => total), theirs.map(({ total }) => total), load.limits[precision]),
    timeRow(`${load.name} ${precision} ${names[task]}, one ${unit}`, ours.map(({ perStep }) => perStep), theirs.map(({ perStep }) => perStep)),
    ...outside.map((stage) => timeRow(`${load.name} ${precision} ${names[task]}, ${stage}`, ours.map((run) => run.stages[stage] ?? NaN), torch.runs.map((run) => run[stage] as number))),
  ];
}

/** How much faster an 8-bit product of the decoder's shape is than the fp32 one: what int8 could reach if a step were nothing but products. */
async function int8ProductRow(threads: number, peak: number): Promise<BenchRow> {
  const rate = await int8Rate(threads);
  return { name: 'int8 matrix product against fp32, the ceiling of int8', value: rate, unit: 'GOP/s', baseline: peak, ratio: rate / peak, ci: null, n: 12, atLeast: null, aim: null };
}

/** How much of the machine's fp32 matrix-product rate a text→image step of ours reaches. */
async function peakShareRow(load: Load, stepMs: number, peak: number): Promise<BenchRow> {
  const { config } = await openCheckpoint(load.dir);
  const target = (load.width / 16) * (load.height / 16);
  const [cond, uncond] = await conditionTokens(load.dir, load.width, load.height, 'a red cube');
  const flops = decoderFlops(config.yak, cond, target, 0) + decoderFlops(config.yak, uncond, target, 0);
  const share = flops / stepMs / 1e6 / peak;
  return { name: `${load.name} fp32 text→image step, peakShare`, value: share, unit: 'of peak', baseline: null, ratio: null, ci: null, n: repeats, atLeast: load.name === 'real' ? 0.6 : null, aim: load.name === 'real' ? 0.8 : null };
}

async function benchLoad(python: string, load: Load): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const add = (more: readonly BenchRow[]): void => more.forEach((row) => {
    printRow(row);
    rows.push(row);
  });
  const tasks: TorchTask[] = ['t2i', 'edit', 'answer'];
  const engines = new Map<Precision, Engine>();
  for (const precision of load.precisions) engines.set(precision, await createEngine(load.dir, { threads, precision }));
  for (const task of tasks) {
    const request = { dir: load.dir, task, threads, steps: task === 'answer' ? 1 : load.steps[task], width: load.width, height: load.height, tokens: load.tokens, repeats };
    const torch = await runTorch(python, request);
    if (task === 't2i') console.error(`baseline: torch ${torch.torch}, ${threads} threads, its own matrix product reaches ${torch.matmulGflops.toFixed(0)} GFLOP/s`);
    for (const [precision, engine] of engines) {
      const measured = await benchTask(load, precision, task, torch, engine);
      add(measured);
      if (task === 't2i' && precision === 'fp32') {
        const peak = await matmulPeak(threads);
        add([
          { name: `${load.name} fp32 matrix-product peak`, value: peak, unit: 'GFLOP/s', baseline: torch.matmulGflops, ratio: peak / torch.matmulGflops, ci: null, n: 12, atLeast: null, aim: null },
          await peakShareRow(load, (measured[1] as BenchRow).value, peak),
          ...(load.precisions.includes('int8') ? [await int8ProductRow(threads, peak)] : []),
        ]);
      }
    }
  }
  for (const engine of engines.values()) await engine.dispose();
  return rows;
}

const python = findTorch();
if (!python) {
  console.error('this bench compares with PyTorch: install python3 with torch, numpy and pillow (Debian: python3-torch python3-numpy python3-pil libopenblas0-pthread)');
  process.exit(1);
}
const there = (dir: string): Promise<boolean> => access(path.join(dir, 'config.json')).then(() => true, () => false);
const rows: BenchRow[] = [];
for (const load of loads) {
  if (values.only !== undefined && values.only !== load.name) continue;
  if (load.name === 'real' && !(await there(load.dir))) {
    console.error(`writing a random checkpoint of the real dimensions, one layer deep, to ${load.dir} …`);
    await writeRandomCheckpoint(load.dir, { config: await realConfig(1) });
  }
  rows.push(...(await benchLoad(python, load)));
}
if (values.json) console.log(JSON.stringify(makeReport(rows)));
