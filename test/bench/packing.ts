import { access, mkdtemp, rm } from 'node:fs/promises';
import os, { tmpdir } from 'node:os';
import path from 'node:path';
import { packModel } from '../../native/index.ts';
import type { Precision } from '../../native/types.ts';
import { realConfig, writeRandomCheckpoint } from '../helpers/randomCheckpoint.ts';
import { benchOptions, JSON_REPORT } from './support/options.ts';
import { makeReport, printRow, type BenchRow } from './support/report.ts';

/**
 * How fast weights are packed: `npm run bench -- packing [--dir DIR] [--precision P] [--threads N] [--json]`. GB of stored weights read, packed and
 * written a second; the baseline is one thread in the same run. Cores: processor time over the time that passed.
 */

const values = benchOptions('npm run bench -- packing', 'How fast weights are packed for each precision, and with how many cores.', {
  dir: { type: 'string', value: 'DIR', about: 'a checkpoint; without it one of random weights is made' }, precision: { type: 'string', value: 'NAME', multiple: true, about: 'precisions' },
  threads: { type: 'string', value: 'N', about: 'cores; all without it' }, json: JSON_REPORT,
});
const dir = values.dir ?? path.join(tmpdir(), 'ovis-studio-bench-one-layer');
if (!(await access(path.join(dir, 'config.json')).then(() => true, () => false))) {
  console.error(`writing a random checkpoint of the real dimensions, one layer deep, to ${dir} …`);
  await writeRandomCheckpoint(dir, { config: await realConfig(1) });
}

interface Measured {
  readonly rate: number;
  readonly cores: number;
}

async function measure(precision: Precision, threads: number): Promise<Measured> {
  const packedDir = await mkdtemp(path.join(tmpdir(), 'ovis-packing-'));
  try {
    const before = process.cpuUsage();
    const { packedStoredBytes, milliseconds } = await packModel(dir, { precision, packedDir, threads });
    const { user, system } = process.cpuUsage(before);
    return { rate: packedStoredBytes / milliseconds / 1e6, cores: (user + system) / 1e3 / milliseconds };
  } finally {
    await rm(packedDir, { recursive: true, force: true });
  }
}

const threads = values.threads === undefined ? os.availableParallelism() : Number(values.threads);
const rows: BenchRow[] = [];
const row = (name: string, value: number, unit: string, baseline: number | null): void => {
  rows.push({ name, value, unit, baseline, ratio: baseline === null ? null : value / baseline, ci: null, n: 1, atLeast: null, aim: null });
  printRow(rows.at(-1)!);
};
for (const precision of (values.precision ?? ['fp16', 'int8', 'q4', 'q4b128']) as Precision[]) {
  const [one, many] = [await measure(precision, 1), await measure(precision, threads)];
  row(`packing for ${precision} with ${threads} threads, against one`, many.rate, 'GB/s', one.rate);
  row(`packing for ${precision}: cores at work of ${threads}`, many.cores, '', one.cores);
}
if (values.json) console.log(JSON.stringify(makeReport(rows)));
