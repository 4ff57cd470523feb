import type { YakConfig } from '../config.ts';
import { attention } from '../nn/attention.ts';
import { buildContext, floatInput, floatOutput, tap, weight, type BuildContext, type BuildOptions } from '../nn/context.ts';
import { linear } from '../nn/linear.ts';
import type { BuiltGraph, Value } from '../onnx/graph.ts';
import { add, concat, layerNorm, mul, reduceMean, reshape, silu, slice, split } from '../onnx/ops.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';

/** The bidirectional token refiner: text features with a learnable class token in front. Its depth is fixed by the published code. */

const NAME = 'visual_generator.backbone.txt_in';
const DEPTH = 2;
const MLP_RATIO = 4;
const NORM_EPS = 1e-6;

function block(ctx: BuildContext, c: YakConfig, x: Value, condition: Value, index: number): Value {
  const { g } = ctx;
  const d = c.hiddenSize;
  const name = `${NAME}.individual_token_refiner.blocks.${index}`;
  const modulation = linear(ctx, silu(g, condition), `${name}.adaLN_modulation.1`, d, 2 * d, { bias: true });
  const [attentionGate, mlpGate] = split(g, modulation, [d, d], 1) as [Value, Value];
  const norm = (value: Value, part: string): Value =>
    layerNorm(g, value, weight(ctx, `${name}.${part}.weight`, [d]), weight(ctx, `${name}.${part}.bias`, [d]), NORM_EPS);

  const qkv = linear(ctx, norm(x, 'norm1'), `${name}.self_attn_qkv`, d, 3 * d, { bias: true });
  const [q, k, v] = split(g, reshape(g, qkv, [1, '1+L', 3 * d]), [d, d, d], 2) as [Value, Value, Value];
  // Twice the decoder's heads: so it is in the published code.
  const attended = reshape(g, attention(ctx, { q, k, v, numHeads: 2 * c.numHeads }), ['1+L', d]);
  const y = add(g, x, mul(g, linear(ctx, attended, `${name}.self_attn_proj`, d, d, { bias: true }), attentionGate));

  const hidden = silu(g, linear(ctx, norm(y, 'norm2'), `${name}.mlp.fc1`, d, MLP_RATIO * d, { bias: true }));
  return add(g, y, mul(g, linear(ctx, hidden, `${name}.mlp.fc2`, MLP_RATIO * d, d, { bias: true }), mlpGate));
}

/**
 * Refines a condition's text features; nothing here depends on the timestep.
 * in: `txt` [L, contextInDim]. out: `txt_features` [L, D], `pooled` [1, D] (the class token), `vector` [1, D] (its embedding, added to the time's).
 * Source: Ovis-U1 visual generator, TokenRefiner and vector_in.
 */
export function buildRefiner(checkpoint: Checkpoint, c: YakConfig, options: BuildOptions): BuiltGraph {
  const ctx = buildContext('refiner', checkpoint, options);
  const { g } = ctx;
  const d = c.hiddenSize;
  const txt = floatInput(ctx, 'txt', ['L', c.contextInDim]);
  const exact = { bias: true, quantise: false };

  const mean = reduceMean(g, txt, 0);
  const c1 = silu(g, linear(ctx, mean, `${NAME}.c_embedder.linear_1`, c.contextInDim, d, exact));
  const condition = linear(ctx, c1, `${NAME}.c_embedder.linear_2`, d, d, exact);
  tap(ctx, 'refiner.c', condition);

  const embedded = linear(ctx, txt, `${NAME}.input_embedder`, c.contextInDim, d, exact);
  let x = concat(g, [weight(ctx, `${NAME}.cls_token`, [1, 1, d], [1, d]), embedded], 0);
  tap(ctx, 'refiner.x0', x);
  for (let i = 0; i < DEPTH; i++) {
    x = block(ctx, c, x, condition, i);
    tap(ctx, `refiner.x${i + 1}`, x);
  }
  const pooled = slice(g, x, 0, 1, 0, 1);
  floatOutput(ctx, 'txt_features', slice(g, x, 1, Number.MAX_SAFE_INTEGER, 0, 'L'));
  floatOutput(ctx, 'pooled', pooled);
  const v1 = silu(g, linear(ctx, pooled, 'visual_generator.backbone.vector_in.in_layer', d, d, exact));
  floatOutput(ctx, 'vector', linear(ctx, v1, 'visual_generator.backbone.vector_in.out_layer', d, d, exact));
  return g.build();
}
