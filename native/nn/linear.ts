import { abs, add, cast, clip, div, gemmTransposed, mul, quantizeRows, reduceMax, reshape, round, split, transpose } from '../onnx/ops.ts';
import type { Value } from '../onnx/graph.ts';
import type { Precision } from '../types.ts';
import { int8Limit, q4Blocks, smallestScale } from '../weights/pack/kernels.ts';
import { packedMatrix, weight, type BuildContext } from './context.ts';

export interface LinearOptions {
  readonly bias: boolean;
  /** False keeps a small or delicate layer (embedders, the final layer) at full precision. Default true. */
  readonly quantise?: boolean;
}

/**
 * A linear layer, y = x·Wᵀ + b, at the precision of the graph. x [L, in] → [L, out]
 * Quantised weights come from the packed file where there is one; else quantisation is part of the graph and folded when the session is made. The checkpoint stays as published.
 */
export function linear(ctx: BuildContext, x: Value, name: string, inFeatures: number, outFeatures: number, options: LinearOptions): Value {
  const b = options.bias ? weight(ctx, `${name}.bias`, [outFeatures]) : null;
  const matrix = { name: `${name}.weight`, outFeatures, inFeatures };
  if (options.quantise !== false) {
    if (ctx.precision === 'int8') return linearInt8(ctx, x, matrix, b);
    const kind = q4KindOf(ctx.precision, inFeatures);
    if (kind) return linearQ4(ctx, x, matrix, kind, b);
  }
  return gemmTransposed(ctx.g, x, weight(ctx, matrix.name, [outFeatures, inFeatures]), b);
}

/** A stored weight matrix [outFeatures, inFeatures]. */
interface Matrix {
  readonly name: string;
  readonly outFeatures: number;
  readonly inFeatures: number;
}

/** Activations quantised per tensor at run time (u8), weights per output column (s8). Source: ORT DynamicQuantizeMatMul. */
function linearInt8(ctx: BuildContext, x: Value, matrix: Matrix, b: Value | null): Value {
  const { g } = ctx;
  const { outFeatures, inFeatures } = matrix;
  const [levels, scale] = int8Weights(ctx, matrix);
  return g.node(
    'DynamicQuantizeMatMul',
    [x, levels, scale, null, b],
    [{ dataType: 'f32', shape: [...x.shape.slice(0, -1), outFeatures] }],
    { domain: 'com.microsoft', label: `int8[${inFeatures}→${outFeatures}]` },
  )[0] as Value;
}

/** Levels [in, out] and scales [out]: packed ahead (weights/pack/kernels.ts has the same numbers), else folded from the stored weights when the session is made. */
function int8Weights(ctx: BuildContext, { name, outFeatures, inFeatures }: Matrix): [levels: Value, scale: Value] {
  const { g } = ctx;
  const packed = packedMatrix(ctx, { kind: 'int8', entry: ctx.weights.expect(name, [outFeatures, inFeatures]), rows: outFeatures, columns: inFeatures });
  if (packed) return [packed(0, 'i8', [inFeatures, outFeatures]), packed(1, 'f32', [outFeatures])];
  const w = weight(ctx, name, [outFeatures, inFeatures]);
  const scale = reshape(g, clip(g, div(g, reduceMax(g, abs(g, w), 1), g.constantF32([int8Limit], [1])), smallestScale, null), [outFeatures]);
  return [transpose(g, quantizeRows(g, w, scale), [1, 0]), scale];
}

type Q4Kind = keyof typeof q4Blocks;

/** The larger block where it was asked for and divides the row, else the smaller, else none. */
function q4KindOf(precision: Precision, inFeatures: number): Q4Kind | null {
  const wanted: readonly Q4Kind[] = precision === 'q4b128' ? ['q4b128', 'q4'] : precision === 'q4' ? ['q4'] : [];
  return wanted.find((kind) => inFeatures % q4Blocks[kind] === 0) ?? null;
}

/** Weights in blocks along the input, 4 bits each with one scale a block, zero at 8. Source: ORT MatMulNBits. */
function linearQ4(ctx: BuildContext, x: Value, matrix: Matrix, kind: Q4Kind, b: Value | null): Value {
  const { g } = ctx;
  const { outFeatures, inFeatures } = matrix;
  const [levels, scale] = q4Weights(ctx, matrix, kind);
  const y = g.node(
    'MatMulNBits',
    [x, levels, scale],
    [{ dataType: x.dataType, shape: [...x.shape.slice(0, -1), outFeatures] }],
    {
      domain: 'com.microsoft',
      attributes: { K: inFeatures, N: outFeatures, bits: 4, block_size: q4Blocks[kind], accuracy_level: 4 },
      label: `${kind}[${inFeatures}→${outFeatures}]`,
    },
  )[0] as Value;
  return b ? add(g, y, b) : y;
}

/** Levels [out, blocks, block / 2], two to a byte, and scales [out × blocks]: packed ahead, else folded. */
function q4Weights(ctx: BuildContext, { name, outFeatures, inFeatures }: Matrix, kind: Q4Kind): [levels: Value, scale: Value] {
  const { g } = ctx;
  const block = q4Blocks[kind];
  const blocks = inFeatures / block;
  const packed = packedMatrix(ctx, { kind, entry: ctx.weights.expect(name, [outFeatures, inFeatures]), rows: outFeatures, columns: inFeatures });
  if (packed) return [packed(0, 'u8', [outFeatures, blocks, block / 2]), packed(1, 'f32', [outFeatures * blocks])];
  const blocked = reshape(g, weight(ctx, name, [outFeatures, inFeatures]), [outFeatures, blocks, block]);
  const scale = clip(g, div(g, reduceMax(g, abs(g, blocked), 2), g.constantF32([7.5], [1])), smallestScale, null);
  const levels = clip(g, round(g, add(g, div(g, blocked, scale), g.constantF32([8], [1]))), 0, 15);
  const pairs = split(g, reshape(g, levels, [outFeatures, blocks, block / 2, 2]), [1, 1], 3) as [Value, Value];
  const bytes = cast(g, add(g, pairs[0], mul(g, pairs[1], g.constantF32([16], [1]))), 'u8');
  return [reshape(g, bytes, [outFeatures, blocks, block / 2]), reshape(g, scale, [outFeatures * blocks])];
}
