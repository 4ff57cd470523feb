/** Rows for the history: one at a time for tests, a hundred thousand for benches and the gallery. */
import { createHash, randomUUID } from 'node:crypto';
import type { StoredAsset } from '../../main/history/assetRows.ts';
import { closeDatabase, openDatabase } from '../../main/history/open.ts';
import { seqAt } from '../../main/history/generations.ts';
import type { NewGeneration } from '../../main/history/rowTypes.ts';
import type { Db } from '../../main/history/connection.ts';
import { seeded } from './random.ts';

export function hashOf(text: string | number): string {
  return createHash('sha256').update(String(text)).digest('hex');
}

export function storedAsset(hash: string, change: Partial<StoredAsset> = {}): StoredAsset {
  return { hash, extension: 'png', mime: 'image/png', bytes: 1000, width: 64, height: 64, ...change };
}

export function newGeneration(hash: string, change: Partial<NewGeneration> = {}): NewGeneration {
  return {
    id: randomUUID(), hash, width: 64, height: 64, task: 'textToImage', seed: 1, batchId: null, projectId: null, createdAt: 1_700_000_000_000, mime: 'image/png', bytes: 1000,
    prompt: 'a red cube', request: null, modelId: 'toybox', modelName: 'Toybox', reproduce: null, steps: 20, timingsMs: {}, jobId: null, label: '', fileName: null, parents: [], ...change,
  };
}

export const colours = ['red', 'blue', 'green', 'yellow', 'violet', 'orange', 'white', 'black', 'silver', 'golden'];
export const things = [
  'cube', 'ball', 'lighthouse', 'cat', 'dog', 'tower', 'bridge', 'teapot', 'bicycle', 'forest', 'mountain', 'river', 'apple', 'chair', 'window', 'umbrella', 'guitar', 'balloon', 'castle',
  'owl', 'fox', 'sailboat', 'lantern', 'clock', 'book', 'piano', 'rocket', 'robot', 'garden', 'island', 'volcano', 'desert', 'waterfall', 'village', 'train', 'kite', 'violin', 'mirror', 'candle', 'feather',
];
export const styles = ['watercolour', 'oil painting', 'pencil sketch', 'photograph', 'pixel art', 'engraving', 'low poly', 'isometric', 'paper cut', 'mosaic'];
export const places = ['on a table', 'in the snow', 'at night', 'under water', 'by the sea', 'in the fog', 'on the moon', 'at sunrise', 'in a museum', 'behind glass'];
export const tagNames = ['favourite', 'print', 'draft', 'holiday', 'client', 'reference', 'texture', 'portrait', 'landscape', 'experiment'];
const tasks = ['textToImage', 'textToImage', 'textToImage', 'edit', 'edit', 'inpaint', 'outpaint', 'control'] as const;

export interface FillOptions {
  readonly rows: number;
  readonly seed?: number;
  /** Pictures that the rows share; default: a thousand that are only rows. */
  readonly assets?: readonly StoredAsset[];
  /** Of the newest row. */
  readonly until?: number;
}

/** Fills the history of a data folder with rows as years of use leave them: bursts of work, many tasks, some starred, tagged, trashed; every edit has a parent. */
export function fillHistory(dir: string, options: FillOptions): void {
  const { db } = openDatabase(dir);
  try {
    db.transaction(() => fill(db, options))();
  } finally {
    closeDatabase(dir, db);
  }
}

function fill(db: Db, { rows, seed = 1, until = Date.UTC(2026, 10, 1), assets = Array.from({ length: 1000 }, (_, i) => storedAsset(hashOf(i))) }: FillOptions): void {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const asset = db.prepare('INSERT OR IGNORE INTO assets (hash, extension, mime, bytes, width, height, created_at, touched_at) VALUES (?, ?, ?, ?, ?, ?, 0, 0)');
  for (const { hash, extension, mime, bytes, width, height } of assets) asset.run(hash, extension, mime, bytes, width, height);
  for (const [i, name] of tagNames.entries()) db.prepare('INSERT INTO tags (id, name) VALUES (?, ?)').run(i + 1, name);
  const insert = db.prepare(`INSERT INTO generations (seq, id, task, hash, width, height, prompt, seed, request, model_id, model_name, reproduce, steps, timings, label, file_name, starred, note, trashed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'toybox', ?, NULL, 24, '{"denoise":1200}', '', ?, ?, ?, ?)`);
  const input = db.prepare("INSERT INTO generation_inputs (generation_seq, position, role, hash) VALUES (?, 0, 'source', ?)");
  const tag = db.prepare('INSERT INTO generation_tags (tag_id, generation_seq) VALUES (?, ?)');
  // About three years, most of it in bursts of a picture every few seconds.
  const gaps = Array.from({ length: rows }, () => (random() < 0.01 ? random() * 2 * 86_400_000 * (100_000 / rows) : 5_000 + random() * 20_000));
  let at = Math.round(until - gaps.reduce((sum, gap) => sum + gap, 0));
  for (let i = 0; i < rows; i++) {
    at += Math.ceil(gaps[i] as number);
    const seq = seqAt(at);
    const task = random() < 0.03 ? 'import' : pick(tasks);
    const prompt = task === 'import' ? '' : `a ${pick(colours)} ${pick(things)} beside a ${pick(colours)} ${pick(things)} ${pick(places)}, ${pick(styles)}`;
    const { hash, width, height } = assets[i % assets.length] as StoredAsset;
    const request = task === 'textToImage' ? JSON.stringify({ kind: task, prompt, seed: i, steps: 24, width, height }) : null;
    insert.run(
      seq, uuidOf(i), task, hash, width, height, prompt, i, request, random() < 0.9 ? 'Toybox' : 'Ovis-U1-3B', task === 'import' ? `IMG_${i}.jpg` : null,
      random() < 0.02 ? 1 : 0, random() < 0.01 ? `note number ${i}` : '', random() < 0.01 ? at : null,
    );
    if (task !== 'import' && task !== 'textToImage') input.run(seq, (assets[Math.max(0, i - 1 - Math.floor(random() * 20)) % assets.length] as StoredAsset).hash);
    if (random() < 0.1) tag.run(1 + Math.floor(random() * tagNames.length), seq);
  }
}

/** The id of the n-th row of `fillHistory`. */
export function uuidOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}
