/** Three box blurs in a row: nearly a Gaussian, of bounded reach and a cost that does not grow with it. */

/** Blurs lines of `count` samples `step` apart; beyond the ends the end sample counts. */
function blurLines(src: Float32Array, out: Float32Array, lines: number, lineStep: number, count: number, step: number, radius: number): void {
  const scale = 1 / (2 * radius + 1);
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep;
    const end = start + (count - 1) * step;
    const first = src[start]!;
    const last = src[end]!;
    let sum = first * (radius + 1);
    for (let k = 1; k <= radius; k++) sum += k < count ? src[start + k * step]! : last;
    for (let k = 0; k < count; k++) {
      out[start + k * step] = sum * scale;
      const enter = k + radius + 1;
      const leave = k - radius;
      sum += (enter < count ? src[start + enter * step]! : last) - (leave > 0 ? src[start + leave * step]! : first);
    }
  }
}

/** Blurs all columns at once, row by row, so that memory is walked in order. */
function blurColumns(src: Float32Array, out: Float32Array, rowLength: number, rows: number, radius: number): void {
  const scale = 1 / (2 * radius + 1);
  const sums = new Float64Array(rowLength);
  const row = (y: number) => Math.min(Math.max(y, 0), rows - 1) * rowLength;
  for (let y = -radius; y <= radius; y++) {
    const from = row(y);
    for (let i = 0; i < rowLength; i++) sums[i]! += src[from + i]!;
  }
  for (let y = 0; y < rows; y++) {
    const at = y * rowLength;
    const enter = row(y + radius + 1);
    const leave = row(y - radius);
    for (let i = 0; i < rowLength; i++) {
      out[at + i] = sums[i]! * scale;
      sums[i]! += src[enter + i]! - src[leave + i]!;
    }
  }
}

/**
 * Blurs interleaved bytes so that no pixel takes from farther than `reach` pixels in x or y; borders are repeated.
 * in [H,W,channels] → out the same, rounded to nearest.
 */
export function boxBlur3(data: Uint8Array, width: number, height: number, channels: number, reach: number): Uint8Array {
  if (reach < 1) return data.slice();
  const image = Float32Array.from(data);
  const half = new Float32Array(data.length);
  const rowLength = width * channels;
  for (let pass = 0; pass < 3; pass++) {
    const radius = Math.floor((reach + pass) / 3);
    if (radius === 0) continue;
    for (let c = 0; c < channels; c++) {
      blurLines(image.subarray(c), half.subarray(c), height, rowLength, width, channels, radius);
    }
    blurColumns(half, image, rowLength, height, radius);
  }
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(image[i]!);
  return bytes;
}
