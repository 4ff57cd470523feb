import type { GoldenTensor } from './case.ts';

/** How one of our tensors stands against the golden one. */
export interface Comparison {
  readonly name: string;
  readonly ok: boolean;
  /** Largest deviation as a share of what is allowed; 1 = at the limit. */
  readonly ofLimit: number;
  readonly note: string;
}

const F32_ERR_FACTOR = 25;
const RMS_FACTOR = 2e-5;
const MAX_LEVELS = 1;
const MAX_DIFFERING_SHARE = 0.001;

/** Ids and tokens exact; floats within 25·f32_err + 2e-5·rms; images at most one level off on at most 0.1 % of bytes. */
export function compareTensor(name: string, ours: ArrayLike<number> | ArrayLike<bigint>, shape: readonly number[], golden: GoldenTensor): Comparison {
  const size = golden.shape.reduce((a, b) => a * b, 1);
  const trimmed = (dims: readonly number[]): string => dims.filter((dim, i) => dim !== 1 || i === dims.length - 1).join('×');
  if (ours.length !== size || (trimmed(shape) !== trimmed(golden.shape))) {
    return { name, ok: false, ofLimit: Infinity, note: `shape ${shape.join('×')}, expected ${golden.shape.join('×')}` };
  }
  let worst = 0;
  let at = 0;
  let differing = 0;
  for (let i = 0; i < size; i++) {
    const deviation = Math.abs(Number(ours[i]) - (golden.data[i] as number));
    if (deviation > 0 || Number.isNaN(deviation)) differing += 1;
    if (deviation > worst || Number.isNaN(deviation)) [worst, at] = [Number.isNaN(deviation) ? Infinity : deviation, i];
  }
  if (golden.dtype === 'I32') return { name, ok: differing === 0, ofLimit: differing, note: `${differing} of ${size} differ` };
  if (golden.dtype === 'U8') {
    const ok = worst <= MAX_LEVELS && differing <= Math.max(MAX_DIFFERING_SHARE * size, 0);
    return { name, ok, ofLimit: worst > MAX_LEVELS ? Infinity : differing / (MAX_DIFFERING_SHARE * size), note: `${differing} of ${size} bytes differ, by up to ${worst}` };
  }
  const limit = F32_ERR_FACTOR * golden.f32Err + RMS_FACTOR * golden.rms;
  return {
    name, ok: worst <= limit, ofLimit: limit === 0 ? (worst === 0 ? 0 : Infinity) : worst / limit,
    note: `off by ${worst.toExponential(2)} at ${at} (limit ${limit.toExponential(2)}, rms ${golden.rms.toExponential(2)})`,
  };
}
