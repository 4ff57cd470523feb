import { execFileSync } from 'node:child_process';
import os from 'node:os';

/** The shape that every bench prints with `--json`. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same thing by the other implementation, in the same unit. */
  readonly baseline: number | null;
  /** Above 1 we are better. */
  readonly ratio: number | null;
  /** 95 % interval of the ratio (or of the value, where there is no baseline). */
  readonly ci: readonly [number, number] | null;
  readonly n: number;
  readonly atLeast: number | null;
  readonly aim: number | null;
  /** Where less is better: the most that the value may be. */
  readonly atMost?: number;
}

/** A figure by itself, with a limit where there is one. */
export function plainRow(name: string, value: number, unit: string, n: number, atMost?: number): BenchRow {
  return { name, value, unit, baseline: null, ratio: null, ci: null, n, atLeast: null, aim: null, ...(atMost !== undefined && { atMost }) };
}

/** The value below which that share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

export interface BenchReport {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly platform: string; readonly node: string };
  readonly commit: string;
  readonly rows: readonly BenchRow[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

const RESAMPLES = 2000;

/** 95 % bootstrap interval of median(baseline) / median(ours), with a fixed stream so that a report can be checked. */
export function ratioInterval(ours: readonly number[], baseline: readonly number[]): [number, number] {
  let state = 1;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const draw = (values: readonly number[]): number[] => values.map(() => values[Math.floor(uniform() * values.length)] as number);
  const ratios = Array.from({ length: RESAMPLES }, () => median(draw(baseline)) / median(draw(ours))).sort((a, b) => a - b);
  return [ratios[Math.floor(0.025 * RESAMPLES)] as number, ratios[Math.floor(0.975 * RESAMPLES)] as number];
}

/** A row of two lists of times: less is better, so the ratio is theirs over ours. */
export function timeRow(name: string, oursMs: readonly number[], baselineMs: readonly number[], limits: { readonly atLeast?: number; readonly aim?: number } = {}): BenchRow {
  const [value, baseline] = [median(oursMs), median(baselineMs)];
  return {
    name, value, unit: 'ms', baseline, ratio: baseline / value, ci: ratioInterval(oursMs, baselineMs),
    n: Math.min(oursMs.length, baselineMs.length), atLeast: limits.atLeast ?? null, aim: limits.aim ?? null,
  };
}

export function makeReport(rows: readonly BenchRow[]): BenchReport {
  let commit = 'unknown';
  try {
    commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', cwd: import.meta.dirname }).trim();
  } catch {
    // A copy without history still benches.
  }
  return {
    machine: { cpu: os.cpus()[0]?.model.trim() ?? 'unknown', cores: os.availableParallelism(), memoryGiB: Math.round(os.totalmem() / 2 ** 30), platform: `${os.platform()} ${os.arch()}`, node: process.version },
    commit, rows,
  };
}

/** One line a row, for people. */
export function printRow(row: BenchRow): void {
  const number = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
  const baseline = row.baseline === null ? '' : ` · baseline ${number(row.baseline)} ${row.unit}`;
  const ratio = row.ratio === null ? '' : ` · ${row.ratio.toFixed(2)}×`;
  const interval = row.ci === null ? '' : ` [${row.ci.map((bound) => bound.toFixed(2)).join(', ')}]`;
  const reached = row.ratio ?? row.value;
  const verdict = row.atLeast === null ? '' : ` · at least ${row.atLeast}${row.aim === null ? '' : `, aim ${row.aim}`}: ${reached >= row.atLeast ? 'reached' : 'NOT REACHED'}`;
  const limit = row.atMost === undefined ? '' : ` · at most ${row.atMost}: ${row.value <= row.atMost ? 'reached' : 'NOT REACHED'}`;
  console.error(`${row.name}: ${number(row.value)} ${row.unit}${baseline}${ratio}${interval} (n=${row.n})${verdict}${limit}`);
}
