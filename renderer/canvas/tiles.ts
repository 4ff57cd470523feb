import type { Rect } from '../document/records.ts';
import { intersect, isEmpty, union } from './rect.ts';

/** Edge of a tile in pixels: small enough that undo keeps only what a stroke touched, large enough that a picture is few draws. */
export const tileSize = 512;

export type Context = OffscreenCanvasRenderingContext2D;

/** A square of pixels and where it lies on its grid. Once the item that drew it is done it never changes: layers, copies and undo share it. */
export interface Tile {
  readonly tx: number;
  readonly ty: number;
  readonly canvas: OffscreenCanvas;
  readonly context: Context;
}

/** Tiles by place; absent = nothing there. */
export type TileMap = Map<number, Tile>;

/** One number for a place up to ±32,767 tiles from the origin. */
export function tileKey(tx: number, ty: number): number {
  return (tx + 0x8000) * 0x10000 + (ty + 0x8000);
}

export function newCanvas(width: number, height: number): { readonly canvas: OffscreenCanvas; readonly context: Context } {
  const canvas = new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('the browser refuses a 2D canvas');
  context.imageSmoothingEnabled = false;
  return { canvas, context };
}

export function newTile(tx: number, ty: number): Tile {
  return { tx, ty, ...newCanvas(tileSize, tileSize) };
}

export function copyTile(tile: Tile): Tile {
  const copy = newTile(tile.tx, tile.ty);
  copy.context.drawImage(tile.canvas, 0, 0);
  return copy;
}

let sink: Context | undefined;

/** Makes the browser draw now what was asked for: it gathers calls, and a budget of time would not see them. */
export function carryOut({ canvas }: Pick<Tile, 'canvas'>): void {
  sink ??= newCanvas(1, 1).context;
  sink.drawImage(canvas, 0, 0, 1, 1, 0, 0, 1, 1);
  // What is not yet drawn holds on to its pictures.
  sink.reset();
}

/** The one colour of a tile as the pixel's four bytes in memory order; undefined = it has several. Reads no further than the first other colour. */
export function colourOf({ context }: Tile): number | undefined {
  const strip = 8;
  let colour: number | undefined;
  for (let y = 0; y < tileSize; y += strip) {
    const pixels = new Uint32Array(context.getImageData(0, y, tileSize, strip).data.buffer);
    colour ??= pixels[0];
    for (let i = 0; i < pixels.length; i++) if (pixels[i] !== colour) return undefined;
  }
  return colour;
}

const plain = new Map<number, Pick<Tile, 'canvas' | 'context'>>();
const keptPlain = 32;

/** A tile of the same one colour as `like`, with pixels that all such tiles share. */
export function plainTile(like: Tile, colour: number): Tile {
  let shared = plain.get(colour);
  if (shared === undefined) {
    shared = { canvas: like.canvas, context: like.context };
    for (const old of [...plain.keys()].slice(0, Math.max(0, plain.size + 1 - keptPlain))) plain.delete(old);
    plain.set(colour, shared);
  }
  return { tx: like.tx, ty: like.ty, ...shared };
}

export function tileRect({ tx, ty }: { readonly tx: number; readonly ty: number }): Rect {
  return { x: tx * tileSize, y: ty * tileSize, width: tileSize, height: tileSize };
}

/** The places of the tiles that a rectangle touches. */
export function* places(rect: Rect): Generator<{ readonly tx: number; readonly ty: number; readonly key: number }> {
  if (isEmpty(rect)) return;
  const [x0, x1] = [Math.floor(rect.x / tileSize), Math.ceil((rect.x + rect.width) / tileSize)];
  const [y0, y1] = [Math.floor(rect.y / tileSize), Math.ceil((rect.y + rect.height) / tileSize)];
  for (let ty = y0; ty < y1; ty++) for (let tx = x0; tx < x1; tx++) yield { tx, ty, key: tileKey(tx, ty) };
}

/** The tiles of a map that a rectangle touches; a map smaller than the rectangle is walked instead of it. */
export function* tilesWithin(map: TileMap, rect: Rect): Generator<Tile> {
  const across = Math.ceil(rect.width / tileSize) + 1;
  const down = Math.ceil(rect.height / tileSize) + 1;
  if (across * down > map.size) {
    for (const tile of map.values()) if (!isEmpty(intersect(tileRect(tile), rect))) yield tile;
    return;
  }
  for (const { key } of places(rect)) {
    const tile = map.get(key);
    if (tile !== undefined) yield tile;
  }
}

/** Draws what a map holds within a rectangle, pixel by pixel, with the rectangle's corner at (dx, dy). */
export function drawTiles(target: Context, map: TileMap, rect: Rect, dx: number, dy: number): void {
  for (const tile of tilesWithin(map, rect)) {
    const part = intersect(tileRect(tile), rect);
    if (isEmpty(part)) continue;
    target.drawImage(
      tile.canvas, part.x - tile.tx * tileSize, part.y - tile.ty * tileSize, part.width, part.height,
      part.x - rect.x + dx, part.y - rect.y + dy, part.width, part.height,
    );
  }
}

export function mapBounds(map: TileMap): Rect {
  let bounds: Rect = { x: 0, y: 0, width: 0, height: 0 };
  for (const tile of map.values()) bounds = union(bounds, tileRect(tile));
  return bounds;
}
