import type { LlmConfig } from '../config.ts';
import { attention, headNorm } from '../nn/attention.ts';
import { buildContext, floatInput, floatOutput, tap, weight, type BuildContext, type BuildOptions } from '../nn/context.ts';
import { linear } from '../nn/linear.ts';
import { rotary, type RopeTable } from '../nn/rope.ts';
import type { BuiltGraph, Value } from '../onnx/graph.ts';
import { add, concat, mul, reshape, rmsNorm, silu } from '../onnx/ops.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';

/** The language model, Qwen3: grouped-query attention with per-head q/k norms, SwiGLU, half-split rotary positions. */

/** Grouped-query attention with its cache in one kernel wants heads of 16·n values; other sizes are written out. */
export function fusesCache(config: LlmConfig, options: Pick<BuildOptions, 'attention'>): boolean {
  return options.attention === 'fused' && config.headDim % 16 === 0;
}

interface LayerCache {
  readonly key: Value;
  readonly value: Value;
}

interface Positions {
  readonly table: RopeTable;
  /** Fused form: [1] last position, [1] total length. Written out: the additive causal mask. */
  readonly lastIndex: Value | null;
  readonly totalLength: Value | null;
  readonly mask: Value | null;
}

function selfAttention(ctx: BuildContext, c: LlmConfig, x: Value, name: string, at: Positions, past: LayerCache): [Value, LayerCache] {
  const { g } = ctx;
  const [qWidth, kvWidth] = [c.numHeads * c.headDim, c.numKvHeads * c.headDim];
  const project = (part: string, width: number): Value =>
    reshape(g, linear(ctx, x, `${name}.${part}`, c.hiddenSize, width, { bias: c.attentionBias }), [1, 'L', width]);
  const q = headNorm(ctx, project('q_proj', qWidth), `${name}.q_norm.weight`, c.numHeads, c.rmsNormEps);
  const k = headNorm(ctx, project('k_proj', kvWidth), `${name}.k_norm.weight`, c.numKvHeads, c.rmsNormEps);
  const v = project('v_proj', kvWidth);

  let out: Value;
  let present: LayerCache;
  if (at.lastIndex && at.totalLength) {
    const cacheShape = [1, c.numKvHeads, 'T', c.headDim];
    const [y, key, value] = g.node(
      'GroupQueryAttention',
      [q, k, v, past.key, past.value, at.lastIndex, at.totalLength, at.table.cos, at.table.sin],
      [q.shape, cacheShape, cacheShape].map((shape) => ({ dataType: ctx.computeType, shape })),
      { domain: 'com.microsoft', attributes: { num_heads: c.numHeads, kv_num_heads: c.numKvHeads, do_rotary: 1, rotary_interleaved: 0 } },
    ) as [Value, Value, Value];
    [out, present] = [y, { key, value }];
  } else {
    const key = concat(g, [past.key, rotary(ctx, k, at.table, c.numKvHeads, false)], 1);
    const value = concat(g, [past.value, v], 1);
    const q1 = rotary(ctx, q, at.table, c.numHeads, false);
    out = attention(ctx, { q: q1, k: key, v: value, numHeads: c.numHeads, kvHeads: c.numKvHeads, bias: at.mask });
    present = { key, value };
  }
  return [linear(ctx, reshape(g, out, ['L', qWidth]), `${name}.o_proj`, qWidth, c.hiddenSize, { bias: c.attentionBias }), present];
}

function swiGlu(ctx: BuildContext, c: LlmConfig, x: Value, name: string): Value {
  const gate = linear(ctx, x, `${name}.gate_proj`, c.hiddenSize, c.intermediateSize, { bias: false });
  const up = linear(ctx, x, `${name}.up_proj`, c.hiddenSize, c.intermediateSize, { bias: false });
  return linear(ctx, mul(ctx.g, silu(ctx.g, gate), up), `${name}.down_proj`, c.intermediateSize, c.hiddenSize, { bias: false });
}

/**
 * The language model's layers over embedded tokens, with a key/value cache.
 *
 * in: `embeds` [L, H]; `cos`, `sin` [P, headDim/2]; per layer `past_key.i`, `past_value.i`;
 * fused: `last_index`, `total_length` i32[1], caches [1, kvHeads, T, headDim] that may be longer than what they hold;
 * written out: `positions` i64[1, L], `mask` [1, 1, L, past+L], caches [1, past, kvHeads·headDim].
 * out: `hidden_last` [L, H] after the final norm, `hidden_second_last` [L, H] into the last layer, `present_*`.
 * Source: Qwen3; hidden states as Ovis-U1 takes them for its image conditions.
 */
export function buildQwen3(checkpoint: Checkpoint, c: LlmConfig, options: BuildOptions): BuiltGraph {
  const ctx = buildContext('language model', checkpoint, options);
  const { g } = ctx;
  const useFused = fusesCache(c, options);
  let x = floatInput(ctx, 'embeds', ['L', c.hiddenSize]);
  const half = c.headDim / 2;
  const [cos, sin] = [floatInput(ctx, 'cos', ['P', half]), floatInput(ctx, 'sin', ['P', half])];
  const at: Positions = useFused
    ? { table: { cos, sin, positions: cos }, lastIndex: g.input('last_index', 'i32', [1]), totalLength: g.input('total_length', 'i32', [1]), mask: null }
    : { table: { cos, sin, positions: g.input('positions', 'i64', [1, 'L']) }, lastIndex: null, totalLength: null, mask: floatInput(ctx, 'mask', [1, 1, 'L', 'past+L']) };
  const pastShape = useFused ? [1, c.numKvHeads, 'past', c.headDim] : [1, 'past', c.numKvHeads * c.headDim];

  let secondLast = x;
  for (let i = 0; i < c.numLayers; i++) {
    const name = `llm.model.layers.${i}`;
    tap(ctx, `llm.hidden${i}`, x);
    secondLast = x;
    const past = { key: floatInput(ctx, `past_key.${i}`, pastShape), value: floatInput(ctx, `past_value.${i}`, pastShape) };
    const normed = rmsNorm(g, x, weight(ctx, `${name}.input_layernorm.weight`, [c.hiddenSize]), c.rmsNormEps);
    const [attended, present] = selfAttention(ctx, c, normed, `${name}.self_attn`, at, past);
    x = add(g, x, attended);
    const normed2 = rmsNorm(g, x, weight(ctx, `${name}.post_attention_layernorm.weight`, [c.hiddenSize]), c.rmsNormEps);
    x = add(g, x, swiGlu(ctx, c, normed2, `${name}.mlp`));
    floatOutput(ctx, `present_key.${i}`, present.key);
    floatOutput(ctx, `present_value.${i}`, present.value);
  }
  floatOutput(ctx, 'hidden_last', rmsNorm(g, x, weight(ctx, 'llm.model.norm.weight', [c.hiddenSize]), c.rmsNormEps));
  floatOutput(ctx, 'hidden_second_last', secondLast);
  return g.build();
}

/** The output head: `hidden` [L, H] → `logits` [L, vocabulary]. Tied models take the embedding table. */
export function buildLmHead(checkpoint: Checkpoint, c: LlmConfig, options: BuildOptions): BuiltGraph {
  const ctx = buildContext('language model head', checkpoint, options);
  const stored = checkpoint.has('llm.lm_head.weight') ? 'llm.lm_head' : 'llm.model.embed_tokens';
  const hidden = floatInput(ctx, 'hidden', ['L', c.hiddenSize]);
  floatOutput(ctx, 'logits', linear(ctx, hidden, stored, c.hiddenSize, c.vocabSize, { bias: false }));
  return ctx.g.build();
}
