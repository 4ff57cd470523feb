/** One click, one object: a region grown by colour up to its edges. */

import { EngineError } from '../errors.ts';
import type { MaskImage, RgbImage } from '../types.ts';
import { maskBounds } from './mask.ts';

export interface SelectOptions {
  /** 0–100: how far a colour may stray from the object's and still belong to it. Default 32. */
  readonly tolerance?: number;
}

/** Of the tolerance: the gradient that counts as an edge. */
const edgeShare = 0.45;
/** Of the tolerance: how far brightness may stray; light and shade fall on one thing. */
const lightShare = 4;
/** Half the side of the square whose median colour is the one clicked on. */
const probe = 2;
/** A hole up to this share of the region is a highlight or a speck of the object, not something that stands before it. */
const holeShare = 0.05;
/** Of the picture: fewer pixels are a speck, and say nothing of an object. */
const speckShare = 0.001;
/** Pixels by which the region goes into the edge that stopped it. */
const rim = 2;

/** Brightness and two colours that shade does not change, each a plane [H,W]. */
type Planes = readonly [light: Float32Array, red: Float32Array, blue: Float32Array];

/** Colours are shares of the brightness; the floor under it keeps the noise of dark pixels small. */
const darkFloor = 60;

function planesOf({ width, height, data }: RgbImage): Planes {
  const count = width * height;
  // The sum of three bytes: a table spares a division a pixel.
  const scales = Float64Array.from({ length: 3 * 255 + 1 }, (_, sum) => 255 / (sum + darkFloor));
  const light = new Float32Array(count);
  const red = new Float32Array(count);
  const blue = new Float32Array(count);
  for (let i = 0, p = 0; i < count; i++, p += 3) {
    const r = data[p]!;
    const g = data[p + 1]!;
    const b = data[p + 2]!;
    const scale = scales[r + g + b]!;
    light[i] = 0.8 * (0.299 * r + 0.587 * g + 0.114 * b);
    red[i] = scale * (r - g);
    blue[i] = scale * (b - (r + g) / 2);
  }
  return [soften(light, width, height), soften(red, width, height), soften(blue, width, height)];
}

/** The mean of each 3×3 neighbourhood, against noise; the border repeats. */
function soften(plane: Float32Array, width: number, height: number): Float32Array {
  const rows = new Float32Array(plane.length);
  for (let y = 0, i = 0; y < height; y++) {
    const end = i + width - 1;
    let left = plane[i]!;
    let here = left;
    for (; i < end; i++) {
      const right = plane[i + 1]!;
      rows[i] = (left + here + right) / 3;
      left = here;
      here = right;
    }
    rows[i] = (left + here + here) / 3;
    i++;
  }
  for (let y = 0, i = 0; y < height; y++) {
    const up = y > 0 ? -width : 0;
    const down = y + 1 < height ? width : 0;
    for (const end = i + width; i < end; i++) plane[i] = (rows[i + up]! + rows[i]! + rows[i + down]!) / 3;
  }
  return plane;
}

/** Squared gradient over all planes: central differences. */
function gradientOf(planes: Planes, width: number, height: number): Float32Array {
  const out = new Float32Array(width * height);
  for (const plane of planes) {
    for (let y = 0, i = 0; y < height; y++) {
      const up = y > 0 ? -width : 0;
      const down = y + 1 < height ? width : 0;
      for (let x = 0; x < width; x++, i++) {
        const dx = plane[x + 1 < width ? i + 1 : i]! - plane[x > 0 ? i - 1 : i]!;
        const dy = plane[i + down]! - plane[i + up]!;
        out[i] = out[i]! + dx * dx + dy * dy;
      }
    }
  }
  return out;
}

type Colour = [light: number, red: number, blue: number];

function medianAround(planes: Planes, width: number, height: number, x: number, y: number): Colour {
  return planes.map((plane) => {
    const samples: number[] = [];
    for (let v = Math.max(0, y - probe); v <= Math.min(height - 1, y + probe); v++) {
      for (let u = Math.max(0, x - probe); u <= Math.min(width - 1, x + probe); u++) samples.push(plane[v * width + u]!);
    }
    return samples.sort((a, b) => a - b)[samples.length >> 1]!;
  }) as Colour;
}

interface Growth {
  readonly centre: Colour;
  /** How far colour and brightness may lie from the centre. */
  readonly reach: number;
  readonly lightReach: number;
  /** Squared gradient up to which the region goes on. */
  readonly edge: number;
}

/** The 4-connected region of a pixel. */
function grow(planes: Planes, gradient: Float32Array, width: number, start: number, { centre, reach, lightReach, edge }: Growth): Uint8Array {
  const [light, red, blue] = planes;
  const inside = new Uint8Array(gradient.length);
  const stack = new Int32Array(gradient.length);
  let top = 0;
  const far = reach * reach;
  const visit = (i: number): void => {
    if (inside[i] !== 0 || gradient[i]! > edge) return;
    const d1 = red[i]! - centre[1];
    const d2 = blue[i]! - centre[2];
    if (d1 * d1 + d2 * d2 > far || Math.abs(light[i]! - centre[0]) > lightReach) return;
    inside[i] = 255;
    stack[top++] = i;
  };
  inside[start] = 255;
  stack[top++] = start;
  while (top > 0) {
    const i = stack[--top]!;
    const x = i % width;
    if (x > 0) visit(i - 1);
    if (x + 1 < width) visit(i + 1);
    if (i >= width) visit(i - width);
    if (i + width < inside.length) visit(i + width);
  }
  return inside;
}

/** The middle of a region's colours, how far they spread, and how many there are. */
function coloursOf(planes: Planes, inside: Uint8Array): { readonly centre: Colour; readonly spread: number; readonly count: number } {
  const [light, red, blue] = planes;
  let [count, sumLight, sumRed, sumBlue, squaresRed, squaresBlue] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < inside.length; i++) {
    if (inside[i] === 0) continue;
    const [u, v] = [red[i]!, blue[i]!];
    count++;
    sumLight += light[i]!;
    sumRed += u;
    sumBlue += v;
    squaresRed += u * u;
    squaresBlue += v * v;
  }
  const centre: Colour = [sumLight / count, sumRed / count, sumBlue / count];
  const variance = Math.max(0, squaresRed / count - centre[1] ** 2) + Math.max(0, squaresBlue / count - centre[2] ** 2);
  return { centre, spread: Math.sqrt(variance), count };
}

/** Fills holes up to `most` pixels: 4-connected areas of 0 that do not reach the border. */
function fillHoles(inside: Uint8Array, width: number, most: number): void {
  const seen = new Uint8Array(inside.length);
  const queue = new Int32Array(inside.length);
  for (let first = 0; first < inside.length; first++) {
    if (inside[first] !== 0 || seen[first] !== 0) continue;
    let open = false;
    let tail = 0;
    queue[tail++] = first;
    seen[first] = 1;
    for (let head = 0; head < tail; head++) {
      const i = queue[head]!;
      const x = i % width;
      if (x === 0 || x === width - 1 || i < width || i >= inside.length - width) open = true;
      if (x > 0 && inside[i - 1] === 0 && seen[i - 1] === 0) seen[(queue[tail++] = i - 1)] = 1;
      if (x + 1 < width && inside[i + 1] === 0 && seen[i + 1] === 0) seen[(queue[tail++] = i + 1)] = 1;
      if (i >= width && inside[i - width] === 0 && seen[i - width] === 0) seen[(queue[tail++] = i - width)] = 1;
      if (i + width < inside.length && inside[i + width] === 0 && seen[i + width] === 0) seen[(queue[tail++] = i + width)] = 1;
    }
    if (!open && tail <= most) for (let k = 0; k < tail; k++) inside[queue[k]!] = 255;
  }
}

/** A mask of 0 and 255 grown by one pixel in all eight directions; the border repeats. */
function wider(src: Uint8Array, width: number): Uint8Array {
  const rows = new Uint8Array(src.length);
  for (let start = 0; start < src.length; start += width) {
    const end = start + width - 1;
    for (let i = start; i <= end; i++) rows[i] = src[i]! | src[i > start ? i - 1 : i]! | src[i < end ? i + 1 : i]!;
  }
  const out = new Uint8Array(src.length);
  const last = src.length - width;
  for (let i = 0; i < out.length; i++) out[i] = rows[i]! | rows[i >= width ? i - width : i]! | rows[i < last ? i + width : i]!;
  return out;
}

function opposite(mask: Uint8Array): Uint8Array {
  for (let i = 0; i < mask.length; i++) mask[i]! ^= 255;
  return mask;
}

/** Closes gaps, fills holes, takes in the rim: within a window around the region, all of it in place. */
function finish(region: MaskImage, gradient: Float32Array, edge: number): void {
  const bounds = maskBounds(region);
  if (!bounds) return;
  const margin = rim + 2;
  const left = Math.max(0, bounds.left - margin);
  const top = Math.max(0, bounds.top - margin);
  const width = Math.min(region.width, bounds.left + bounds.width + margin) - left;
  const height = Math.min(region.height, bounds.top + bounds.height + margin) - top;
  let part: Uint8Array = new Uint8Array(width * height);
  const steep = new Uint8Array(width * height);
  let count = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, from = (top + y) * region.width + left; x < width; x++, i++, from++) {
      part[i] = region.data[from]!;
      if (part[i] !== 0) count++;
      steep[i] = gradient[from]! > edge ? 255 : 0;
    }
  }
  part = opposite(wider(opposite(wider(part, width)), width));
  fillHoles(part, width, Math.max(16, Math.round(count * holeShare)));
  // The edge is a mix of the object and what lies behind: half of it is the object's.
  for (let step = 0; step < rim; step++) {
    const grown = wider(part, width);
    for (let i = 0; i < grown.length; i++) part[i]! |= grown[i]! & steep[i]!;
  }
  for (let y = 0; y < height; y++) region.data.set(part.subarray(y * width, (y + 1) * width), (top + y) * region.width + left);
}

/**
 * The object under a pixel, 255 on it. Region growing in two passes: the first learns the object's colours around the click, the second
 * takes what is like them as far as no edge stands between; small holes (highlights) are filled and the soft rim is taken in.
 * Colours are compared as shares of the brightness, so that shade does not end an object.
 * in RGB [H,W], x and y in pixels → out [H,W]. REQUEST_INVALID for a point outside or a tolerance beyond 0–100.
 */
export function smartSelect(image: RgbImage, x: number, y: number, options: SelectOptions = {}): MaskImage {
  return selectAt(selectable(image), x, y, options);
}

/** A picture as selecting sees it; the same for every click on it. */
export interface SelectablePicture {
  readonly width: number;
  readonly height: number;
  readonly planes: Planes;
  readonly gradient: Float32Array;
}

/** in RGB [H,W] → what `selectAt` needs, 16 bytes a pixel. */
export function selectable(image: RgbImage): SelectablePicture {
  const { width, height } = image;
  const planes = planesOf(image);
  return { width, height, planes, gradient: gradientOf(planes, width, height) };
}

/** `smartSelect` on a picture that was read before. Errors: the same. */
export function selectAt({ width, height, planes, gradient }: SelectablePicture, x: number, y: number, { tolerance = 32 }: SelectOptions = {}): MaskImage {
  if (!Number.isInteger(x) || !Number.isInteger(y) || x < 0 || y < 0 || x >= width || y >= height) {
    throw new EngineError('REQUEST_INVALID', `There is no pixel ${x}, ${y} in a picture of ${width}x${height}.`, { x: String(x), y: String(y), width, height });
  }
  if (!(tolerance >= 0 && tolerance <= 100)) throw new EngineError('REQUEST_INVALID', `tolerance must be from 0 to 100, got ${tolerance}.`, { tolerance: String(tolerance) });
  const start = y * width + x;
  const reach = Math.max(2, tolerance);
  const clicked = medianAround(planes, width, height, x, y);
  const least = Math.max(64, Math.round(speckShare * gradient.length));
  let limits = { lightReach: lightShare * reach, edge: Math.max(2, edgeShare * tolerance) ** 2 };
  let first = grow(planes, gradient, width, start, { ...limits, centre: clicked, reach });
  let learnt = coloursOf(planes, first);
  // A click on an edge or a highlight: steeper places are gone over, until there is something to learn from.
  for (let more = 0; more < 3 && learnt.count < least; more++) {
    limits = { ...limits, edge: 2.25 * limits.edge };
    first = grow(planes, gradient, width, start, { ...limits, centre: clicked, reach });
    learnt = coloursOf(planes, first);
  }
  const second = grow(planes, gradient, width, start, { ...limits, centre: learnt.centre, reach: reach + Math.min(1.5 * learnt.spread, tolerance) });
  for (let i = 0; i < second.length; i++) second[i]! |= first[i]!;
  const region: MaskImage = { width, height, data: second };
  finish(region, gradient, limits.edge);
  return region;
}
