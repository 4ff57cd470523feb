/** How a time enters the visual decoder. */

const maxPeriod = 10000;
const timeFactor = 1000;
const f = Math.fround;

/** a·b + c with one rounding: the product of two float32 values is exact in a double. */
function fma(a: number, b: number, c: number): number {
  return f(a * b + c);
}

const log2e = f(1.4426950408889634);
const ln2High = f(0.693145751953125);
const ln2Low = f(1.4286067653301870e-6);
const expSeries = [0.0013930435525253415, 0.008333360776305199, 0.04166648536920547, 0.1666666716337204, 0.5].map(f);

/**
 * The exponential of a float32 as the reference computes it, one ulp off the true one now and then: at 1000·t that ulp
 * moves a feature by 3e-5. Source: SLEEF `expf`, 1.0 ulp.
 */
export function expF32(x: number): number {
  const q = Math.round(f(x * log2e));
  const s = fma(q, -ln2Low, fma(q, -ln2High, x));
  let u = f(0.00019852761761285365);
  for (const c of expSeries) u = fma(u, s, c);
  return f(f(1 + fma(f(s * s), u, s)) * 2 ** q);
}

/**
 * Sinusoidal features of a time in [0, 1]: cosines, then sines, of 1000·t·exp(−ln(10⁴)·i/(dim/2)). out [dim] float32.
 * Source: Ovis-U1 `timestep_embedding`; angles are float32 there, so they are here.
 */
export function timeFeatures(t: number, dim = 256): Float32Array {
  const half = dim / 2;
  const out = new Float32Array(dim);
  const scaled = f(timeFactor * f(t));
  const rate = f(-Math.log(maxPeriod));
  for (let i = 0; i < half; i++) {
    const angle = f(scaled * expF32(f(f(rate * i) / half)));
    out[i] = Math.cos(angle);
    out[half + i] = Math.sin(angle);
  }
  return out;
}
