/** The pixels joined to a seed whose colours are near the seed's. Alpha counts as a colour. */
export interface Flooded {
  /** 255 = belongs, of the picture's size. */
  readonly mask: Uint8Array;
  /** The box around them: x, y, width, height. */
  readonly bounds: readonly [number, number, number, number];
}

/** Scanline fill over RGBA. `tolerance` 0–100: the largest difference of a channel, in hundredths of its range. */
export function floodFill(rgba: Uint8ClampedArray, width: number, height: number, x: number, y: number, tolerance: number): Flooded {
  const mask = new Uint8Array(width * height);
  const limit = (tolerance / 100) * 255;
  const seed = (y * width + x) * 4;
  const near = (at: number): boolean => {
    const i = at * 4;
    // Colours of transparent pixels mean nothing.
    if ((rgba[seed + 3] ?? 0) === 0 && (rgba[i + 3] ?? 0) === 0) return true;
    for (let c = 0; c < 4; c++) if (Math.abs((rgba[i + c] ?? 0) - (rgba[seed + c] ?? 0)) > limit) return false;
    return true;
  };
  let [left, top, right, bottom] = [x, y, x, y];
  const stack = [y * width + x];
  while (stack.length > 0) {
    const at = stack.pop() as number;
    if (mask[at] !== 0) continue;
    const row = Math.floor(at / width) * width;
    let from = at;
    while (from > row && mask[from - 1] === 0 && near(from - 1)) from--;
    let to = at;
    while (to < row + width - 1 && mask[to + 1] === 0 && near(to + 1)) to++;
    mask.fill(255, from, to + 1);
    left = Math.min(left, from - row);
    right = Math.max(right, to - row);
    const line = row / width;
    top = Math.min(top, line);
    bottom = Math.max(bottom, line);
    for (const next of [line - 1, line + 1]) {
      if (next < 0 || next >= height) continue;
      const offset = (next - line) * width;
      for (let i = from + offset; i <= to + offset; i++) if (mask[i] === 0 && near(i) && (i === from + offset || mask[i - 1] !== 0 || !near(i - 1))) stack.push(i);
    }
  }
  return { mask, bounds: [left, top, right - left + 1, bottom - top + 1] };
}
