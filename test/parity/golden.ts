import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { EngineError } from '../../native/errors.ts';
import { chooseAttention } from '../../native/onnx/providers.ts';
import type { RuntimeChoice } from '../../native/pipelines/networks.ts';
import type { ProviderName } from '../../native/types.ts';
import { softwareVulkan } from '../helpers/softwareVulkan.ts';
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
export function compareCase(golden: GoldenCase, observed: Observed, quick = false): CaseReport {
  const compared: Comparison[] = [];
  const left: { name: string; reason: string }[] = [];
  const unknown: string[] = [];
  for (const [name, tensor] of golden.tensors) {
    const skip = skipped.find(({ pattern }) => pattern.test(name));
    const ours = observed.get(name);
    if (skip) left.push({ name, reason: skip.reason });
    else if (!ours && quick) left.push({ name, reason: 'not part of a quick run' });
    else if (!ours) unknown.push(name);
    else compared.push(compareTensor(name, ours.data, ours.shape, tensor));
  }
  return { name: golden.name, compared, skipped: left, unknown };
}

/** Runs one folder: all stages, then the production graphs: both attention forms on the processor, elsewhere the one that the self-test finds right. `quick`: see observeCase; no pictures. */
export async function checkCase(dir: string, provider: ProviderName = 'cpu', quick = false): Promise<CaseReport> {
  const base: Pick<RuntimeChoice, 'provider' | 'precision' | 'threads'> = { provider, precision: 'fp32', threads: 2 };
  const golden = await readGoldenCase(dir);
  const report = compareCase(golden, await observeCase(golden, { ...base, attention: 'decomposed' }, quick), quick);
  if (quick) return report;
  const compared = [...report.compared];
  for (const attention of provider === 'cpu' ? (['fused', 'decomposed'] as const) : [await chooseAttention(provider)]) {
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
  for (const { name, reason } of report.skipped) if (verbose || !reason.startsWith('not part')) console.log(`  skip ${name}: ${reason}`);
  for (const name of report.unknown) console.log(`  FAIL ${name}: unknown tensor, neither compared nor in the skip table`);
  const total = report.compared.length + report.skipped.length + report.unknown.length;
  const passed = failed.length === 0 && report.unknown.length === 0;
  console.log(`${passed ? 'ok' : 'FAIL'} ${report.name}: ${report.compared.length - failed.length} of ${report.compared.length} compared agree, ${report.skipped.length} skipped, ${report.unknown.length} unknown, ${total} in all; closest to its limit: ${worst.name} at ${(100 * worst.ofLimit).toFixed(1)} %`);
  return passed;
}

/** The loader of graphics drivers reads its environment once: a process of its own has it from the start. */
function restartWithSoftwareVulkan(): void {
  const found = softwareVulkan();
  if ('missing' in found) {
    console.error(found.missing);
    process.exit(2);
  }
  if (process.env['VK_ICD_FILENAMES'] === found.env['VK_ICD_FILENAMES']) return;
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit', env: { ...process.env, ...found.env } });
  process.exit(status ?? 1);
}

if (import.meta.main) {
  const { values, positionals: dirs } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, verbose: { type: 'boolean', default: false }, provider: { type: 'string', default: 'cpu' }, 'software-vulkan': { type: 'boolean', default: false } },
  });
  const provider = (['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const).find((one) => one === values.provider);
  if (dirs.length === 0 || provider === undefined) {
    console.error('usage: npm run golden -- DIR… [--provider cpu|webgpu|cuda|dml|coreml] [--software-vulkan] [--quick] [--verbose]');
    process.exit(2);
  }
  if (values['software-vulkan']) restartWithSoftwareVulkan();
  let good = true;
  for (const dir of dirs) {
    try {
      good = print(await checkCase(dir, provider, values.quick), values.verbose) && good;
    } catch (error) {
      console.log(`FAIL ${dir}: ${error instanceof EngineError ? `${error.code}: ${error.message}` : String((error as Error).stack)}`);
      good = false;
    }
  }
  process.exit(good ? 0 : 1);
}
