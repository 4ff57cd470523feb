/** Cheap random weights for tests and benches: one block of Gaussian numbers, scaled per tensor and written over and over. */
import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import type { Dtype } from '../../native/weights/dtype.ts';
import { bytesPerElement } from '../../native/weights/dtype.ts';
import type { Shape } from '../../native/weights/inventory.ts';
import { seeded } from './random.ts';

export interface PlannedTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** A prime, so that the rows of no matrix line up with the block's repetitions. */
const blockLength = 1_000_003;

/** Writes one safetensors file of random weights; returns its size in bytes. */
export function writeRandomTensors(file: string, tensors: readonly PlannedTensor[], block: Float32Array): number {
  const header = makeHeader(tensors);
  const descriptor = openSync(file, 'w');
  try {
    let written = writeAll(descriptor, header);
    for (const tensor of tensors) written += writeTensor(descriptor, tensor, block);
    return written;
  } finally {
    closeSync(descriptor);
  }
}

/** The same of nothing but zeros, as holes in the file: of the right size without taking it. */
export function writeHollowTensors(file: string, tensors: readonly PlannedTensor[]): number {
  const header = makeHeader(tensors);
  const bytes = tensors.reduce((sum, { shape, dtype }) => sum + tensorBytes(shape, dtype), header.length);
  writeFileSync(file, header);
  truncateSync(file, bytes);
  return bytes;
}

/** Standard normal numbers by Box–Muller. */
export function gaussianBlock(seed: number, length = blockLength): Float32Array {
  const random = seeded(seed);
  const block = new Float32Array(length);
  for (let i = 0; i < length; i++) block[i] = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return block;
}

/** Length prefix and JSON, padded with spaces to a multiple of 8 as the reference writer does. */
export function makeHeader(tensors: readonly PlannedTensor[]): Uint8Array {
  let offset = 0;
  const entries: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const { name, shape, dtype } of tensors) {
    const end = offset + tensorBytes(shape, dtype);
    entries[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = JSON.stringify(entries);
  const length = Math.ceil(Buffer.byteLength(json) / 8) * 8;
  const bytes = Buffer.alloc(8 + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length), 0);
  bytes.write(json, 8);
  return bytes;
}

export function tensorBytes(shape: Shape, dtype: Dtype): number {
  return shape.reduce((product, size) => product * size, bytesPerElement[dtype]);
}

function writeTensor(descriptor: number, { name, shape, dtype }: PlannedTensor, block: Float32Array): number {
  const count = shape.reduce((product, size) => product * size, 1);
  const { mean, deviation } = statistics(name, shape);
  const size = bytesPerElement[dtype];
  const start = hashName(name) % block.length;
  const encoded = encode(rotate(block, start, Math.min(count, block.length)), mean, deviation, dtype);
  let written = 0;
  while (written < count * size) written += writeAll(descriptor, encoded.subarray(0, count * size - written));
  return written;
}

/** Keeps activations of order one: 1/√fan-in for matrices, about 1 for norms, half as much for what makes gates and shifts. */
function statistics(name: string, shape: Shape): { mean: number; deviation: number } {
  if (name.endsWith('.bias')) return { mean: 0, deviation: 0.02 };
  if (shape.length === 1) return { mean: 1, deviation: 0.1 };
  if (shape[0] === 1) return { mean: 0, deviation: 0.1 };
  const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
  const gain = /(_mod\.lin|modulation\.lin|adaLN_modulation\.1)\./.test(name) ? 0.5 : 1;
  return { mean: 0, deviation: gain / Math.sqrt(fanIn) };
}

function rotate(block: Float32Array, start: number, count: number): Float32Array {
  const rotated = new Float32Array(count);
  const first = block.subarray(start, start + count);
  rotated.set(first);
  rotated.set(block.subarray(0, count - first.length), first.length);
  return rotated;
}

function encode(normal: Float32Array, mean: number, deviation: number, dtype: Dtype): Uint8Array {
  const values = normal.map((x) => mean + deviation * x);
  if (dtype === 'F32') return new Uint8Array(values.buffer);
  const halves = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer);
  if (dtype === 'BF16') {
    // Round to nearest, ties to even.
    for (let i = 0; i < halves.length; i++) halves[i] = (bits[i]! + 0x7fff + ((bits[i]! >>> 16) & 1)) >>> 16;
  } else {
    for (let i = 0; i < halves.length; i++) halves[i] = toF16(values[i]!);
  }
  return new Uint8Array(halves.buffer);
}

/** Rounds half up; values of random weights lie far from float16's largest. */
function toF16(value: number): number {
  const sign = value < 0 ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  // A fraction that rounds up to 1024 carries into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + Math.round((size / 2 ** exponent - 1) * 1024));
}

function hashName(name: string): number {
  let hash = 2_166_136_261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16_777_619) >>> 0;
  return hash;
}

function writeAll(descriptor: number, bytes: Uint8Array): number {
  let done = 0;
  while (done < bytes.byteLength) done += writeSync(descriptor, bytes, done);
  return done;
}
