/** Packs one tensor from its file into its place in the packed file, a few megabytes at a time. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { type Dtype, bytesPerElement, toFloat32 } from '../dtype.ts';
import { type PackKind, packF16, packInt8, packQ4, q4Blocks } from './kernels.ts';

/** Where a part of a packed tensor lies in the packed file. */
export interface Part {
  readonly offset: number;
  readonly byteLength: number;
}

export interface PackTask {
  readonly kind: PackKind;
  readonly source: { readonly file: string; readonly offset: number; readonly dtype: Dtype };
  readonly rows: number;
  readonly columns: number;
  readonly target: string;
  readonly parts: readonly Part[];
}

/** Values that are read and packed at once. */
const batchValues = 4 * 2 ** 20;

/** Writes the parts and returns the CRC-32 of each. Errors: those of the disk. */
export function packTensor(task: PackTask): number[] {
  const source = openSync(task.source.file, 'r');
  const target = openSync(task.target, 'r+');
  try {
    return task.kind === 'int8' ? packTransposed(task, source, target) : packInOrder(task, task.kind, source, target);
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

/** Levels of 4 bits and halves come out in the order of the weights. */
function packInOrder(task: PackTask, kind: Exclude<PackKind, 'int8'>, source: number, target: number): number[] {
  const { rows, columns, parts } = task;
  const sums = parts.map(() => 0);
  const at = parts.map(({ offset }) => offset);
  const put = (part: number, view: ArrayBufferView): void => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    writeAll(target, bytes, at[part]!);
    at[part]! += bytes.length;
    sums[part] = crc32(bytes, sums[part]);
  };
  eachBatch(task, source, rows * columns, (bytes) => {
    if (kind === 'f16') return put(0, packF16(bytes, task.source.dtype));
    const values = toFloat32(bytes, task.source.dtype);
    const block = q4Blocks[kind];
    const [levels, scales] = [new Uint8Array(values.length / 2), new Float32Array(values.length / block)];
    packQ4(values, block, levels, scales);
    put(0, levels);
    put(1, scales);
  });
  return sums;
}

/** The kernel wants s8 weights transposed: every row of the stored matrix ends up spread over the whole packed one, so that is held in memory. */
function packTransposed(task: PackTask, source: number, target: number): number[] {
  const { rows, columns, parts } = task;
  const [levels, scales] = [new Int8Array(rows * columns), new Float32Array(rows)];
  let row = 0;
  eachBatch(task, source, rows * columns, (bytes) => {
    const values = toFloat32(bytes, task.source.dtype);
    packInt8(values, columns, row, rows, levels, scales);
    row += values.length / columns;
  });
  return [levels, scales].map((view, part) => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    writeAll(target, bytes, parts[part]!.offset);
    return crc32(bytes);
  });
}

/** Whole rows, so that neither a row nor a block is ever cut. */
function eachBatch({ source, columns }: PackTask, file: number, count: number, use: (bytes: Uint8Array) => void): void {
  const size = bytesPerElement[source.dtype];
  const batch = Math.max(1, Math.floor(batchValues / columns)) * columns;
  const buffer = new Uint8Array(Math.min(batch, count) * size);
  for (let from = 0; from < count; from += batch) {
    const bytes = buffer.subarray(0, Math.min(batch, count - from) * size);
    for (let read = 0; read < bytes.length;) {
      const got = readSync(file, bytes, read, bytes.length - read, source.offset + from * size + read);
      if (got === 0) throw new Error(`${source.file} ends too early`);
      read += got;
    }
    use(bytes);
  }
}

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written, bytes.length - written, at + written);
}

/** The CRC-32 of a part of a file; undefined where the file ends before it. */
export function sumOfPart(file: string, { offset, byteLength }: Part): number | undefined {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = new Uint8Array(Math.min(byteLength, 4 * 2 ** 20));
    let sum = 0;
    for (let at = 0; at < byteLength;) {
      const got = readSync(descriptor, buffer, 0, Math.min(buffer.length, byteLength - at), offset + at);
      if (got === 0) return undefined;
      sum = crc32(buffer.subarray(0, got), sum);
      at += got;
    }
    return sum;
  } finally {
    closeSync(descriptor);
  }
}
