import { access } from 'node:fs/promises';
import path from 'node:path';
import { createEngine } from '../../native/index.ts';
import type { Precision, RgbImage } from '../../native/types.ts';
import { openCheckpoint } from '../../native/weights/checkpoint.ts';
import { realConfig, writeRandomCheckpoint } from '../helpers/randomCheckpoint.ts';
import { benchOptions, JSON_REPORT } from './support/options.ts';
import { gigabytes, readMemory } from './support/memory.ts';

/**
 * The real dimensions on this machine's CPU: `npm run bench -- fullsize --dir DIR [--precision fp32|int8] [--json]`.
 * Writes a random checkpoint with exactly the published inventory (7.3 GB, outside the repository) unless DIR holds one,
 * then opens it and runs one text→image step at 1024², one edit step at 512² and a 16-token answer.
 */

interface Row {
  readonly name: string;
  readonly seconds: number;
  readonly privateBytes: number;
  readonly timingsMs: Readonly<Record<string, number>>;
}

function gradient(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set([(255 * x) / width, (255 * y) / height, 128], 3 * (y * width + x));
  return { width, height, data };
}

async function prepare(dir: string): Promise<void> {
  const there = await access(path.join(dir, 'config.json')).then(() => true, () => false);
  if (there) return;
  console.error(`writing a random checkpoint of the published dimensions to ${dir} …`);
  const started = performance.now();
  const { bytes } = await writeRandomCheckpoint(dir, { config: await realConfig() });
  console.error(`${(bytes / 1e9).toFixed(2)} GB in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

const values = benchOptions('npm run bench -- fullsize --dir DIR', 'Memory and time of each stage, with random weights of the real dimensions.', {
  dir: { type: 'string', value: 'DIR', about: 'where that checkpoint is kept, or made' }, precision: { type: 'string', value: 'NAME', default: 'fp32', about: 'fp32 or int8' },
  threads: { type: 'string', value: 'N', default: '2', about: 'processor threads' }, json: JSON_REPORT,
});
if (!values.dir) {
  console.error('Where? --dir DIR names the folder of that checkpoint; --help explains the rest.');
  process.exit(2);
}
await prepare(values.dir);

const rows: Row[] = [];
async function measure(name: string, work: () => Promise<Readonly<Record<string, number>> | undefined>): Promise<void> {
  const started = performance.now();
  const timingsMs = (await work()) ?? {};
  const row = { name, seconds: (performance.now() - started) / 1000, privateBytes: readMemory()?.private ?? 0, timingsMs };
  rows.push(row);
  const stages = Object.entries(timingsMs).map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(2)} s`).join(', ');
  console.error(`${name}: ${row.seconds.toFixed(2)} s, private ${gigabytes(row.privateBytes)}${stages ? ` (${stages})` : ''}`);
}

const { dir, precision, threads } = values;
const idle = readMemory()?.private ?? 0;
await measure('open checkpoint', async () => {
  await openCheckpoint(dir);
  return undefined;
});
let opened!: Awaited<ReturnType<typeof createEngine>>;
await measure('open engine', async () => {
  opened = await createEngine(dir, { precision: precision as Precision, threads: Number(threads) });
  return undefined;
});
const openPrivate = (readMemory()?.private ?? 0) - idle;
await measure('text→image 1024², 1 step', async () => (await opened.generate({ kind: 'textToImage', prompt: 'a red cube on a wooden table', width: 1024, height: 1024, steps: 1 })).timingsMs);
await measure('edit 512², 1 step', async () => (await opened.generate({ kind: 'edit', image: gradient(512, 512), prompt: 'make it night', steps: 1 })).timingsMs);
await measure('answer, 16 tokens', async () => (await opened.understand({ prompt: 'What is in the picture?', images: [gradient(448, 448)], maxTokens: 16 })).timingsMs);
const peak = readMemory()?.peakResident ?? 0;
await opened.dispose();
const summary = { precision, threads: Number(threads), openSeconds: (rows[0] as Row).seconds + (rows[1] as Row).seconds, openPrivateBytes: openPrivate, peakResidentBytes: peak, rows };
console.error(`opening took ${summary.openSeconds.toFixed(2)} s and ${gigabytes(openPrivate)} of private memory; peak resident ${gigabytes(peak)} (mapped weight files included)`);
if (values.json) console.log(JSON.stringify(summary));
