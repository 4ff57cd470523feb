import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { createEngine, testProvider } from '../../../native/index.ts';
import { branchVelocity, makeBranch } from '../../../native/pipelines/decoder.ts';
import { closePipeline, openPipeline } from '../../../native/pipelines/open.ts';
import type { Engine, Precision, ProviderName, RgbImage } from '../../../native/types.ts';
import { toFloat32 } from '../../../native/weights/dtype.ts';
import { readSafetensorsHeader } from '../../../native/weights/safetensors.ts';
import { readTensor } from '../../../native/weights/weights.ts';
import { realConfig, writeRandomCheckpoint } from '../../helpers/randomCheckpoint.ts';
import { writeRawSafetensors } from '../../helpers/rawSafetensors.ts';
import { makeReport, plainRow, printRow, type BenchRow } from '../support/report.ts';
import { findTorch } from '../support/torch.ts';

/**
 * The real model's inventory, with random weights made on the spot, on a card: `node test/bench/gpu/run.ts [--provider webgpu] [--precision fp16 --precision q4]
 * [--layers N] [--side 1024] [--steps 5] [--tokens 256] [--device cuda] [--limit-s 540] [--whole] [--json]`. Against the same model in PyTorch in the same run.
 * Fifty steps are extrapolated from a few after a warm-up, and called so; `--whole` runs them too if time remains. Parts that no time is left for are left out and named.
 */

const { values } = parseArgs({
  options: {
    dir: { type: 'string' }, provider: { type: 'string', default: 'webgpu' }, precision: { type: 'string', multiple: true }, layers: { type: 'string' }, side: { type: 'string', default: '1024' },
    steps: { type: 'string', default: '5' }, tokens: { type: 'string', default: '256' }, device: { type: 'string', default: 'cuda' }, 'limit-s': { type: 'string', default: '540' },
    'no-torch': { type: 'boolean', default: false }, whole: { type: 'boolean', default: false }, json: { type: 'boolean', default: false },
  },
});
const [side, steps, tokens, limitMs] = [Number(values.side), Number(values.steps), Number(values.tokens), 1000 * Number(values['limit-s'])];
const provider = values.provider as ProviderName;
const leftOut: string[] = [];
const rows: BenchRow[] = [];
const add = (row: BenchRow): void => {
  rows.push(row);
  printRow(row);
};
/** Leaves a part out once this share of the time is gone. */
async function part(name: string, work: () => Promise<void>, share = 1): Promise<void> {
  if (performance.now() > limitMs * share) return void leftOut.push(`${name} (no time left)`);
  try {
    await work();
  } catch (error) {
    leftOut.push(`${name} (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`);
    console.error(leftOut.at(-1));
  }
}

const work = await mkdtemp(path.join(tmpdir(), 'ovis-gpu-'));
const dir = values.dir ?? path.join(work, 'model');
if (!(await access(path.join(dir, 'config.json')).then(() => true, () => false))) {
  await writeRandomCheckpoint(dir, { config: await realConfig(values.layers === undefined ? undefined : Number(values.layers)) });
  add(plainRow('random weights written', performance.now() / 1000, 's', 1));
}

/** Of all processes, as the card's own tool tells; null without it. */
function cardBytes(): number | null {
  try {
    return Number(execFileSync('nvidia-smi', ['--query-gpu=memory.used', '--format=csv,noheader,nounits'], { encoding: 'utf8' }).split('\n')[0]) * 2 ** 20;
  } catch {
    return null;
  }
}

await part('self-test', async () => {
  const report = await testProvider(provider);
  for (const name of ['matrixProduct', 'fusedAttention', 'decomposedAttention', 'halfConvolution'] as const) {
    const error = report[name];
    if (error !== null) add(plainRow(`${provider} ${name}: error against the processor`, error, '', 1));
  }
  add(plainRow(`${provider} matrix product, data on the way`, report.gigaflops, 'GFLOP/s', 1));
});

/** The decoder's inputs of one step, and what PyTorch makes of them. */
const normal = (count: number, seed: number): Float32Array => {
  let state = seed >>> 0;
  const uniform = (): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 2 ** 32;
  return Float32Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
};
const probe = await openPipeline(dir, { provider: 'cpu', precision: 'fp32', threads: 1, attention: 'fused' });
const { yak } = probe.checkpoint.config;
await closePipeline(probe);
const [grid, text] = [Math.min(side, 512) / 16, 96];
const inputs = {
  tokens: { shape: [grid * grid, yak.inChannels], data: normal(grid * grid * yak.inChannels, 1) }, features: { shape: [text, yak.hiddenSize], data: normal(text * yak.hiddenSize, 2) },
  cls: { shape: [1, yak.hiddenSize], data: new Float32Array(yak.hiddenSize) }, t: { shape: [1], data: Float32Array.of(0.6) },
};
const [given, made] = [path.join(work, 'inputs.safetensors'), path.join(work, 'outputs.safetensors')];
let at = 0;
writeRawSafetensors(given, Object.fromEntries(Object.entries(inputs).map(([name, { shape, data }]) => [name, { dtype: 'F32', shape, data_offsets: [at, (at += data.byteLength)] }])),
  Buffer.concat(Object.values(inputs).map(({ data }) => Buffer.from(data.buffer))));

interface Baseline {
  readonly t2iStepSeconds: number;
  readonly editStepSeconds: number;
  readonly encodeSeconds: number;
  readonly decodeSeconds: number;
  readonly answerTokensPerSecond: number;
  readonly peakBytes?: number;
  readonly dtype: string;
}
let baseline: Baseline | undefined;
const python = values['no-torch'] ? null : findTorch();
if (!python) leftOut.push('PyTorch (no Python with torch)');
else {
  await part('PyTorch', async () => {
    const dtype = values.device === 'cuda' ? 'bfloat16' : 'float32';
    const args = ['-m', 'training.gpu_reference', dir, '--side', `${side}`, '--steps', `${steps}`, '--tokens', `${tokens}`, '--device', values.device, '--dtype', dtype, '--step', given, made];
    const { stdout } = await promisify(execFile)(python, args, { cwd: path.resolve(import.meta.dirname, '../../..'), maxBuffer: 1e8, timeout: Math.max(1000, Math.round(limitMs - performance.now())) });
    baseline = JSON.parse(stdout) as Baseline;
    console.error(`PyTorch: ${stdout.trim()}`);
  });
}

/** `seconds` beside PyTorch's, where both are there. */
function timeRow(name: string, seconds: number, theirs: number | undefined): BenchRow {
  return { ...plainRow(name, seconds, 's', 1), baseline: theirs ?? null, ratio: theirs === undefined ? null : theirs / seconds, atLeast: theirs === undefined ? null : 0.1, aim: 1 / 3 };
}

const gradient = (): RgbImage => {
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) data.set([(255 * x) / side, (255 * y) / side, 128], 3 * (y * side + x));
  return { width: side, height: side, data };
};

async function parity(precision: Precision): Promise<void> {
  const attention = (rows.find(({ name }) => name.includes('fusedAttention'))?.value ?? 1) <= 0.02 ? 'fused' : 'decomposed';
  const ctx = await openPipeline(dir, { provider, precision, threads: 2, attention }, { packedDir: path.join(work, 'packed') });
  const branch = makeBranch(ctx, { textFeatures: inputs.features.data, vector: await vectorOfZero(ctx.checkpoint), count: text }, { rows: grid, columns: grid }, []);
  const ours = (await branchVelocity(ctx, branch, inputs.tokens.data, 0.6)).velocity?.data as Float32Array;
  await closePipeline(ctx);
  const { tensors } = await readSafetensorsHeader(made);
  for (const [name, entry] of tensors) {
    const expected = toFloat32(await readTensor(entry), 'F32');
    let [difference, power] = [0, 0];
    expected.forEach((value, i) => {
      difference += (value - (ours[i] as number)) ** 2;
      power += value ** 2;
    });
    add(plainRow(`${provider} ${precision}: one step against PyTorch's ${name.replace('velocity.', '')}, relative error`, Math.sqrt(difference / power), '', 1));
  }
}

/** What the class token's embedding makes of zeros, as the given inputs say: its biases alone go through. */
async function vectorOfZero(checkpoint: { readF32(name: string): Promise<Float32Array> }): Promise<Float32Array> {
  const at = 'visual_generator.backbone.vector_in';
  const inner = (await checkpoint.readF32(`${at}.in_layer.bias`)).map((value) => value / (1 + Math.exp(-value)));
  const [w, b] = [await checkpoint.readF32(`${at}.out_layer.weight`), await checkpoint.readF32(`${at}.out_layer.bias`)];
  return b.map((bias, row) => inner.reduce((sum, value, i) => sum + value * (w[row * inner.length + i] as number), bias));
}

async function benchPrecision(precision: Precision): Promise<void> {
  const name = `${provider} ${precision} ${side}²`;
  let engine: Engine | undefined;
  await part(`${name}: open`, async () => {
    engine = await createEngine(dir, { provider, precision, packedDir: path.join(work, 'packed') });
  });
  if (!engine) return;
  const open = engine;
  const draw = async (kind: 'textToImage' | 'edit', count: number): Promise<Readonly<Record<string, number>>> => (await open.generate(kind === 'textToImage'
    ? { kind, prompt: 'a red cube on a wooden table', width: side, height: side, steps: count } : { kind, prompt: 'make it night', image: gradient(), sizing: 'exact', steps: count })).timingsMs;
  for (const [kind, theirs] of [['textToImage', baseline?.t2iStepSeconds], ['edit', baseline?.editStepSeconds]] as const) {
    await part(`${name} ${kind}`, async () => {
      await draw(kind, 1);
      const timings = await draw(kind, steps);
      const step = (timings.denoise ?? 0) / steps / 1000;
      add(timeRow(`${name} ${kind}: a step, all branches`, step, theirs));
      const rest = ((timings.condition ?? 0) + (timings.encode ?? 0) + (timings.decode ?? 0)) / 1000;
      add(timeRow(`${name} ${kind}: 50 steps, extrapolated from ${steps}`, 50 * step + rest, theirs === undefined || !baseline ? undefined : 50 * theirs + baseline.decodeSeconds));
      add(timeRow(`${name} ${kind}: decode`, (timings.decode ?? 0) / 1000, baseline?.decodeSeconds));
      const used = cardBytes();
      if (used !== null) add(plainRow(`${name} ${kind}: memory in use on the card`, used / 2 ** 30, 'GiB', 1));
    }, 0.9);
  }
  await part(`${name} answer`, async () => {
    const { tokens: said, timingsMs } = await open.understand({ prompt: 'What is in the picture?', images: [gradient()], maxTokens: tokens });
    const perSecond = said / (((timingsMs.understand ?? 0) - (timingsMs.firstToken ?? 0)) / 1000);
    add({ ...plainRow(`${name} answer of ${said} tokens`, perSecond, 'tokens/s', 1), baseline: baseline?.answerTokensPerSecond ?? null, ratio: baseline ? perSecond / baseline.answerTokensPerSecond : null });
  }, 0.9);
  if (values.whole) await part(`${name} whole 50 steps`, async () => add(plainRow(`${name} textToImage: 50 steps, run`, ((await draw('textToImage', 50)).denoise ?? 0) / 1000, 's', 1)), 0.5);
  await open.dispose();
}

for (const precision of (values.precision ?? ['fp16', 'q4']) as Precision[]) {
  if (baseline) await part(`${precision} parity of a step`, () => parity(precision));
  await benchPrecision(precision);
}
if (leftOut.length > 0) console.error(`left out: ${leftOut.join('; ')}`);
if (values.json) console.log(JSON.stringify({ ...makeReport(rows), leftOut }));
