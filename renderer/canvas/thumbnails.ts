import { documentBounds } from '../document/bounds.ts';
import { transformRect } from '../document/matrix.ts';
import type { CanvasDocument, Layer, Rect } from '../document/records.ts';
import type { CanvasStore } from '../document/store.ts';
import { useThumbs } from '../panels/thumbs.ts';
import { onImage } from './images.ts';
import { compositor } from './pixels.ts';
import { carryOut, newCanvas, tileSize } from './tiles.ts';
import type { Tile } from './tiles.ts';
import { union } from './rect.ts';

/** Twice the size at which the panel shows them. */
const [width, height] = [80, 56];
const delayMs = 250;
/** Edge of a tile seen from afar. */
const smallEdge = 64;
/** Of a task of the page. */
const pieceMs = 6;

/** Tiles do not change, so each is made small once; a stroke costs the few that it touched. */
const small = new WeakMap<OffscreenCanvas, OffscreenCanvas>();

async function smallOf(tiles: Iterable<Tile>): Promise<void> {
  let began = performance.now();
  for (const tile of tiles) {
    if (small.has(tile.canvas)) continue;
    if (performance.now() - began > pieceMs) {
      await new Promise((resolve) => { setTimeout(resolve); });
      began = performance.now();
    }
    const { canvas, context } = newCanvas(smallEdge, smallEdge);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'medium';
    context.drawImage(tile.canvas, 0, 0, smallEdge, smallEdge);
    carryOut({ canvas });
    small.set(tile.canvas, canvas);
  }
}

/** Draws a layer small: where it lies in the whole; masks white on black. Undefined while it is still being drawn itself. */
async function draw(layer: Layer, whole: Rect): Promise<OffscreenCanvas | undefined> {
  const raster = compositor.raster(layer.id);
  if (raster === undefined || !raster.isComplete || raster.isLive) return undefined;
  const tiles = [...raster.tiles.values()];
  await smallOf(tiles);
  const { canvas, context } = newCanvas(width, height);
  if (layer.kind === 'mask') {
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
  }
  // A small picture on a large canvas is shown whole.
  const around = layer.kind === 'mask' ? whole : tiles.length === 0 ? whole : documentBoxOf(layer, raster.bounds);
  const scale = layer.kind === 'mask' ? Math.min(width / around.width, height / around.height) : Math.max(width / around.width, height / around.height);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'medium';
  context.translate(width / 2, height / 2);
  context.scale(scale, scale);
  context.translate(-(around.x + around.width / 2), -(around.y + around.height / 2));
  context.transform(...layer.transform);
  for (const { tx, ty, canvas: full } of tiles) {
    const one = small.get(full);
    if (one !== undefined) context.drawImage(one, tx * tileSize, ty * tileSize, tileSize, tileSize);
  }
  return canvas;
}

function documentBoxOf(layer: Layer, fallback: Rect): Rect {
  const only = { version: 1 as const, order: [layer.id], layers: { [layer.id]: { ...layer, visible: true, opacity: 1 } }, frame: fallback, selected: null };
  return documentBounds(only) ?? transformRect(layer.transform, fallback);
}

const keyOf = (layer: Layer): string => `${layer.items.length} ${layer.items.at(-1)?.id ?? ''} ${layer.transform.join()}`;

/** Keeps the panel's small pictures up to date, a moment after the last change. */
export function thumbnailsOf(store: CanvasStore): () => void {
  const keys = new Map<string, string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  const refresh = async (): Promise<void> => {
    if (running) return later();
    running = true;
    const { document } = store.getState();
    const changed: Record<string, string> = {};
    let unfinished = false;
    const whole = wholeOf(document);
    for (const id of document.order) {
      const layer = document.layers[id];
      if (layer === undefined || layer.kind === 'reference') continue;
      const key = layer.kind === 'mask' ? `${keyOf(layer)} ${whole.x} ${whole.y} ${whole.width} ${whole.height}` : keyOf(layer);
      if (keys.get(id) === key) continue;
      const canvas = await draw(layer, whole);
      if (canvas === undefined) {
        unfinished = true;
        continue;
      }
      keys.set(id, key);
      changed[id] = URL.createObjectURL(await canvas.convertToBlob({ type: 'image/png' }));
    }
    running = false;
    if (unfinished) later();
    if (Object.keys(changed).length === 0) return;
    const before = useThumbs.getState().urls;
    const urls = Object.fromEntries(Object.entries({ ...before, ...changed }).filter(([id]) => document.layers[id] !== undefined));
    useThumbs.setState({ urls });
    for (const [id, url] of Object.entries(before)) if (urls[id] !== url) URL.revokeObjectURL(url);
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => { void refresh().catch(() => { running = false; }); }, delayMs);
  };
  let last: CanvasDocument | undefined;
  const stops = [store.subscribe(({ document }) => { if (document !== last) { last = document; later(); } }), onImage(later)];
  later();
  return () => { for (const stop of stops) stop(); clearTimeout(timer); };
}

function wholeOf(document: CanvasDocument): Rect {
  return union(documentBounds(document) ?? document.frame, document.frame);
}
