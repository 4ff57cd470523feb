import { access, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EngineHost } from '../../main/engine/host.ts';
import { planMemory, type MemoryPlan } from '../../native/pipelines/memoryPlan.ts';
import type { GenerateRequest, Precision, RgbImage } from '../../native/types.ts';
import { openCheckpoint } from '../../native/weights/checkpoint.ts';
import { realConfig, writeRandomCheckpoint } from '../helpers/randomCheckpoint.ts';
import { benchOptions, JSON_REPORT } from './support/options.ts';
import { makeReport, printRow, type BenchRow } from './support/report.ts';
import { watchProcess } from './support/watchProcess.ts';

/**
 * What jobs take of memory against what the plan foretells, on the processor: `npm run bench -- memory [--only NAME] [--precision P] [--side N] [--dir DIR] [--json]`.
 * Private memory of the engine process (RssAnon), the most of a job in a fresh process; mapped weight files are left out, the
 * system takes them back. `ratio` is foretold over measured. `whole`: everything stays loaded; `phased`: one network at a time.
 */

const values = benchOptions('npm run bench -- memory', 'What jobs take of memory against what is foretold.', {
  only: { type: 'string', value: 'LOAD', about: 'one model' }, precision: { type: 'string', value: 'NAME', multiple: true, about: 'precisions' },
  side: { type: 'string', value: 'PIXELS', multiple: true, about: 'sides of the picture' }, dir: { type: 'string', value: 'DIR', about: 'another model' },
  tile: { type: 'string', value: 'PIXELS', about: 'decode in pieces of this side' }, way: { type: 'string', value: 'NAME', multiple: true, about: 'whole or phased' }, json: JSON_REPORT,
});

interface Load {
  readonly name: string;
  readonly dir: string;
  readonly sides: readonly number[];
}

const oneLayer = path.join(tmpdir(), 'ovis-studio-bench-one-layer');
const loads: readonly Load[] = values.dir ? [{ name: path.basename(values.dir), dir: values.dir, sides: [512] }] : [
  { name: 'toybox', dir: path.resolve('resources/models/toybox'), sides: [256, 512] },
  { name: 'golden', dir: path.resolve('test/fixtures/golden/dev_a'), sides: [256, 768] },
  { name: 'one layer of the real size', dir: oneLayer, sides: [256, 512] },
];

const MIB = 2 ** 20;
const picture = (side: number): RgbImage => ({ width: side, height: side, data: Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 31) % 256) });

async function tokenizerBytes(dir: string): Promise<number> {
  const sizes = await Promise.all(['tokenizer.json', 'vocab.json', 'merges.txt'].map((name) => stat(path.join(dir, name)).then(({ size }) => size, () => 0)));
  return sizes[0] || (sizes[1] as number) + (sizes[2] as number);
}

function rowOf(name: string, predicted: number, measured: number): BenchRow {
  return { name, value: measured / MIB, unit: 'MiB', baseline: predicted / MIB, ratio: predicted / measured, ci: null, n: 1, atLeast: 0.9, aim: null };
}

async function measure(load: Load, precision: Precision, request: GenerateRequest, memoryBytes: number, packedDir: string | null): Promise<{ readonly base: number; readonly peak: number }> {
  const host = new EngineHost();
  try {
    await host.load(load.dir, { threads: 2, precision, memoryBytes, ...(packedDir === null ? {} : { packedDir }) });
    const watch = watchProcess(host.status.pid as number);
    const base = watch.now();
    await host.generate(request);
    const peak = watch.peak();
    watch.stop();
    return { base, peak };
  } finally {
    await host.dispose();
  }
}

const there = (file: string): Promise<boolean> => access(file).then(() => true, () => false);
const rows: BenchRow[] = [];
const packedRoot = await mkdtemp(path.join(tmpdir(), 'ovis-studio-packed-'));
for (const load of loads) {
  if (values.only !== undefined && values.only !== load.name) continue;
  if (load.dir === oneLayer && !(await there(path.join(oneLayer, 'config.json')))) {
    console.error(`writing a random checkpoint of the real dimensions, one layer deep, to ${oneLayer} …`);
    await writeRandomCheckpoint(oneLayer, { config: await realConfig(1) });
  }
  const checkpoint = await openCheckpoint(load.dir);
  const words = await tokenizerBytes(load.dir);
  const tile = values.tile === undefined ? null : Number(values.tile);
  for (const precision of (values.precision ?? ['fp32', 'int8', 'q4']) as Precision[]) {
    // As in the studio: packed once, before.
    const packedDir = precision === 'fp32' ? null : path.join(packedRoot, load.name);
    const small: GenerateRequest = { kind: 'textToImage', prompt: 'a red cube', width: 64, height: 64, steps: 1 };
    if (packedDir !== null) await measure(load, precision, small, 2 ** 50, packedDir);
    for (const side of (values.side?.map(Number) ?? load.sides)) {
      const requests: readonly [string, GenerateRequest, readonly { width: number; height: number }[]][] = [
        ['text to image', { kind: 'textToImage', prompt: 'a red cube', width: side, height: side, steps: 2 }, []],
        ...(load.name === 'toybox' && side === 256 ? [['edit', { kind: 'edit', prompt: 'make it blue', image: picture(side), sizing: 'exact', steps: 2 }, [{ width: side, height: side }]] as [string, GenerateRequest, { width: number; height: number }[]]] : []),
      ];
      for (const [what, request, pictures] of requests) {
        const plan: MemoryPlan = planMemory(checkpoint, { precision, attention: 'fused', packed: packedDir !== null }, { size: { width: side, height: side }, pictures, words: 4, tile }, words);
        for (const way of (values.way ?? ['whole', 'phased']) as ('whole' | 'phased')[]) {
          const { base, peak } = await measure(load, precision, request, way === 'whole' ? 2 ** 50 : Math.ceil(plan.largest), packedDir);
          const row = rowOf(`${load.name} ${precision} ${what} ${side}² ${way}: peak`, plan[way], peak);
          rows.push(row);
          printRow(row);
          if (way === 'whole') console.error(`  process before the first network: ${(base / MIB).toFixed(0)} MiB, foretold ${(plan.base / MIB).toFixed(0)}; mapped in all ${(plan.networks.reduce((sum, { mapped }) => sum + mapped, 0) / MIB).toFixed(0)} MiB`);
        }
      }
    }
  }
}
await rm(packedRoot, { recursive: true, force: true });
const off = rows.filter(({ ratio }) => Math.abs((ratio ?? 0) - 1) > 0.1);
console.error(off.length === 0 ? `all ${rows.length} within 10 %` : `${off.length} of ${rows.length} further off than 10 %: ${off.map(({ name }) => name).join('; ')}`);
if (values.json) console.log(JSON.stringify(makeReport(rows)));
