import type { BenchRow } from './report.ts';
import { average, meanInterval, meanOfShares, wilson } from './intervals.ts';
import type { Outcome } from './toyboxWorker.ts';

/** The table of the built-in model: which row is measured how, and what it must reach. */

type Size = 'mini' | 'full';

interface Limits {
  readonly mini: number | null;
  readonly full: number | null;
  readonly aim: number | null;
}

interface RowSpec {
  /** Rows of the set that count, by the start of their names. */
  readonly of: string;
  /** The figure of an outcome: a share of successes for `met`, else a mean. */
  readonly figure: 'met' | 'f1' | 'correlation' | 'psnr';
  readonly unit: string;
  readonly limits: Limits;
}

const limits = (mini: number | null, full: number | null, aim: number | null): Limits => ({ mini, full, aim });
const geneval = limits(0.5, 0.75, 0.89);
const imgedit = limits(0.4, 0.7, 0.9);
const free = limits(null, 0.6, 0.85);
const none = limits(null, null, null);

/** One line of the report each; those ending in `*` gather all rows that begin so. */
export const rowSpecs: readonly RowSpec[] = [
  ...['single', 'two objects', 'counting', 'colours', 'position', 'binding'].map((name) => ({ of: `GenEval ${name}`, figure: 'met' as const, unit: 'share', limits: geneval })),
  { of: 'GenEval held-out pairs', figure: 'met', unit: 'share', limits: none },
  { of: 'GenEval held-out duos', figure: 'met', unit: 'share', limits: none },
  ...['add', 'remove', 'replace', 'recolour', 'move', 'background', 'style', 'hybrid'].map((name) => ({ of: `ImgEdit ${name}`, figure: 'met' as const, unit: 'share', limits: imgedit })),
  { of: 'free phrasing*', figure: 'met', unit: 'share', limits: free },
  { of: 'free phrasing prompts', figure: 'met', unit: 'share', limits: none },
  { of: 'free phrasing edits', figure: 'met', unit: 'share', limits: none },
  ...['colour', 'shape', 'count', 'size', 'material', 'existence', 'floor', 'time', 'relation', 'two pictures', 'description'].map((name) => ({ of: `question ${name}`, figure: 'met' as const, unit: 'share', limits: none })),
  { of: 'question held-out pairs', figure: 'met', unit: 'share', limits: none },
  { of: 'control canny', figure: 'f1', unit: 'F1', limits: limits(null, 0.7, 0.85) },
  { of: 'control depth', figure: 'correlation', unit: 'correlation', limits: limits(null, 0.9, 0.97) },
  { of: 'inpaint', figure: 'met', unit: 'share', limits: limits(null, 0.75, 0.9) },
  { of: 'outpaint', figure: 'met', unit: 'share', limits: limits(null, 0.75, 0.9) },
  { of: 'subject reference', figure: 'met', unit: 'share', limits: limits(null, 0.75, 0.9) },
  { of: 'VAE', figure: 'psnr', unit: 'dB', limits: limits(26, 30, 36) },
];

/** Means over rows: GenEval and ImgEdit as the papers give them, questions without what is held out. */
const overall: readonly { readonly name: string; readonly rows: RegExp; readonly limits: Limits }[] = [
  { name: 'GenEval overall', rows: /^GenEval (?!held-out)/, limits: geneval },
  { name: 'ImgEdit overall', rows: /^ImgEdit /, limits: imgedit },
  { name: 'questions overall', rows: /^question (?!held-out)/, limits: limits(0.75, 0.9, 0.98) },
];

export interface Result {
  readonly row: string;
  readonly outcome: Outcome;
}

function benchRow(name: string, unit: string, values: readonly number[], share: boolean, of: Limits, size: Size): BenchRow {
  const successes = values.reduce((sum, value) => sum + value, 0);
  return {
    name, unit, value: average(values), baseline: null, ratio: null, n: values.length,
    ci: share ? wilson(successes, values.length) : meanInterval(values), atLeast: of[size], aim: of.aim,
  };
}

/** The report's rows; a row without results is left out. */
export function tabulate(results: readonly Result[], size: Size): BenchRow[] {
  const rows: BenchRow[] = [];
  for (const { of, figure, unit, limits: bounds } of rowSpecs) {
    const chosen = results.filter(({ row }) => (of.endsWith('*') ? row.startsWith(of.slice(0, -1)) : row === of));
    const values = chosen.map(({ outcome }) => outcome[figure]).filter((value) => value !== undefined);
    if (values.length > 0) rows.push(benchRow(of.replace('*', ' overall'), unit, values, figure === 'met', bounds, size));
  }
  for (const { name, rows: pattern, limits: bounds } of overall) {
    const chosen = results.filter(({ row }) => pattern.test(row));
    const kinds = [...new Set(chosen.map(({ row }) => row))];
    if (kinds.length < 2) continue;
    // Every kind weighs the same, however many pictures it has: its interval is not that of all trials in one.
    const trials = kinds.map((kind) => chosen.filter(({ row }) => row === kind).map(({ outcome }) => outcome.met ?? 0));
    const value = average(trials.map(average));
    rows.push({ ...benchRow(name, 'share', trials.flat(), true, bounds, size), value, ci: meanOfShares(trials.map((met) => [met.reduce((sum, one) => sum + one, 0), met.length])) });
  }
  for (const kind of ['inpaint', 'outpaint']) {
    const seams = results.filter(({ row }) => row === kind).map(({ outcome }) => outcome.seam ?? 0).sort((a, b) => a - b);
    if (seams.length > 0) {
      rows.push({ ...benchRow(`${kind} seam, median`, 'ΔE2000', seams, false, none, size), value: seams[seams.length >> 1]!, ci: null, atMost: 3 });
    }
  }
  return rows;
}
