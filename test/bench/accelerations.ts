import path from 'node:path';
import { createEngine } from '../../native/index.ts';
import { deltaE2000, rgbToLab } from '../../native/image/lab.ts';
import type { Engine, GenerateRequest, RgbImage } from '../../native/types.ts';
import { benchOptions, JSON_REPORT } from './support/options.ts';
import { makeReport, median, plainRow, printRow, type BenchRow } from './support/report.ts';

/**
 * What each way to do less work costs and gains, on a model with trained weights: `npm run bench -- accelerations [--dir DIR] [--seeds N] [--json]`.
 * The same prompts and seeds with and without it: PSNR and the mean CIEDE2000 against the full run, and the full run's denoising time over its own.
 */

const values = benchOptions('npm run bench -- accelerations', 'What each way to take less time gains, and how far its pictures move.', {
  dir: { type: 'string', value: 'DIR', default: path.resolve('resources/models/toybox'), about: 'the model' },
  seeds: { type: 'string', value: 'N', default: '2', about: 'pictures of each prompt' },
  only: { type: 'string', value: 'WORDS', about: 'ways whose name has these words' }, json: JSON_REPORT,
});

type Way = Pick<GenerateRequest, 'steps' | 'guidanceRange' | 'stepCache'>;
/** A step cache of 0.1 and 0.2 and guidance to 80 % are what the page offers. */
function waysFor(steps: number): readonly (readonly [name: string, way: Way])[] {
  const ways: readonly (readonly [name: string, way: Way])[] = [
    ['guidance from 0 to 80 % of the steps', { guidanceRange: { start: 0, end: 0.8 } }],
    ['guidance from 0 to 60 % of the steps', { guidanceRange: { start: 0, end: 0.6 } }],
    ['guidance from 10 to 80 % of the steps', { guidanceRange: { start: 0.1, end: 0.8 } }],
    ['step cache 0.05', { stepCache: 0.05 }],
    ['step cache 0.1', { stepCache: 0.1 }],
    ['step cache 0.2', { stepCache: 0.2 }],
    ['guidance from 0 to 80 %, step cache 0.1', { guidanceRange: { start: 0, end: 0.8 }, stepCache: 0.1 }],
    [`half the steps (${Math.round(steps / 2)})`, { steps: Math.round(steps / 2) }],
    [`a third of the steps (${Math.round(steps / 3)})`, { steps: Math.round(steps / 3) }],
  ];
  return ways.filter(([name]) => values.only === undefined || name.includes(values.only));
}

const prompts = ['a red cube', 'a blue sphere left of a yellow cone', 'three green cylinders', 'a purple ring behind an orange cube, at night', 'a white sphere on a black floor', 'a small red cone and a large blue cube'];
const changes = ['make it night', 'make the floor blue', 'remove the cube', 'make everything green', 'add a yellow sphere', 'make it a line drawing'];

function psnr(a: RgbImage, b: RgbImage): number {
  const mse = a.data.reduce((sum, value, i) => sum + (value - b.data[i]!) ** 2, 0) / a.data.length;
  return mse === 0 ? Infinity : 10 * Math.log10(255 ** 2 / mse);
}

function deltaE(a: RgbImage, b: RgbImage): number {
  let sum = 0;
  const lab = ({ data }: RgbImage, at: number): ReturnType<typeof rgbToLab> => rgbToLab(data[at]!, data[at + 1]!, data[at + 2]!);
  for (let at = 0; at < a.data.length; at += 3) sum += deltaE2000(lab(a, at), lab(b, at));
  return sum / (a.data.length / 3);
}

interface Made {
  readonly image: RgbImage;
  readonly ms: number;
}

async function draw(engine: Engine, request: GenerateRequest): Promise<Made> {
  const { image, timingsMs } = await engine.generate(request);
  return { image, ms: timingsMs.denoise ?? 0 };
}

const engine = await createEngine(values.dir, { threads: 2 });
const { steps } = engine.info.defaults;
const rows: BenchRow[] = [];
const add = (row: BenchRow): void => {
  rows.push(row);
  printRow(row);
};
/** Every request in full first: what the others are held against. */
const full: { readonly request: GenerateRequest; readonly made: Made }[] = [];
for (let seed = 1; seed <= Number(values.seeds); seed++) {
  for (const [i, prompt] of prompts.entries()) {
    const drawing: GenerateRequest = { kind: 'textToImage', prompt, seed };
    const made = await draw(engine, drawing);
    full.push({ request: drawing, made });
    const change: GenerateRequest = { kind: 'edit', image: made.image, prompt: changes[i]!, sizing: 'exact', seed };
    full.push({ request: change, made: await draw(engine, change) });
  }
}
for (const [name, way] of waysFor(steps)) {
  for (const kind of ['textToImage', 'edit'] as const) {
    const [ratios, psnrs, differences]: [number[], number[], number[]] = [[], [], []];
    for (const { request, made } of full) {
      if (request.kind !== kind) continue;
      const quick = await draw(engine, { ...request, ...way });
      // Timed again beside it: the machine may have other things to do.
      const again = await draw(engine, request);
      ratios.push(again.ms / quick.ms);
      psnrs.push(psnr(quick.image, made.image));
      differences.push(deltaE(quick.image, made.image));
    }
    add({ ...plainRow(`${name}, ${kind}: PSNR against all ${steps} steps`, median(psnrs), 'dB', psnrs.length), ci: [Math.min(...psnrs), Math.max(...psnrs)] });
    add(plainRow(`${name}, ${kind}: mean CIEDE2000`, median(differences), '', differences.length));
    add(plainRow(`${name}, ${kind}: denoising, times as fast`, median(ratios), '×', ratios.length));
  }
}
await engine.dispose();
if (values.json) console.log(JSON.stringify(makeReport(rows)));
