import type { Value } from '../onnx/graph.ts';
import type { BuildContext } from './context.ts';

/** One row of cosines and sines per position, one value per rotated pair. cos, sin [P, headDim/2]; positions [1, L] picks a row per token. */
export interface RopeTable {
  readonly cos: Value;
  readonly sin: Value;
  readonly positions: Value;
}

/**
 * Rotates the pairs of every head by its position's angle. x [B, L, heads·headDim] → same shape.
 * `interleaved` pairs are (2i, 2i+1); otherwise (i, i + headDim/2).
 */
export function rotary(ctx: BuildContext, x: Value, table: RopeTable, numHeads: number, interleaved: boolean): Value {
  return ctx.g.node(
    'RotaryEmbedding', [x, table.positions, table.cos, table.sin], [{ dataType: x.dataType, shape: x.shape }],
    { domain: 'com.microsoft', attributes: { interleaved: interleaved ? 1 : 0, num_heads: numHeads, rotary_embedding_dim: 0 } },
  )[0] as Value;
}

