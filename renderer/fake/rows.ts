import type { GalleryFilter } from '../../preload/contract/gallery.ts';
import type { Generation, LineageRole } from '../../preload/contract/project.ts';

/** A small generator of numbers that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 4294967296;
  };
}

export function fakeHash(random: () => number): string {
  return Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join('');
}

export function fakeId(random: () => number): string {
  const hex = fakeHash(random);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const colours = ['red', 'blue', 'yellow', 'green', 'white', 'orange', 'purple', 'grey'];
const shapes = ['sphere', 'cube', 'cylinder', 'cone', 'torus'];
const floors = ['slate', 'sand', 'snow', 'clay', 'sea-green', 'mint'];

function prompt(random: () => number): string {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? '';
  return `a ${pick(colours)} ${pick(shapes)} beside a ${pick(colours)} ${pick(shapes)} on a ${pick(floors)} floor`;
}

export function makeRow(random: () => number, createdAt: number, over: Partial<Generation> = {}): Generation {
  const words = over.prompt ?? prompt(random);
  const seed = Math.floor(random() * 2 ** 31);
  return {
    id: fakeId(random), hash: fakeHash(random), width: 256, height: 256, task: 'textToImage', title: words.slice(0, 80), seed, starred: random() < 0.05, batchId: null, projectId: null,
    createdAt, trashedAt: null, mime: 'image/png', bytes: 90_000, prompt: words, modelId: 'toybox', modelName: 'Toybox', steps: 25, timingsMs: { condition: 40, denoise: 2400, decode: 160 },
    request: { kind: 'textToImage', prompt: words, width: 256, height: 256, steps: 25, txtCfg: 5, seed },
    reproduce: { engineVersion: '0.1.0', provider: 'cpu', precision: 'fp32', threads: 2, attention: 'fused', modelHash: 'fake' },
    tags: random() < 0.1 ? ['study'] : [], note: '', jobId: null, label: `seed ${seed}`, fileName: null, parents: [], ...over,
  };
}

/** Turns a row into an edit of another one. */
export function makeEdit(random: () => number, createdAt: number, of: Generation, words: string, extra: readonly { readonly row: Generation; readonly role: LineageRole }[] = []): Generation {
  const row = makeRow(random, createdAt, { task: 'edit', prompt: words });
  return {
    ...row, request: { kind: 'edit', prompt: words, image: of.hash, steps: 25, txtCfg: 6, imgCfg: 1.5, seed: row.seed ?? 1 },
    parents: [{ hash: of.hash, role: 'source', generationId: of.id }, ...extra.map((one) => ({ hash: one.row.hash, role: one.role, generationId: one.row.id }))],
  };
}

/** Newest first: a few edits with a lineage, then as many plain pictures as wanted, over many days. */
export function makeHistory(size: number, now: number): Generation[] {
  const random = seeded(7);
  if (size === 0) return [];
  const minute = 60_000;
  const blocks = makeRow(random, now - 300 * minute, { task: 'import', prompt: '', title: 'harbour-blocks.png', fileName: 'harbour-blocks.png', request: null, seed: null, steps: null, modelName: null, modelId: null, reproduce: null });
  const green = makeRow(random, now - 290 * minute, { prompt: 'a green cylinder on a snow floor' });
  const slate = makeEdit(random, now - 260 * minute, blocks, 'make the floor slate');
  const marble = makeEdit(random, now - 250 * minute, blocks, 'put a small white sphere in front');
  const results = [1, 2, 3].map((n) => makeEdit(random, now - (240 - n) * minute, marble, 'turn the cone into a green cylinder, same height', n === 2 ? [{ row: green, role: 'reference' }] : []));
  const last = results[1] ?? marble;
  const dusk = makeEdit(random, now - 200 * minute, last, 'make it dusk');
  const orange = makeEdit(random, now - 190 * minute, last, 'turn the sphere orange');
  const rest = Array.from({ length: Math.max(0, size - 9) }, (_, index) => makeRow(random, now - 400 * minute - index * 11 * minute));
  return [orange, dusk, ...results.toReversed(), marble, slate, green, blocks, ...rest].sort((a, b) => b.createdAt - a.createdAt);
}

/** Whether a row passes a filter; every word has to begin a word of its texts. */
export function passes(row: Generation, filter: GalleryFilter): boolean {
  if ((row.trashedAt !== null) !== (filter.trashed ?? false)) return false;
  if (filter.starred && !row.starred) return false;
  if (filter.tasks && !filter.tasks.includes(row.task)) return false;
  if (filter.modelNames && !filter.modelNames.includes(row.modelName ?? '')) return false;
  if (filter.tags && !filter.tags.every((tag) => row.tags.includes(tag))) return false;
  if (filter.from !== undefined && row.createdAt < filter.from) return false;
  if (filter.to !== undefined && row.createdAt >= filter.to) return false;
  const words = (filter.text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return words.length === 0 || words.every((word) => [row.prompt, row.note, row.tags.join(' '), row.fileName ?? ''].join(' ').toLowerCase().split(/\W+/).some((one) => one.startsWith(word)));
}
