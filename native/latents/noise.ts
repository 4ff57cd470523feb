/** Normal noise equal to torch's on a CPU, so that a published seed gives the published picture's start. */

import { EngineError } from '../errors.ts';
import type { NoiseStream } from '../types.ts';
import { fillBfloat16 } from './noiseBfloat16.ts';
import { Mt19937 } from './mt19937.ts';

const f = Math.fround;

/**
 * a·b + c with one rounding. The product of two float32 values is exact in a double; the sum is rounded twice, which
 * differs from a fused operation less than once in 10⁸.
 */
function fma(a: number, b: number, c: number): number {
  return f(a * b + c);
}

const block = 16;
const lanes = 8;
const twoPi = f(2 * Math.PI);
const sqrtHalf = f(Math.SQRT1_2);
const fourOverPi = f(4 / Math.PI);

// Cephes' float32 polynomials, highest power first, and π/4 and ln 2 in parts.
const log0 = f(7.0376836292e-2);
const log1 = f(-1.151461031e-1);
const log2 = f(1.167699874e-1);
const log3 = f(-1.2420140846e-1);
const log4 = f(1.4249322787e-1);
const log5 = f(-1.6668057665e-1);
const log6 = f(2.0000714765e-1);
const log7 = f(-2.4999993993e-1);
const log8 = f(3.3333331174e-1);
const ln2Low = f(-2.12194440e-4);
const ln2High = f(0.693359375);
const quarterPi1 = f(-0.78515625);
const quarterPi2 = f(-2.4187564849853516e-4);
const quarterPi3 = f(-3.774894977445941e-8);
const cos0 = f(2.443315711809948e-5);
const cos1 = f(-1.388731625493765e-3);
const cos2 = f(4.166664568298827e-2);
const sin0 = f(-1.9515295891e-4);
const sin1 = f(8.3321608736e-3);
const sin2 = f(-1.6666654611e-1);

/** ln(m/2²⁴) in float32, for 1 ≤ m ≤ 2²⁴. */
function logOf24(m: number): number {
  const bits = 32 - Math.clz32(m);
  let e = bits - 24;
  let x = m / 2 ** bits;
  if (x < sqrtHalf) {
    e -= 1;
    x = f(f(x - 1) + x);
  } else {
    x = f(x - 1);
  }
  const z = f(x * x);
  let y = fma(log0, x, log1);
  y = fma(y, x, log2);
  y = fma(y, x, log3);
  y = fma(y, x, log4);
  y = fma(y, x, log5);
  y = fma(y, x, log6);
  y = fma(y, x, log7);
  y = fma(y, x, log8);
  y = f(y * x);
  y = fma(y, z, f(e * ln2Low));
  y = fma(z, -0.5, y);
  return fma(e, ln2High, f(x + y));
}

/**
 * One block of 16 from 16 uniform integers below 2²⁴: Box–Muller over pairs (j, j + 8). Multiplications and additions are
 * fused where torch's AVX2 build fuses them.
 */
function fillBlock(out: Float32Array, offset: number, uniforms: Int32Array, from: number): void {
  for (let j = 0; j < lanes; j++) {
    const radius = f(Math.sqrt(f(-2 * logOf24(0x1000000 - uniforms[from + j]!))));
    const theta = f(twoPi * (uniforms[from + j + lanes]! * 2 ** -24));
    const octant = (Math.trunc(f(theta * fourOverPi)) + 1) & ~1;
    const x = fma(octant, quarterPi3, fma(octant, quarterPi2, fma(octant, quarterPi1, theta)));
    const z = f(x * x);
    let c = fma(fma(cos0, z, cos1), z, cos2);
    c = f(fma(f(c * z), z, -f(z * 0.5)) + 1);
    const s = fma(f(fma(fma(sin0, z, sin1), z, sin2) * z), x, x);
    const swap = (octant & 2) !== 0;
    const cosine = swap ? s : c;
    const sine = swap ? c : s;
    // Adding 0 turns −0 into 0, as torch's closing multiply-add with mean 0 does.
    out[offset + j] = f(radius * ((~(octant - 2) & 4) !== 0 ? -cosine : cosine)) + 0;
    out[offset + j + lanes] = f(radius * ((octant & 4) !== 0 ? -sine : sine)) + 0;
  }
}

/** Below 16 values torch draws doubles, pair by pair. */
function fillScalar(out: Float32Array, rng: Mt19937): void {
  for (let i = 0; i < out.length; i += 2) {
    const theta = 2 * Math.PI * rng.drawDouble();
    const radius = Math.sqrt(-2 * Math.log1p(-rng.drawDouble()));
    out[i] = radius * Math.cos(theta);
    // Beyond the end of an odd count this is dropped, as a typed array drops it.
    out[i + 1] = radius * Math.sin(theta);
  }
}

function fillFloat32(out: Float32Array, rng: Mt19937): void {
  const uniforms = new Int32Array(out.length);
  for (let i = 0; i < uniforms.length; i++) uniforms[i] = rng.draw24();
  for (let i = 0; i + block <= out.length; i += block) fillBlock(out, i, uniforms, i);
  if (out.length % block !== 0) {
    // The last 16 are drawn anew and overwrite part of the last whole block.
    for (let i = 0; i < block; i++) uniforms[i] = rng.draw24();
    fillBlock(out, out.length - block, uniforms, 0);
  }
}

/**
 * Standard normal noise as `torch.manual_seed(seed); torch.randn(count, dtype=…)` draws it on a CPU with AVX2.
 * out [count] float32; the bf16 stream's values are those of bfloat16. Equal to torch 1.13 to the bit in 16.8 million values
 * of 256 seeds; torch's own path without AVX2 differs from it in the last bits.
 * REQUEST_INVALID unless seed is a whole number from 0 to 2⁵³−1 (its low 32 bits count) and count is a whole number from 1.
 * Source: torch `DistributionTemplates.h`, `avx_mathfun.h`.
 */
export function normalNoise(count: number, seed: number, stream: NoiseStream = 'torch-f32'): Float32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new EngineError('REQUEST_INVALID', `A seed is a whole number from 0 to 2^53-1, got ${seed}.`, { seed: String(seed) });
  }
  if (!Number.isInteger(count) || count < 1) {
    throw new EngineError('REQUEST_INVALID', `Noise needs at least one value, got ${count}.`, { count: String(count) });
  }
  const rng = new Mt19937(seed);
  const out = new Float32Array(count);
  if (count < block) fillScalar(out, rng);
  if (stream === 'torch-bf16') fillBfloat16(out, rng);
  else if (count >= block) fillFloat32(out, rng);
  return out;
}
