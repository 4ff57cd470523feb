/** Flow matching with Euler steps: when to look at the model, and how far to go. */

import { EngineError } from '../errors.ts';

export interface ScheduleOptions {
  /** Steps of a full run, from t = 1 to t = 0. */
  readonly steps: number;
  /** Target tokens only: context tokens do not count. */
  readonly seqLen: number;
  /** The config's `timestep_shift`; a number is a fixed mu. Default true. */
  readonly shift?: boolean | number;
  /** mu at 256 and at 4096 tokens. Defaults 0.5 and 1.15. */
  readonly baseShift?: number;
  readonly maxShift?: number;
  /** (0, 1]: the time at which denoising starts; 1 = pure noise. Default 1. */
  readonly strength?: number;
}

const f = Math.fround;

/** a·b + c with one rounding: the product of two float32 values is exact in a double. */
function fma(a: number, b: number, c: number): number {
  return f(a * b + c);
}

/**
 * torch.linspace(start, end, count) in float32 as its AVX2 path makes it: bases filled from both ends, fused; values in
 * whole pairs of 8-wide blocks counted up from their block's base, unfused. Equal to the last bit for (1, 0, any count).
 * Source: torch `RangeFactoriesKernel.cpp`.
 */
export function linspaceF32(start: number, end: number, count: number): Float32Array {
  const out = new Float32Array(count);
  if (count === 1) return out.fill(start);
  const a = f(start);
  const b = f(end);
  const step = f(f(b - a) / f(count - 1));
  const half = Math.trunc(count / 2);
  const blocked = count - (count % 16);
  for (let i = 0; i < count; ) {
    const base = i < half ? fma(step, i, a) : fma(-step, count - i - 1, b);
    const width = i < blocked ? 8 : 1;
    for (let k = 0; k < width; k++) out[i + k] = f(base + f(k * step));
    i += width;
  }
  return out;
}

/**
 * mu for a number of target tokens, on the line through (256, baseShift) and (4096, maxShift).
 * Source: Ovis-U1 `get_lin_function`.
 */
export function shiftMu(seqLen: number, baseShift = 0.5, maxShift = 1.15): number {
  const slope = (maxShift - baseShift) / (4096 - 256);
  return slope * seqLen + (baseShift - slope * 256);
}

/** e^mu/(e^mu + 1/t − 1) with the reference's float32 roundings; t = 0 goes through 1/0 = infinity to 0. */
function shifted(t: number, expMu: number): number {
  const denominator = f(f(expMu) + f(f(1 / t) - 1));
  return f(f(1 / denominator) * f(expMu));
}

function mu(o: ScheduleOptions): number | undefined {
  if (o.shift === false) return undefined;
  return typeof o.shift === 'number' ? o.shift : shiftMu(o.seqLen, o.baseShift, o.maxShift);
}

function check(o: ScheduleOptions): void {
  const { steps, seqLen, strength = 1 } = o;
  if (!Number.isInteger(steps) || steps < 1) {
    throw new EngineError('REQUEST_INVALID', `Steps must be a whole number from 1 up, got ${steps}.`, { steps });
  }
  if (!(seqLen >= 1)) throw new EngineError('REQUEST_INVALID', `A schedule needs at least one token, got ${seqLen}.`, { seqLen });
  if (!(strength > 0 && strength <= 1)) {
    throw new EngineError('REQUEST_INVALID', `Strength must be above 0 and at most 1, got ${strength}.`, { strength });
  }
  if (typeof o.shift === 'number' && !Number.isFinite(o.shift)) {
    throw new EngineError('REQUEST_INVALID', 'The shift must be a finite number.', { shift: String(o.shift) });
  }
}

/**
 * The times of a run, falling from `strength` (1 = pure noise) to 0. out [steps+1] float32, fewer below full strength:
 * a partial run takes max(1, round(steps·strength)) of the steps, evenly spaced before the shift.
 * REQUEST_INVALID for steps < 1, seqLen < 1 or strength outside (0, 1]. Source: Ovis-U1 `get_schedule`.
 */
export function schedule(o: ScheduleOptions): Float32Array {
  check(o);
  const strength = o.strength ?? 1;
  const m = mu(o);
  const expMu = m === undefined ? 1 : Math.exp(m);
  // The unshifted time whose shifted value is the strength: the inverse of e^mu/(e^mu + 1/t − 1).
  const start = m === undefined ? strength : 1 / (1 + expMu * (1 / strength - 1));
  const count = strength === 1 ? o.steps : Math.max(1, Math.round(o.steps * strength));
  const times = linspaceF32(start, 0, count + 1);
  if (m !== undefined) for (let i = 0; i < times.length; i++) times[i] = shifted(times[i]!, expMu);
  // The way there and back may be an ulp off; the caller's noise mix uses the strength itself.
  times[0] = strength;
  return times;
}

/**
 * One Euler step in place: x += (tNext − t)·v. x and v have one layout.
 * REQUEST_INVALID where lengths differ; NON_FINITE where the velocity is no number.
 */
export function step(x: Float32Array, v: Float32Array, t: number, tNext: number): void {
  if (x.length !== v.length) {
    throw new EngineError('REQUEST_INVALID', 'State and velocity differ in length.', { x: x.length, v: v.length });
  }
  const dt = tNext - t;
  let finite = 0;
  for (let i = 0; i < x.length; i++) {
    const next = x[i]! + dt * v[i]!;
    x[i] = next;
    // 0·next is 0 for every finite number and NaN otherwise: one test after the loop instead of one per value.
    finite += 0 * next;
  }
  if (finite !== 0) throw new EngineError('NON_FINITE', `The model's velocity at t = ${t} holds values that are no numbers.`, { t });
}
