/** What packing costs: how far the weights are afterwards from those that are stored. */
import { closeSync, openSync, readSync } from 'node:fs';
import { bytesPerElement, toFloat32 } from '../dtype.ts';
import { type PackKind, packF16, packInt8, packQ4, q4Blocks } from './kernels.ts';
import type { PackRequest } from './store.ts';

/** Rows of each matrix that are looked at, spread evenly: matrices have thousands alike. */
const sampleRows = 16;

/**
 * Root mean square of the difference over that of the weights: of each matrix, then over all of them by their number of weights.
 * in matrices with the kind in which they would be packed → out 0 for none. Reads 16 rows of each. Errors: those of the disk.
 */
export function packingError(requests: readonly PackRequest[]): number {
  let [sum, count] = [0, 0];
  for (const request of requests) {
    const weights = request.rows * request.columns;
    sum += weights * matrixError(request);
    count += weights;
  }
  return count === 0 ? 0 : Math.sqrt(sum / count);
}

/** The squared relative error of one matrix. */
function matrixError({ kind, entry, rows, columns }: PackRequest): number {
  const rowBytes = columns * bytesPerElement[entry.dtype];
  const taken = Math.min(sampleRows, rows);
  const bytes = new Uint8Array(taken * rowBytes);
  const file = openSync(entry.file, 'r');
  try {
    for (let i = 0; i < taken; i++) readSync(file, bytes, i * rowBytes, rowBytes, entry.offset + Math.floor((i * rows) / taken) * rowBytes);
  } finally {
    closeSync(file);
  }
  const values = toFloat32(bytes, entry.dtype);
  const packed = kind === 'f16' ? toFloat32(new Uint8Array(packF16(bytes, entry.dtype).buffer), 'F16') : unpacked(kind, values, columns);
  let [difference, power] = [0, 0];
  values.forEach((value, i) => {
    difference += (value - (packed[i] as number)) ** 2;
    power += value ** 2;
  });
  return power === 0 ? 0 : difference / power;
}

/** Weights as a kernel will see them. */
function unpacked(kind: Exclude<PackKind, 'f16'>, values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  if (kind === 'int8') {
    const [levels, scales] = [new Int8Array(values.length), new Float32Array(rows)];
    packInt8(values, columns, 0, rows, levels, scales);
    return values.map((_, i) => (levels[(i % columns) * rows + Math.floor(i / columns)] as number) * (scales[Math.floor(i / columns)] as number));
  }
  const block = q4Blocks[kind];
  const [levels, scales] = [new Uint8Array(values.length / 2), new Float32Array(values.length / block)];
  packQ4(values, block, levels, scales);
  return values.map((_, i) => (((levels[i >> 1] as number) >> (i % 2 === 0 ? 0 : 4)) % 16 - 8) * (scales[Math.floor(i / block)] as number));
}
