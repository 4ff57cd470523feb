import type { Dim } from '../onnx/dim.ts';
import { graphError, type Value } from '../onnx/graph.ts';
import { add, cast, concat, matMul, mul, reshape, rmsNorm, softmax, splitEvenly, transpose, unsqueeze } from '../onnx/ops.ts';
import { weight, type BuildContext } from './context.ts';

export interface AttentionInputs {
  /** [B, L, numHeads·headDim] */
  readonly q: Value;
  /** [B, S, kvHeads·headDim] */
  readonly k: Value;
  readonly v: Value;
  readonly numHeads: number;
  /** Fewer key/value heads than query heads share them in consecutive groups. Default: numHeads. */
  readonly kvHeads?: number;
  /** Added to the scores, [B or 1, 1, L, S]; −inf hides a key. */
  readonly bias?: Value | null;
}

/** Softmax(q·kᵀ/√headDim + bias)·v, by the runtime's fused kernel or written out. → [B, L, numHeads·headDim] */
export function attention(ctx: BuildContext, inputs: AttentionInputs): Value {
  const grouped = (inputs.kvHeads ?? inputs.numHeads) !== inputs.numHeads;
  return ctx.attention === 'fused' && !grouped ? fused(ctx, inputs) : decomposed(ctx, inputs);
}

function fused(ctx: BuildContext, { q, k, v, numHeads, bias }: AttentionInputs): Value {
  const inputs = bias ? [q, k, v, null, null, bias] : [q, k, v];
  return ctx.g.node('MultiHeadAttention', inputs, [{ dataType: q.dataType, shape: q.shape }], {
    domain: 'com.microsoft', attributes: { num_heads: numHeads },
  })[0] as Value;
}

/** The same in plain operators; the query rows come in chunks so that the score tensor stays small. */
function decomposed(ctx: BuildContext, { q, k, v, numHeads, kvHeads = numHeads, bias }: AttentionInputs): Value {
  const { g } = ctx;
  const [batch, length, width] = q.shape as [Dim, Dim, number];
  const keys = k.shape[1] as Dim;
  const headDim = width / numHeads;
  const groups = numHeads / kvHeads;
  if (!Number.isInteger(headDim) || !Number.isInteger(groups)) throw graphError(`attention: ${numHeads} heads over ${kvHeads} do not divide ${width}`);
  const scale = cast(g, g.constantF32([1 / Math.sqrt(headDim)], [1]), q.dataType);
  // Heads that share keys become rows of one product per key head: [B, kv, groups, L, d] × [B, kv, 1, d, S].
  const rows = transpose(g, reshape(g, mul(g, q, scale), [batch, length, kvHeads, groups, headDim]), [0, 2, 3, 1, 4]);
  const columns = transpose(g, reshape(g, k, [batch, keys, kvHeads, 1, headDim]), [0, 2, 3, 4, 1]);
  const values = transpose(g, reshape(g, v, [batch, keys, kvHeads, 1, headDim]), [0, 2, 3, 1, 4]);
  const bias5 = bias ? unsqueeze(g, bias, 1) : null;
  const part = (someRows: Value, someBias: Value | null): Value => {
    const scores = matMul(g, someRows, columns);
    return matMul(g, softmax(g, someBias ? add(g, scores, someBias) : scores), values);
  };
  let out: Value;
  if (ctx.chunks.queries > 1) {
    const rowParts = splitEvenly(g, rows, ctx.chunks.queries, 3);
    const biasParts = bias5 ? splitEvenly(g, bias5, ctx.chunks.queries, 3) : null;
    const joined = concat(g, rowParts.map((rowPart, i) => part(rowPart, biasParts?.[i] ?? null)), 3);
    out = { ...joined, shape: rows.shape };
  } else {
    out = part(rows, bias5);
  }
  return reshape(g, transpose(g, out, [0, 3, 1, 2, 4]), [batch, length, width]);
}

/** RMS norm of each head on its own, before the rotation. x [B, L, heads·headDim], weight [headDim] → same shape */
export function headNorm(ctx: BuildContext, x: Value, weightName: string, numHeads: number, epsilon: number): Value {
  const { g } = ctx;
  const [batch, length, width] = x.shape as [Dim, Dim, number];
  const headDim = width / numHeads;
  const heads = reshape(g, x, [batch, length, numHeads, headDim]);
  return reshape(g, rmsNorm(g, heads, weight(ctx, weightName, [headDim]), epsilon), x.shape);
}

