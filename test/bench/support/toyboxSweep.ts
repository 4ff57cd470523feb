import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodePng, renderSvg } from '../../../native/image/codec.ts';
import { labelSvg, labelWidth } from '../../../native/image/strokeText.ts';
import type { BenchRow } from './report.ts';
import { average, wilson } from './intervals.ts';
import type { Item } from './toyboxSet.ts';
import type { Outcome, WorkerTask } from './toyboxWorker.ts';

/** How edits fare under every pair of guidance scales: a heat map, and its best cell. */

const IMAGE_SCALES = [1, 1.5, 2, 3];
const TEXT_SCALES = [1, 2, 3, 4, 6, 8];
const QUICK = { image: [1, 1.5, 2], text: [2, 3, 5] };
/** Items of the sweep in each cell. */
const EACH = { quick: 3, full: 24 };

/** Edits that need both scales: what to change comes from the text, what to keep from the picture. */
export function sweepItems(items: readonly Item[], quick: boolean): WorkerTask[] {
  const chosen = items.filter(({ row }) => row === 'ImgEdit recolour').slice(0, quick ? EACH.quick : EACH.full);
  const [image, text] = quick ? [QUICK.image, QUICK.text] : [IMAGE_SCALES, TEXT_SCALES];
  return image.flatMap((imgCfg) => text.flatMap((txtCfg) => chosen.map((item): WorkerTask => ({
    key: `guidance ${imgCfg} ${txtCfg} ${item.id}`, item, draw: { seed: 1, imgCfg, txtCfg }, save: null,
  }))));
}

interface Cell {
  readonly imgCfg: number;
  readonly txtCfg: number;
  readonly share: number;
  readonly n: number;
}

function cellsOf(tasks: readonly WorkerTask[], outcomes: ReadonlyMap<string, Outcome>): Cell[] {
  const groups = new Map<string, { imgCfg: number; txtCfg: number; met: number[] }>();
  for (const { key, draw } of tasks) {
    const outcome = outcomes.get(key);
    if (!key.startsWith('guidance') || outcome === undefined) continue;
    const name = `${draw.imgCfg} ${draw.txtCfg}`;
    const group = groups.get(name) ?? { imgCfg: draw.imgCfg!, txtCfg: draw.txtCfg!, met: [] };
    group.met.push(outcome['met'] ?? 0);
    groups.set(name, group);
  }
  return [...groups.values()].map(({ imgCfg, txtCfg, met }) => ({ imgCfg, txtCfg, share: average(met), n: met.length }));
}

/** Writes `guidance.png` and gives the best cell's row; nothing when the sweep was left out. */
export async function sweepReport(tasks: readonly WorkerTask[], outcomes: ReadonlyMap<string, Outcome>, folder: string): Promise<BenchRow[]> {
  const cells = cellsOf(tasks, outcomes);
  if (cells.length === 0) return [];
  await writeFile(path.join(folder, 'guidance.png'), await encodePng(await renderSvg(heatMap(cells))));
  const best = cells.reduce((a, b) => (b.share > a.share ? b : a));
  return [{
    name: `guidance sweep, best of ${cells.length} cells: img ${best.imgCfg}, txt ${best.txtCfg}`, value: best.share, unit: 'share', baseline: null, ratio: null,
    ci: wilson(Math.round(best.share * best.n), best.n), n: best.n, atLeast: null, aim: null,
  }];
}

const SIDE = 64;
const MARGIN = 56;
const LABEL = 12;

/** Dark to bright with the share of successes; every cell says its number. */
function heatMap(cells: readonly Cell[]): string {
  const columns = [...new Set(cells.map(({ txtCfg }) => txtCfg))].sort((a, b) => a - b);
  const rows = [...new Set(cells.map(({ imgCfg }) => imgCfg))].sort((a, b) => a - b);
  const centred = (words: string, x: number, y: number): string => labelSvg(words, x, y - LABEL / 2, LABEL, 'middle');
  const squares = cells.map(({ imgCfg, txtCfg, share }) => {
    const [x, y] = [MARGIN + columns.indexOf(txtCfg) * SIDE, 2 * LABEL + MARGIN + rows.indexOf(imgCfg) * SIDE];
    // Never so dark that the black number cannot be read.
    const shade = Math.round(95 + 150 * share);
    const square = `<rect x="${x}" y="${y}" width="${SIDE - 2}" height="${SIDE - 2}" fill="rgb(${Math.round(shade * 0.75)},${shade},${Math.round(110 + shade * 0.4)})"/>`;
    return square + centred(share.toFixed(2), x + SIDE / 2, y + SIDE / 2);
  });
  const title = 'text scale across, image scale down';
  const width = Math.max(MARGIN + columns.length * SIDE, labelWidth(title, LABEL)) + 2 * LABEL;
  const height = 2 * LABEL + MARGIN + rows.length * SIDE + LABEL;
  const across = columns.map((value, i) => centred(String(value), MARGIN + i * SIDE + SIDE / 2, LABEL + MARGIN)).join('');
  const down = rows.map((value, i) => centred(String(value), MARGIN / 2, 2 * LABEL + MARGIN + i * SIDE + SIDE / 2)).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${labelSvg(title, LABEL, LABEL, LABEL)}${across}${down}${squares.join('')}</svg>`;
}
