/** One click, one object: a region grown by colour up to its edges. */

import { EngineError } from '../errors.ts';
import type { MaskImage, RgbImage } from '../types.ts';

export interface SelectOptions {
  /** 0–100: how far a colour may stray from the object's and still belong to it. Default 32. */
  readonly tolerance?: number;
}

/** Brightness counts less than hue: light and shade fall on one thing. */
const lightWeight = 0.45;
/** Of the tolerance: the largest step between two neighbours. */
const stepShare = 0.45;
/** Half the side of the square whose median colour is the one clicked on. */
const probe = 2;
/** A hole up to this share of the region is a highlight or a speck of the object, not something seen through it. */
const holeShare = 0.25;

/** Light and two opponent colours, interleaved: differences in them are near to what the eye sees, at a tenth of Lab's cost. */
function opponents({ width, height, data }: RgbImage): Float32Array {
  const out = new Float32Array(width * height * 3);
  for (let p = 0; p < out.length; p += 3) {
    const r = data[p]!;
    const g = data[p + 1]!;
    const b = data[p + 2]!;
    out[p] = lightWeight * (0.299 * r + 0.587 * g + 0.114 * b);
    out[p + 1] = 0.8 * (r - g);
    out[p + 2] = 0.6 * (b - (r + g) / 2);
  }
  return out;
}

function medianAround(colours: Float32Array, width: number, height: number, x: number, y: number): [number, number, number] {
  const samples: number[][] = [[], [], []];
  for (let v = Math.max(0, y - probe); v <= Math.min(height - 1, y + probe); v++) {
    for (let u = Math.max(0, x - probe); u <= Math.min(width - 1, x + probe); u++) {
      for (let c = 0; c < 3; c++) samples[c]!.push(colours[(v * width + u) * 3 + c]!);
    }
  }
  return samples.map((values) => values.sort((a, b) => a - b)[values.length >> 1]!) as [number, number, number];
}

interface Growth {
  readonly centre: readonly [number, number, number];
  /** Distance from the centre up to which a pixel belongs. */
  readonly reach: number;
  /** Distance between neighbours up to which the region goes on. */
  readonly step: number;
}

/** The 4-connected region of a pixel. */
function grow(colours: Float32Array, width: number, height: number, start: number, { centre, reach, step }: Growth): Uint8Array {
  const inside = new Uint8Array(width * height);
  const stack = new Int32Array(width * height);
  let top = 0;
  const far = reach * reach;
  const jump = step * step;
  const visit = (i: number, from: number): void => {
    if (inside[i] !== 0) return;
    const p = i * 3;
    const q = from * 3;
    const d0 = colours[p]! - centre[0];
    const d1 = colours[p + 1]! - centre[1];
    const d2 = colours[p + 2]! - centre[2];
    if (d0 * d0 + d1 * d1 + d2 * d2 > far) return;
    const s0 = colours[p]! - colours[q]!;
    const s1 = colours[p + 1]! - colours[q + 1]!;
    const s2 = colours[p + 2]! - colours[q + 2]!;
    if (s0 * s0 + s1 * s1 + s2 * s2 > jump) return;
    inside[i] = 255;
    stack[top++] = i;
  };
  inside[start] = 255;
  stack[top++] = start;
  while (top > 0) {
    const i = stack[--top]!;
    const x = i % width;
    if (x > 0) visit(i - 1, i);
    if (x + 1 < width) visit(i + 1, i);
    if (i >= width) visit(i - width, i);
    if (i + width < inside.length) visit(i + width, i);
  }
  return inside;
}

/** The middle and the spread of a region's colours. */
function coloursOf(colours: Float32Array, inside: Uint8Array): { readonly centre: [number, number, number]; readonly spread: number; readonly count: number } {
  const sum = [0, 0, 0];
  const squares = [0, 0, 0];
  let count = 0;
  for (let i = 0; i < inside.length; i++) {
    if (inside[i] === 0) continue;
    count++;
    for (let c = 0; c < 3; c++) {
      const v = colours[i * 3 + c]!;
      sum[c]! += v;
      squares[c]! += v * v;
    }
  }
  const centre = sum.map((s) => s / count) as [number, number, number];
  const spread = Math.sqrt(centre.reduce((total, mean, c) => total + Math.max(0, squares[c]! / count - mean * mean), 0));
  return { centre, spread, count };
}

/** Fills holes up to `most` pixels: 4-connected areas of 0 that do not reach the border. */
function fillHoles(inside: Uint8Array, width: number, height: number, most: number): void {
  const seen = new Uint8Array(inside.length);
  const stack: number[] = [];
  for (let first = 0; first < inside.length; first++) {
    if (inside[first] !== 0 || seen[first] !== 0) continue;
    const area: number[] = [];
    let open = false;
    let count = 0;
    stack.push(first);
    seen[first] = 1;
    while (stack.length > 0) {
      const i = stack.pop()!;
      const x = i % width;
      const y = (i - x) / width;
      open ||= x === 0 || y === 0 || x === width - 1 || y === height - 1;
      count++;
      // The surroundings may be the whole picture: they need no list.
      if (!open && count <= most) area.push(i);
      for (const n of [x > 0 ? i - 1 : -1, x + 1 < width ? i + 1 : -1, i - width, i + width]) {
        if (n < 0 || n >= inside.length || inside[n] !== 0 || seen[n] !== 0) continue;
        seen[n] = 1;
        stack.push(n);
      }
    }
    if (!open && count <= most) for (const i of area) inside[i] = 255;
  }
}

/** Every pixel takes the largest (or smallest) value of its 3×3 neighbourhood; the border repeats. */
function spread3(src: Uint8Array, width: number, largest: boolean): Uint8Array {
  const pick = largest ? Math.max : Math.min;
  const rows = new Uint8Array(src.length);
  const out = new Uint8Array(src.length);
  for (let i = 0; i < src.length; i++) {
    const x = i % width;
    rows[i] = pick(src[x > 0 ? i - 1 : i]!, src[i]!, src[x + 1 < width ? i + 1 : i]!);
  }
  for (let i = 0; i < src.length; i++) out[i] = pick(rows[i >= width ? i - width : i]!, rows[i]!, rows[i + width < src.length ? i + width : i]!);
  return out;
}

/**
 * The object under a pixel, 255 on it. Region growing in two passes: the first learns the object's colours around the click, the second
 * takes what is like them as far as no edge stands between; small holes (highlights) are filled and the soft rim is taken in.
 * in RGB [H,W], x and y in pixels → out [H,W]. REQUEST_INVALID for a point outside or a tolerance beyond 0–100.
 */
export function smartSelect(image: RgbImage, x: number, y: number, { tolerance = 32 }: SelectOptions = {}): MaskImage {
  const { width, height } = image;
  if (!Number.isInteger(x) || !Number.isInteger(y) || x < 0 || y < 0 || x >= width || y >= height) {
    throw new EngineError('REQUEST_INVALID', `There is no pixel ${x}, ${y} in a picture of ${width}x${height}.`, { x: String(x), y: String(y), width, height });
  }
  if (!(tolerance >= 0 && tolerance <= 100)) throw new EngineError('REQUEST_INVALID', `tolerance must be from 0 to 100, got ${tolerance}.`, { tolerance: String(tolerance) });
  const colours = opponents(image);
  const start = y * width + x;
  const step = Math.max(2, stepShare * tolerance);
  const first = grow(colours, width, height, start, { centre: medianAround(colours, width, height, x, y), reach: Math.max(2, tolerance), step });
  const learnt = coloursOf(colours, first);
  // Fewer pixels say nothing of the object but where the click fell.
  const second = learnt.count < 25 ? first : grow(colours, width, height, start, { centre: learnt.centre, reach: Math.max(2, tolerance) + Math.min(1.5 * learnt.spread, tolerance), step });
  for (let i = 0; i < second.length; i++) if (first[i] !== 0) second[i] = 255;
  const count = second.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
  const closed = spread3(spread3(second, width, true), width, false);
  fillHoles(closed, width, height, Math.max(16, Math.round(count * holeShare)));
  // The rim is a mix of the object and what lies behind.
  return { width, height, data: spread3(closed, width, true) };
}
