/** Packs weights as the graphs would at each load, number for number: see nn/linear.ts. Pure. */
import type { Precision } from '../../types.ts';
import { type Dtype, toFloat32 } from '../dtype.ts';

export type PackKind = 'int8' | 'q4' | 'q4b128' | 'f16';

/** Weights per 4-bit scale. */
export const q4Blocks = { q4: 32, q4b128: 128 } as const;

/**
 * 7-bit weights: the AVX2 kernel adds two u8·s8 products in 16 bits, and 255·64·2 is the most that fits.
 * One choice for every processor keeps the bytes of a picture the same on each.
 */
export const int8Limit = 64;

/** Weights that are all zero have a scale all the same. */
export const smallestScale = 1e-12;

/** The kind in which a precision keeps most of its matrices; undefined where they stay as they are stored. */
export const packKindOf: Readonly<Record<Precision, PackKind | undefined>> = { fp32: undefined, fp16: 'f16', int8: 'int8', q4: 'q4', q4b128: 'q4b128' };

/** Bytes of each part of a packed matrix: the levels, then their scales (none for f16). */
export function partBytes(kind: PackKind, rows: number, columns: number): readonly number[] {
  switch (kind) {
    case 'int8': return [rows * columns, rows * 4];
    case 'q4':
    case 'q4b128': return [(rows * columns) / 2, (rows * columns * 4) / q4Blocks[kind]];
    case 'f16': return [rows * columns * 2];
  }
}

const least = Math.fround(smallestScale);
/** Adding and taking away rounds a double below 2^51 to the nearest integer, halves to even, as the runtime does. */
const toInteger = 6_755_399_441_055_744;

/** The largest absolute value of `length` values from `from`, over `limit`, as a scale. */
function scaleOf(values: Float32Array, from: number, length: number, limit: number): number {
  let largest = 0;
  for (let i = from; i < from + length; i++) {
    const value = Math.abs(values[i]!);
    if (value > largest) largest = value;
  }
  return Math.max(Math.fround(largest / limit), least);
}

/**
 * Rows of a matrix into columns of its transpose, s8 with one scale a row.
 * in [n, columns] → `levels` [columns, rows] at column `row`, `scales` [rows] at `row`.
 */
export function packInt8(values: Float32Array, columns: number, row: number, rows: number, levels: Int8Array, scales: Float32Array): void {
  const count = values.length / columns;
  for (let r = 0; r < count; r++) {
    const scale = scaleOf(values, r * columns, columns, int8Limit);
    scales[row + r] = scale;
    for (let c = 0, from = r * columns, to = row + r; c < columns; c++, from++, to += rows) {
      levels[to] = Math.fround(values[from]! / scale) + toInteger - toInteger;
    }
  }
}

/** Blocks into 4 bits a weight, zero at 8, the first of a pair in the low half. in [n × block] → `levels` [n × block / 2], `scales` [n]. */
export function packQ4(values: Float32Array, block: number, levels: Uint8Array, scales: Float32Array): void {
  const blocks = values.length / block;
  for (let b = 0, from = 0, to = 0; b < blocks; b++) {
    const scale = scaleOf(values, from, block, 7.5);
    scales[b] = scale;
    for (let i = 0; i < block; i += 2, from += 2, to++) levels[to] = level(values[from]!, scale) | (level(values[from + 1]!, scale) << 4);
  }
}

function level(value: number, scale: number): number {
  const rounded = Math.fround(Math.fround(value / scale) + 8) + toInteger - toInteger;
  return rounded < 0 ? 0 : rounded > 15 ? 15 : rounded;
}

let fromBf16: Uint16Array | undefined;

/** Stored bytes → f16, to the nearest, halves to even. in [n] of any stored type → out [n] */
export function packF16(bytes: Uint8Array, dtype: Dtype): Uint16Array {
  if (dtype === 'BF16') {
    // Only 65,536 values can come: each is worked out once.
    fromBf16 ??= f16Of(toFloat32(new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer), 'BF16'));
    const stored = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
    const halves = new Uint16Array(stored.length);
    for (let i = 0; i < stored.length; i++) halves[i] = fromBf16[stored[i]!]!;
    return halves;
  }
  return f16Of(toFloat32(bytes, dtype));
}

/** Source: IEEE 754 binary16. */
function f16Of(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = f16Bits(bits[i]!);
  return halves;
}

function f16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65,520 and above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 the spacing is fixed at 2^-24.
  if (magnitude < 0x38800000) {
    const shift = 126 - (magnitude >>> 23);
    if (shift > 24) return sign;
    const fraction = (magnitude & 0x7fffff) | 0x800000;
    return sign | halfToEven(fraction, shift);
  }
  return sign | halfToEven(magnitude - 0x38000000, 13);
}

/** value / 2^shift to the nearest integer, halves to even. */
function halfToEven(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0);
}
