import { execFileSync } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { embedPicture } from '../../native/pipelines/conditioning.ts';
import { branchVelocity, makeBranch } from '../../native/pipelines/decoder.ts';
import { Sequence } from '../../native/pipelines/languageModel.ts';
import { closePipeline, openPipeline } from '../../native/pipelines/open.ts';
import type { PipelineContext } from '../../native/pipelines/context.ts';
import { f32Tensor, type HostTensor } from '../../native/onnx/session.ts';
import type { Precision } from '../../native/types.ts';
import { toFloat32 } from '../../native/weights/dtype.ts';
import { readSafetensorsHeader } from '../../native/weights/safetensors.ts';
import { readTensor } from '../../native/weights/weights.ts';
import { realConfig, writeRandomCheckpoint } from '../helpers/randomCheckpoint.ts';
import { writeRawSafetensors } from '../helpers/rawSafetensors.ts';
import { benchOptions, JSON_REPORT } from './support/options.ts';
import { makeReport, plainRow, type BenchRow } from './support/report.ts';
import { findTorch } from './support/torch.ts';

/**
 * One layer of each network at the published dimensions against PyTorch's with the same random weights and inputs:
 * `npm run bench -- layers [--dir DIR] [--precision P] [--document FILE] [--json]`. Needs a Python with torch. The relative error is the root mean
 * square of the difference over that of the value; every network gets PyTorch's inputs, so no error is handed on.
 */

const values = benchOptions('npm run bench -- layers', 'The error of each network at real dimensions and each precision, against PyTorch.', {
  dir: { type: 'string', value: 'DIR', about: 'a checkpoint; without it one of random weights is made' }, precision: { type: 'string', value: 'NAME', multiple: true, about: 'precisions' },
  document: { type: 'string', value: 'FILE', about: 'write the tables there' }, json: JSON_REPORT,
});
const python = findTorch();
if (!python) {
  console.error('this bench compares with PyTorch: install python3 with torch and numpy');
  process.exit(1);
}
const dir = values.dir ?? path.join(tmpdir(), 'ovis-studio-bench-one-layer');
if (!(await access(path.join(dir, 'config.json')).then(() => true, () => false))) {
  console.error(`writing a random checkpoint of the real dimensions, one layer deep, to ${dir} …`);
  await writeRandomCheckpoint(dir, { config: await realConfig(1) });
}

/** Normal numbers, the same each time. Source: Box–Muller over a 32-bit congruential stream. */
function normal(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  const uniform = (): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 2 ** 32;
  return Float32Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

const ctx0 = await openPipeline(dir, { provider: 'cpu', precision: 'fp32', threads: 2, attention: 'fused' });
const { vision, llm, yak, vae } = ctx0.checkpoint.config;
await closePipeline(ctx0);
const [GRID, ROWS, SIDE, LATENT] = [32, 96, 16, 24];
const shapes: Readonly<Record<string, readonly number[]>> = {
  pixel_values: [GRID * GRID, vision.numChannels * vision.patchSize ** 2], embeds: [ROWS, llm.hiddenSize], txt: [ROWS, yak.contextInDim], features: [ROWS, yak.hiddenSize],
  cls: [1, yak.hiddenSize], tokens: [SIDE * SIDE, yak.inChannels], t: [1], pixels: [3, 8 * LATENT, 8 * LATENT], latents: [vae.latentChannels, LATENT, LATENT],
};
const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, { shape, data: name === 't' ? Float32Array.of(0.6) : normal(shape.reduce((a, b) => a * b, 1), i + 1) }]));
const of = (name: string): Float32Array => (inputs[name] as { data: Float32Array }).data;

function writeInputs(): void {
  let at = 0;
  const header = Object.fromEntries(Object.entries(inputs).map(([name, { shape, data }]) => {
    const begin = at;
    at += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, at] }];
  }));
  writeRawSafetensors(given, header, Buffer.concat(Object.values(inputs).map(({ data }) => Buffer.from(data.buffer))));
}

const work = await mkdtemp(path.join(tmpdir(), 'ovis-layers-'));
const [given, made] = [path.join(work, 'inputs.safetensors'), path.join(work, 'outputs.safetensors')];
writeInputs();
console.error('PyTorch …');
execFileSync(python, ['-m', 'training.layers', dir, given, made], { cwd: path.resolve(import.meta.dirname, '../..'), stdio: ['ignore', 'ignore', 'inherit'] });
const { tensors } = await readSafetensorsHeader(made);

/** What the engine makes of the same inputs, by PyTorch's names. */
async function ours(ctx: PipelineContext): Promise<Record<string, Float32Array>> {
  const out: Record<string, Float32Array> = {};
  const keep = (outputs: Readonly<Record<string, HostTensor>>, names: Readonly<Record<string, string>>): void => {
    for (const [own, theirs] of Object.entries(names)) out[theirs] = (outputs[own] as HostTensor).data as Float32Array;
  };
  const watched: PipelineContext = { ...ctx, observe: (name, data) => void (name.endsWith('vit.last') && (out.encoder = Float32Array.from(data as Float32Array))) };
  out.embeds = (await embedPicture(watched, { pixelValues: of('pixel_values'), gridH: GRID, gridW: GRID }, 'layers')).embeds;
  await ctx.networks.release();
  const hidden = await new Sequence(ctx, ROWS).append(of('embeds'));
  keep(hidden, { hidden_last: 'hidden_last', hidden_second_last: 'hidden_second_last' });
  // PyTorch's own hidden state: the head is measured, not what came before it.
  const last = await theirs('hidden_last');
  keep(await ctx.networks.run('lmHead', { hidden: f32Tensor(last.slice(-llm.hiddenSize), [1, llm.hiddenSize]) }), { logits: 'logits' });
  keep(await ctx.networks.run('refiner', { txt: f32Tensor(of('txt'), [ROWS, yak.contextInDim]) }), { txt_features: 'txt_features' });
  await ctx.networks.release();
  const vector = await vectorOf(ctx);
  const branch = makeBranch(ctx, { textFeatures: of('features'), vector, count: ROWS }, { rows: SIDE, columns: SIDE }, []);
  keep(await branchVelocity(ctx, branch, of('tokens'), of('t')[0] as number), { velocity: 'velocity', 'double.0.img': 'double.0.img', 'double.0.txt': 'double.0.txt', 'single.0': 'single.0' });
  await ctx.networks.release();
  keep(await ctx.networks.run('vaeEncoder', { pixels: f32Tensor(of('pixels'), [1, 3, 8 * LATENT, 8 * LATENT]) }), { mean: 'mean' });
  keep(await ctx.networks.run('vaeDecoder', { latents: f32Tensor(of('latents'), [1, vae.latentChannels, LATENT, LATENT]) }), { pixels: 'pixels' });
  return out;
}

async function theirs(name: string): Promise<Float32Array> {
  const entry = tensors.get(name);
  if (!entry) throw new Error(`PyTorch gave no ${name}`);
  return toFloat32(await readTensor(entry), 'F32');
}

/** The class token's embedding, in double precision: the refiner makes it from its own token, which is not the one given here. */
async function vectorOf(ctx: PipelineContext): Promise<Float32Array> {
  const d = yak.hiddenSize;
  const layer = async (name: string, x: Float64Array): Promise<Float64Array> => {
    const at = `visual_generator.backbone.vector_in.${name}`;
    const [w, b] = [await ctx.checkpoint.readF32(`${at}.weight`), await ctx.checkpoint.readF32(`${at}.bias`)];
    return Float64Array.from({ length: d }, (_, row) => x.reduce((sum, value, i) => sum + value * (w[row * x.length + i] as number), b[row] as number));
  };
  const inner = await layer('in_layer', Float64Array.from(of('cls')));
  return Float32Array.from(await layer('out_layer', inner.map((value) => value / (1 + Math.exp(-value)))));
}

function errorOf(actual: Float32Array, expected: Float32Array): { readonly relative: number; readonly largest: number } {
  let [difference, power, largest, top] = [0, 0, 0, 0];
  expected.forEach((value, i) => {
    const off = Math.abs(value - (actual[i] as number));
    difference += off ** 2;
    power += value ** 2;
    largest = Math.max(largest, off);
    top = Math.max(top, Math.abs(value));
  });
  return { relative: Math.sqrt(difference / power), largest: largest / top };
}

const names: Readonly<Record<string, string>> = {
  encoder: 'vision encoder, 1 block, 1,024 patches', embeds: 'visual tokenizer: encoder, head of 65,532 words, mean vector', hidden_last: 'language model, 1 layer, 96 rows', logits: 'its head, 151,936 words',
  txt_features: 'refiner, 2 blocks', 'double.0.img': 'visual decoder: double block, image', 'double.0.txt': 'visual decoder: double block, text',
  'single.0': 'visual decoder: single block after it', velocity: 'visual decoder: velocity', mean: 'VAE encoder, 192²', pixels: 'VAE decoder, 192²',
};
const rows: BenchRow[] = [];
const table = new Map<string, Record<string, { readonly relative: number; readonly largest: number }>>();
const precisions = (values.precision ?? ['fp32', 'fp16', 'int8', 'q4']) as Precision[];
for (const precision of precisions) {
  console.error(`${precision} …`);
  const ctx = await openPipeline(dir, { provider: 'cpu', precision, threads: 2, attention: 'fused' }, {
    taps: new Set(['vit.last', 'double.0.img', 'double.0.txt', 'single.0']), ...(precision === 'fp32' ? {} : { packedDir: path.join(work, 'packed') }),
  });
  const found = await ours(ctx);
  await closePipeline(ctx);
  for (const name of Object.keys(names)) {
    const error = errorOf(found[name] as Float32Array, await theirs(name));
    table.set(name, { ...table.get(name), [precision]: error });
    rows.push(plainRow(`${precision} ${name}: relative error`, error.relative, '', 1));
    console.error(`  ${names[name]}: ${error.relative.toExponential(1)}, largest ${error.largest.toExponential(1)}`);
  }
}
await rm(work, { recursive: true, force: true });

const cell = (error: { readonly relative: number; readonly largest: number } | undefined): string => (error ? `${error.relative.toExponential(1)} (${error.largest.toExponential(1)})` : '');
const lines = [
  `| network | ${precisions.join(' | ')} |`, `|---|${precisions.map(() => '---').join('|')}|`,
  ...[...table].map(([name, errors]) => `| ${names[name] ?? name} | ${precisions.map((precision) => cell(errors[precision])).join(' | ')} |`),
];
if (values.document) await writeFile(values.document, `${lines.join('\n')}\n`);
else if (!values.json) console.log(lines.join('\n'));
if (values.json) console.log(JSON.stringify(makeReport(rows)));
