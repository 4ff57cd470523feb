import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GalleryFilter, SearchInput } from '../../preload/contract/gallery.ts';
import { closeDatabase, openDatabase } from '../../main/history/open.ts';
import { openHistory } from '../../main/history/history.ts';
import { colours, fillHistory, places, styles, tagNames, things, uuidOf } from '../helpers/historyRows.ts';
import { seeded } from '../helpers/random.ts';
import { plainRow, quantile, type BenchRow } from './support/report.ts';

/** The gallery at a hundred thousand rows: search and pages as the page asks for them, worker thread included, against a scan with LIKE. */

const count = 100_000;
const pageRows = 100;
const searchLimitMs = 50;
const pageLimitMs = 5;

interface Times {
  readonly ms: number[];
}

async function timed(times: Times, work: () => unknown): Promise<void> {
  const started = performance.now();
  await work();
  times.ms.push(performance.now() - started);
}

/** What people type and choose, common and rare, by itself and together. */
function* filters(n: number): Generator<GalleryFilter> {
  const random = seeded(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const day = 86_400_000;
  const makers: (() => GalleryFilter)[] = [
    () => ({ text: pick(things) }),
    () => ({ text: pick(things).slice(0, 3) }),
    () => ({ text: `${pick(colours)} ${pick(things)}` }),
    () => ({ text: `${pick(colours)} ${pick(things)} ${pick(styles)}` }),
    () => ({ text: `"${pick(places)}" ${pick(things)}` }),
    () => ({ text: `a ${pick(things)} -${pick(colours)}` }),
    () => ({ text: `note ${Math.floor(random() * count)}` }),
    () => ({ text: pick(things), starred: true }),
    () => ({ text: pick(colours), tags: [pick(tagNames)] }),
    () => ({ text: pick(things), tasks: ['inpaint', 'outpaint'], modelNames: ['Ovis-U1-3B'] }),
    () => ({ text: pick(styles), trashed: true }),
    () => {
      const from = Date.UTC(2024, 6, 1) + random() * 700 * day;
      return { text: pick(colours), from: Math.round(from), to: Math.round(from + 30 * day) };
    },
  ];
  for (let i = 0; i < n; i++) yield (makers[i % makers.length] as () => GalleryFilter)();
}

/** Pages without words: scrolling, jumping to a date, and each of the side bar's filters. */
function* pages(n: number): Generator<SearchInput> {
  const random = seeded(9);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const makers: (() => SearchInput)[] = [
    () => ({}),
    () => ({ after: { createdAt: Date.UTC(2025, 0, 1), id: uuidOf(Math.floor(random() * count)) } }),
    () => ({ after: { createdAt: Math.round(Date.UTC(2025, 0, 1) + random() * 600 * 86_400_000) } }),
    () => ({ sort: 'oldest', after: { createdAt: 0, id: uuidOf(Math.floor(random() * count)) } }),
    () => ({ filter: { starred: true } }),
    () => ({ filter: { tags: [pick(tagNames)] } }),
    () => ({ filter: { tasks: [pick(['edit', 'inpaint', 'outpaint', 'control', 'import'] as const)] } }),
    () => ({ filter: { modelNames: ['Ovis-U1-3B'] } }),
    () => ({ filter: { from: Date.UTC(2025, 5, 1), to: Date.UTC(2025, 6, 1) } }),
    () => ({ filter: { trashed: true } }),
  ];
  for (let i = 0; i < n; i++) yield { limit: pageRows, ...(makers[i % makers.length] as () => SearchInput)() };
}

/** The same words by scanning every row: what a gallery without an index does. */
function scan(db: ReturnType<typeof openDatabase>['db'], text: string): void {
  const words = text.replaceAll('"', '').split(' ').filter((word) => !word.startsWith('-'));
  const where = words.map(() => "(prompt LIKE ? OR note LIKE ? OR coalesce(file_name, '') LIKE ?)").join(' AND ');
  db.prepare(`SELECT * FROM generations WHERE trashed_at IS NULL AND ${where} ORDER BY created_at DESC LIMIT ${pageRows}`).all(...words.flatMap((word) => Array<string>(3).fill(`%${word}%`)));
}

function timeRows(name: string, times: Times, limitMs: number, baseline: Times | null): BenchRow[] {
  const p95 = quantile(times.ms, 0.95);
  const within = times.ms.filter((ms) => ms <= limitMs).length / times.ms.length;
  const other = baseline && quantile(baseline.ms, 0.95);
  return [
    { name: `${name}, p95`, value: p95, unit: 'ms', baseline: other, ratio: other === null ? null : other / p95, ci: null, n: times.ms.length, atLeast: null, aim: null, atMost: limitMs },
    { name: `${name}, within ${limitMs} ms`, value: within, unit: 'share', baseline: null, ratio: null, ci: null, n: times.ms.length, atLeast: 0.95, aim: 1 },
  ];
}

/** Makes the rows, measures, removes them. */
export async function benchHistory(): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), 'ovis-bench-history-'));
  try {
    const filling = performance.now();
    fillHistory(dir, { rows: count });
    const filledMs = performance.now() - filling;
    const opening = performance.now();
    const history = await openHistory(dir);
    const openMs = performance.now() - opening;
    const [search, page, timeline, counts, lineage, scans]: Times[] = Array.from({ length: 6 }, () => ({ ms: [] })) as never;
    // Not measured: the first touch of each page of the file.
    for (const filter of filters(24)) await history.gallery.search({ filter, limit: pageRows });
    for (const filter of filters(600)) await timed(search as Times, () => history.gallery.search({ filter, limit: pageRows }));
    for (const input of pages(600)) await timed(page as Times, () => history.gallery.search(input));
    for (const filter of [{}, ...filters(36)]) await timed(timeline as Times, () => history.gallery.timeline({ filter }));
    for (let i = 0; i < 50; i++) await timed(lineage as Times, () => history.lineage.get({ id: uuidOf(i * 2000), limit: 500 }));
    for (let i = 0; i < 10; i++) {
      await history.gallery.star({ ids: [uuidOf(i)], starred: true });
      await timed(counts as Times, () => history.gallery.counts());
    }
    await history.close();
    const { db } = openDatabase(dir);
    for (const { text } of filters(120)) if (text !== undefined) await timed(scans as Times, () => scan(db, text));
    closeDatabase(dir, db);
    return [
      ...timeRows('search in 100,000 rows', search as Times, searchLimitMs, scans as Times),
      ...timeRows('page of 100,000 rows', page as Times, pageLimitMs, null),
      ...timeRows('days of 100,000 rows', timeline as Times, 200, null),
      plainRow('counts of 100,000 rows after a change, p95', quantile((counts as Times).ms, 0.95), 'ms', 10),
      plainRow('lineage among 100,000 rows, p95', quantile((lineage as Times).ms, 0.95), 'ms', 50),
      plainRow('opening 100,000 rows', openMs, 'ms', 1),
      plainRow('100,000 rows written', filledMs, 'ms', 1),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
