import { EngineError } from '../../native/errors.ts';
import type { RuntimeChoice } from '../../native/pipelines/networks.ts';
import { readGoldenCase, type GoldenCase } from './case.ts';
import { compareTensor, type Comparison } from './compare.ts';
import { observeCase, productionImages, type Observed } from './runCase.ts';

/** The parity check: `npm run golden -- DIR…`, on any folder shaped like the golden cases. */

/** What is not compared, and why. Every other tensor of the file must be. */
const skipped: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^u\.vit\.post_trunk_norm_UNUSED$/, reason: 'the model never uses it, so the engine does not compute it' },
  { pattern: /^edit\.vae\.(sample|sample_noise)$/, reason: 'the engine takes the posterior mean; a sample is never drawn' },
  { pattern: /^edit\.ctx_tokens_from_sample$/, reason: 'made from the sample that the engine never draws' },
];

export interface CaseReport {
  readonly name: string;
  readonly compared: readonly Comparison[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** In the file, but neither observed nor in the skip table. */
  readonly unknown: readonly string[];
}

/** Compares every golden tensor with ours, then the final pictures on the production graphs. */
export function compareCase(golden: GoldenCase, observed: Observed): CaseReport {
  const compared: Comparison[] = [];
  const left: { name: string; reason: string }[] = [];
  const unknown: string[] = [];
  for (const [name, tensor] of golden.tensors) {
    const skip = skipped.find(({ pattern }) => pattern.test(name));
    const ours = observed.get(name);
    if (skip) left.push({ name, reason: skip.reason });
    else if (!ours) unknown.push(name);
    else compared.push(compareTensor(name, ours.data, ours.shape, tensor));
  }
  return { name: golden.name, compared, skipped: left, unknown };
}

const base: Pick<RuntimeChoice, 'provider' | 'precision' | 'threads'> = { provider: 'cpu', precision: 'fp32', threads: 2 };

/** Runs one folder: all stages, then both attention forms of the production graphs. */
export async function checkCase(dir: string): Promise<CaseReport> {
  const golden = await readGoldenCase(dir);
  const report = compareCase(golden, await observeCase(golden, { ...base, attention: 'decomposed' }));
  const compared = [...report.compared];
  for (const attention of ['fused', 'decomposed'] as const) {
    for (const [name, image] of Object.entries(await productionImages(golden, { ...base, attention }))) {
      const tensor = golden.tensors.get(name);
      if (tensor) compared.push(compareTensor(`${name} (production, ${attention})`, image.data, [image.height, image.width, 3], tensor));
    }
  }
  return { ...report, compared };
}

function print(report: CaseReport, verbose: boolean): boolean {
  const failed = report.compared.filter(({ ok }) => !ok);
  const worst = report.compared.reduce((a, b) => (b.ofLimit > a.ofLimit ? b : a));
  for (const { name, note, ok } of report.compared) if (!ok || verbose) console.log(`  ${ok ? 'ok  ' : 'FAIL'} ${name}: ${note}`);
  for (const { name, reason } of report.skipped) console.log(`  skip ${name}: ${reason}`);
  for (const name of report.unknown) console.log(`  FAIL ${name}: unknown tensor, neither compared nor in the skip table`);
  const total = report.compared.length + report.skipped.length + report.unknown.length;
  const passed = failed.length === 0 && report.unknown.length === 0;
  console.log(`${passed ? 'ok' : 'FAIL'} ${report.name}: ${report.compared.length - failed.length} of ${report.compared.length} compared agree, ${report.skipped.length} skipped, ${report.unknown.length} unknown, ${total} in all; closest to its limit: ${worst.name} at ${(100 * worst.ofLimit).toFixed(1)} %`);
  return passed;
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const dirs = args.filter((arg) => !arg.startsWith('--'));
  if (dirs.length === 0) {
    console.error('usage: npm run golden -- DIR… [--verbose]');
    process.exit(2);
  }
  let good = true;
  for (const dir of dirs) {
    try {
      good = print(await checkCase(dir), args.includes('--verbose')) && good;
    } catch (error) {
      console.log(`FAIL ${dir}: ${error instanceof EngineError ? `${error.code}: ${error.message}` : String((error as Error).stack)}`);
      good = false;
    }
  }
  process.exit(good ? 0 : 1);
}
