/** The three tensor types that weights come in, and their conversion to float32. */

export type Dtype = 'F32' | 'F16' | 'BF16';

export const bytesPerElement: Readonly<Record<Dtype, number>> = { F32: 4, F16: 2, BF16: 2 };

export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(bytesPerElement, name);
}

/**
 * Little-endian tensor bytes → float32 values, exactly (both 16-bit types are subsets of float32).
 * in [n × bytesPerElement] at any alignment → out [n]. Without conversion (F32, aligned) the result shares the input's memory.
 */
export function toFloat32(bytes: Uint8Array, dtype: Dtype): Float32Array {
  const size = bytesPerElement[dtype];
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const count = bytes.byteLength / size;
  if (dtype === 'F32') return new Float32Array(aligned.buffer, aligned.byteOffset, count);
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, count);
  return dtype === 'BF16' ? widenBf16(halves) : widenF16(halves);
}

/** A bfloat16 is the upper half of a float32. */
function widenBf16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

function widenF16(halves: Uint16Array): Float32Array {
  f16Table ??= makeF16Table();
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = f16Table[halves[i]!]!;
  return values;
}

let f16Table: Float32Array | undefined;

/** All 65,536 float16 values: a look-up is several times faster than taking each apart, and Node 22 has no Float16Array. */
function makeF16Table(): Float32Array {
  const table = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) table[bits] = decodeF16(bits);
  return table;
}

/** Source: IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function decodeF16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
