/** By how much one picture lies beside another: brightness compared block by block, to a fraction of a pixel. */

export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  /** RGBA rows. */
  readonly pixels: Uint8Array;
}

export interface Shift {
  readonly x: number;
  readonly y: number;
  /** Blocks with enough detail to tell. */
  readonly blocks: number;
}

const block = 48;
/** How far a block is looked for, either way. */
const reach = 6;

function brightness({ pixels }: GreyPicture): Float32Array {
  const out = new Float32Array(pixels.length / 4);
  for (let i = 0; i < out.length; i++) out[i] = 0.2126 * (pixels[i * 4] ?? 0) + 0.7152 * (pixels[i * 4 + 1] ?? 0) + 0.0722 * (pixels[i * 4 + 2] ?? 0);
  return out;
}

/** Derivatives along x and y: lighting and colour may change, where edges lie may not. */
function gradients(light: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array(light.length);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      out[at] = Math.hypot((light[at + 1] ?? 0) - (light[at - 1] ?? 0), (light[at + width] ?? 0) - (light[at - width] ?? 0));
    }
  }
  return out;
}

/** The vertex of the parabola through three neighbours of a minimum: −½ to ½. */
function vertex(before: number, least: number, after: number): number {
  const bend = before - 2 * least + after;
  return bend <= 0 ? 0 : Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend)));
}

function shiftOfBlock(a: Float32Array, b: Float32Array, width: number, left: number, top: number): { readonly x: number; readonly y: number } | undefined {
  let [sum, squares] = [0, 0];
  for (let y = 0; y < block; y++) for (let x = 0; x < block; x++) { const value = a[(top + y) * width + left + x] ?? 0; sum += value; squares += value * value; }
  const count = block * block;
  // A flat block fits anywhere.
  if (squares / count - (sum / count) ** 2 < 30) return undefined;
  const side = 2 * reach + 1;
  const cost = new Float64Array(side * side);
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      let total = 0;
      for (let y = 0; y < block; y++) {
        for (let x = 0; x < block; x++) total += ((a[(top + y) * width + left + x] ?? 0) - (b[(top + y + dy) * width + left + x + dx] ?? 0)) ** 2;
      }
      cost[(dy + reach) * side + dx + reach] = total;
    }
  }
  const best = cost.indexOf(Math.min(...cost));
  const [bx, by] = [best % side, Math.floor(best / side)];
  // At the end of the reach the true place may lie beyond.
  if (bx === 0 || by === 0 || bx === side - 1 || by === side - 1) return undefined;
  const at = (x: number, y: number): number => cost[y * side + x] ?? 0;
  return { x: bx - reach + vertex(at(bx - 1, by), at(bx, by), at(bx + 1, by)), y: by - reach + vertex(at(bx, by - 1), at(bx, by), at(bx, by + 1)) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The median over all blocks of how far `b` lies from `a`, in pixels. Throws where the sizes differ or nothing can be told. */
export function registrationShift(a: GreyPicture, b: GreyPicture): Shift {
  const { width, height } = a;
  if (b.width !== width || b.height !== height) throw new Error(`sizes differ: ${width}×${height} and ${b.width}×${b.height}`);
  const [one, other] = [gradients(brightness(a), width, height), gradients(brightness(b), width, height)];
  const shifts = [];
  for (let top = reach; top + block + reach <= height; top += block) {
    for (let left = reach; left + block + reach <= width; left += block) {
      const found = shiftOfBlock(one, other, width, left, top);
      if (found !== undefined) shifts.push(found);
    }
  }
  if (shifts.length < 4) throw new Error(`only ${shifts.length} blocks have detail`);
  return { x: median(shifts.map(({ x }) => x)), y: median(shifts.map(({ y }) => y)), blocks: shifts.length };
}
