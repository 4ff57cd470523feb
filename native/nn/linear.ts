import { abs, add, cast, clip, div, gemmTransposed, mul, quantizeRows, reduceMax, reshape, round, split, transpose } from '../onnx/ops.ts';
import type { Value } from '../onnx/graph.ts';
import { weight, type BuildContext } from './context.ts';

export interface LinearOptions {
  readonly bias: boolean;
  /** False keeps a small or delicate layer (embedders, the final layer) at full precision. Default true. */
  readonly quantise?: boolean;
}

/** Weights per 4-bit scale. */
const Q4_BLOCK = 32;

/**
 * A linear layer, y = x·Wᵀ + b, at the precision of the graph. x [L, in] → [L, out]
 * Quantisation is part of the graph and folded when the session is made: the checkpoint stays as published.
 */
export function linear(ctx: BuildContext, x: Value, name: string, inFeatures: number, outFeatures: number, options: LinearOptions): Value {
  const w = weight(ctx, `${name}.weight`, [outFeatures, inFeatures]);
  const b = options.bias ? weight(ctx, `${name}.bias`, [outFeatures]) : null;
  if (options.quantise !== false) {
    if (ctx.precision === 'int8') return linearInt8(ctx, x, w, b);
    if (ctx.precision === 'q4' && inFeatures % Q4_BLOCK === 0) return linearQ4(ctx, x, w, b);
  }
  return gemmTransposed(ctx.g, x, w, b);
}

/**
 * 7-bit weights: the AVX2 kernel adds two u8·s8 products in 16 bits, and 255·64·2 is the most that fits.
 * One choice for every processor keeps the bytes of a picture the same on each.
 */
const INT8_LIMIT = 64;

/** Activations quantised per tensor at run time (u8), weights per output column (s8). Source: ORT DynamicQuantizeMatMul. */
function linearInt8(ctx: BuildContext, x: Value, w: Value, b: Value | null): Value {
  const { g } = ctx;
  const [outFeatures, inFeatures] = w.shape as [number, number];
  const scale = reshape(g, clip(g, div(g, reduceMax(g, abs(g, w), 1), g.constantF32([INT8_LIMIT], [1])), 1e-12, null), [outFeatures]);
  const quantised = quantizeRows(g, w, scale);
  return g.node(
    'DynamicQuantizeMatMul',
    [x, transpose(g, quantised, [1, 0]), scale, null, b],
    [{ dataType: 'f32', shape: [...x.shape.slice(0, -1), outFeatures] }],
    { domain: 'com.microsoft', label: `int8[${inFeatures}→${outFeatures}]` },
  )[0] as Value;
}

/** Weights in blocks of 32 along the input, 4 bits each with one scale, zero at 8. Source: ORT MatMulNBits. */
function linearQ4(ctx: BuildContext, x: Value, w: Value, b: Value | null): Value {
  const { g } = ctx;
  const [outFeatures, inFeatures] = w.shape as [number, number];
  const blocks = inFeatures / Q4_BLOCK;
  const blocked = reshape(g, w, [outFeatures, blocks, Q4_BLOCK]);
  const scale = clip(g, div(g, reduceMax(g, abs(g, blocked), 2), g.constantF32([7.5], [1])), 1e-12, null);
  const levels = clip(g, round(g, add(g, div(g, blocked, scale), g.constantF32([8], [1]))), 0, 15);
  const pairs = split(g, reshape(g, levels, [outFeatures, blocks, Q4_BLOCK / 2, 2]), [1, 1], 3) as [Value, Value];
  const packed = cast(g, add(g, pairs[0], mul(g, pairs[1], g.constantF32([16], [1]))), 'u8');
  const y = g.node(
    'MatMulNBits',
    [x, reshape(g, packed, [outFeatures, blocks, Q4_BLOCK / 2]), reshape(g, scale, [outFeatures * blocks])],
    [{ dataType: x.dataType, shape: [...x.shape.slice(0, -1), outFeatures] }],
    {
      domain: 'com.microsoft',
      attributes: { K: inFeatures, N: outFeatures, bits: 4, block_size: Q4_BLOCK, accuracy_level: 4 },
      label: `q4[${inFeatures}→${outFeatures}]`,
    },
  )[0] as Value;
  return b ? add(g, y, b) : y;
}

