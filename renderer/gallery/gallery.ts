import { create } from 'zustand';
import type { Failure } from '../../preload/contract/errors.ts';
import type { GalleryCounts, GalleryFilter, SavedSearch } from '../../preload/contract/gallery.ts';
import type { GalleryItem } from '../../preload/contract/project.ts';
import { onEvent, onSnapshot } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { toProblem } from '../studio/problem.ts';
import { useSelection } from './selection.ts';
import { firstGap, makeSparse, pageStart } from './sparse.ts';
import type { Sparse } from './sparse.ts';

const pageSize = 300;
/** The first page fills a large screen; what lies beyond comes with the first look at it. */
const firstPageSize = 120;

interface Gallery {
  readonly filter: GalleryFilter;
  readonly sort: 'newest' | 'oldest';
  readonly result: Sparse;
  /** Grows whenever rows arrive: `result.items` is filled in place, a copy of a hundred thousand per page would be felt. */
  readonly revision: number;
  /** Grows with every new search: the grid goes back to its top. */
  readonly searchNumber: number;
  readonly tookMs: number;
  readonly loaded: boolean;
  readonly problem?: Failure | undefined;
  readonly counts?: GalleryCounts | undefined;
  readonly saved: readonly SavedSearch[];
  readonly tileSize: number;
}

export const useGallery = create<Gallery>(() => ({
  filter: {}, sort: 'newest', result: makeSparse({ total: 0, days: [], tookMs: 0 }, 'newest'), revision: 0, searchNumber: 0, tookMs: 0, loaded: false, saved: [], tileSize: 168,
}));

let running: AbortController | undefined;
let seen: readonly [number, number] = [0, 60];

/** Searches anew. `keepPlace` looks again at what is shown; otherwise the grid starts at its top. */
export async function search(change: { readonly filter?: GalleryFilter; readonly sort?: 'newest' | 'oldest' } = {}, keepPlace = false): Promise<void> {
  running?.abort();
  const mine = running = new AbortController();
  useGallery.setState({ ...change });
  const { filter, sort } = useGallery.getState();
  try {
    const began = performance.now();
    const [timeline, page] = await Promise.all([
      studio().gallery.timeline({ filter }, { signal: mine.signal }),
      studio().gallery.search({ filter, sort, limit: firstPageSize }, { signal: mine.signal }),
    ]);
    if (mine.signal.aborted) return;
    const result = makeSparse(timeline, sort);
    place(result, 0, page.items);
    // Until the fetch below, a place that is looked at again shows what stood there before.
    useGallery.setState((state) => ({
      result, revision: state.revision + 1, searchNumber: state.searchNumber + (keepPlace ? 0 : 1),
      tookMs: Math.min(Math.max(timeline.tookMs, page.tookMs), performance.now() - began), loaded: true, problem: undefined,
    }));
    if (!keepPlace) seen = [0, 60];
    else await want(...seen);
    const total = result.items.length;
    if (total <= page.items.length) useSelection.getState().keepOnly(new Set(page.items.map((item) => item.id)));
  } catch (thrown) {
    if (!mine.signal.aborted) useGallery.setState({ problem: toProblem(thrown), loaded: true });
  }
}

function place(result: Sparse, at: number, items: readonly GalleryItem[]): void {
  items.forEach((item, index) => { if (at + index < result.items.length) result.items[at + index] = item; });
}

let fetching: Promise<void> | undefined;

/** Fetches what is missing in [from, to); the newest wish replaces older ones that have not begun. */
export async function want(from: number, to: number): Promise<void> {
  seen = [from, to];
  fetching ??= fill().finally(() => { fetching = undefined; });
  await fetching;
}

async function fill(): Promise<void> {
  for (let guard = 0; guard < 400; guard++) {
    const { result, filter, sort } = useGallery.getState();
    const gap = firstGap(result, seen[0], seen[1]);
    if (gap === undefined) return;
    const { at, after } = pageStart(result, gap, sort);
    try {
      const page = await studio().gallery.search({ filter, sort, limit: pageSize, ...(after === undefined ? {} : { after }) });
      if (useGallery.getState().result !== result) continue;
      // A row that vanished meanwhile would make this loop for ever.
      if (page.items.length === 0) return;
      place(result, at, page.items);
      useGallery.setState((state) => ({ revision: state.revision + 1 }));
    } catch (thrown) {
      useGallery.setState({ problem: toProblem(thrown) });
      return;
    }
  }
}

export async function loadCounts(): Promise<void> {
  const [counts, saved] = await Promise.all([studio().gallery.counts(), studio().gallery.savedSearches()]);
  useGallery.setState({ counts, saved });
}

onSnapshot(async () => { await Promise.all([search(), loadCounts()]); });

let pending: ReturnType<typeof setTimeout> | undefined;

onEvent((event) => {
  if (event.type !== 'gallery') return;
  // A batch of forty finishes as forty events; one look is enough for all of them.
  clearTimeout(pending);
  pending = setTimeout(() => { void Promise.all([search({}, true), loadCounts()]).catch(() => undefined); }, 150);
});

export function itemById(id: string): GalleryItem | undefined {
  return useGallery.getState().result.items.find((item) => item?.id === id);
}

/** Changes tiles on screen at once; the studio confirms with an event. */
export function patchItems(ids: readonly string[], patch: Partial<GalleryItem>): void {
  const wanted = new Set(ids);
  const { result } = useGallery.getState();
  result.items.forEach((item, index) => { if (item !== undefined && wanted.has(item.id)) result.items[index] = { ...item, ...patch }; });
  useGallery.setState((state) => ({ revision: state.revision + 1 }));
}

/** Shows a filter that the person chose in the list at the left; the words typed stay. */
export function show(filter: GalleryFilter): void {
  const { text } = useGallery.getState().filter;
  void search({ filter: { ...(text === undefined ? {} : { text }), ...filter } });
}

let typed: string | undefined;
let following = false;

/** Searches by words as they are typed: at once, and one search after the other; of words typed meanwhile only the last are looked for. */
export function setText(text: string): void {
  typed = text;
  if (!following) void followTyping();
}

async function followTyping(): Promise<void> {
  following = true;
  while (typed !== undefined) {
    const text = typed;
    typed = undefined;
    const { text: before = '', ...rest } = useGallery.getState().filter;
    if (text !== before) await search({ filter: text === '' ? rest : { ...rest, text } });
  }
  following = false;
}

/** Sets or removes one part of the filter. */
export function refine<K extends keyof GalleryFilter>(key: K, value: GalleryFilter[K] | undefined): void {
  const { [key]: _before, ...rest } = useGallery.getState().filter;
  void search({ filter: value === undefined ? rest : { ...rest, [key]: value } });
}
