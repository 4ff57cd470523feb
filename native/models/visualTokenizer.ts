import type { LlmConfig, VisionConfig } from '../config.ts';
import { buildContext, floatOutput, tap, weight, type BuildOptions } from '../nn/context.ts';
import { linear } from '../nn/linear.ts';
import type { BuiltGraph } from '../onnx/graph.ts';
import { layerNorm, matMul, reshape, softmax } from '../onnx/ops.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';
import { aimv2 } from './aimv2.ts';

/** Rows at the end of the visual vocabulary that stand for indicators, not for soft words. */
export const INDICATOR_ROWS = 4;
const HEAD_NORM_EPS = 1e-5;

/**
 * The visual adapter: encoder, 2×2 merge, a distribution over visual words, and its mean word vector.
 * in: those of `aimv2`. out: `embeds` [N/stride², H], one vector for the language model per merged cell.
 * The last four columns of the distribution are zero in the model, so their rows are left out of the product.
 * Source: Ovis visual tokenizer, tokenize_function softmax.
 */
export function buildVisualTokenizer(checkpoint: Checkpoint, c: VisionConfig, llm: LlmConfig, options: BuildOptions): BuiltGraph {
  const ctx = buildContext('visual tokenizer', checkpoint, options);
  const { g } = ctx;
  const tokens = aimv2(ctx, c);
  tap(ctx, 'vit.last', tokens);
  const merged = c.hiddenStride ** 2;
  const words = c.visualVocabSize - INDICATOR_ROWS;
  // Tokens come in merge order: the cells of one group are neighbours. "N" = merged·"T".
  const features = reshape(g, { ...tokens, shape: [`${merged}*T`, c.hiddenSize] }, ['T', merged * c.hiddenSize]);
  tap(ctx, 'vt.features', features);
  const projected = linear(ctx, features, 'visual_tokenizer.head.0', merged * c.hiddenSize, words, { bias: false });
  const logits = layerNorm(
    g, projected, weight(ctx, 'visual_tokenizer.head.1.weight', [words]), weight(ctx, 'visual_tokenizer.head.1.bias', [words]), HEAD_NORM_EPS,
  );
  tap(ctx, 'vt.head_logits', logits);
  const probabilities = softmax(g, logits);
  tap(ctx, 'vt.probs', probabilities);
  const table = weight(ctx, 'vte.weight', [c.visualVocabSize, llm.hiddenSize], [words, llm.hiddenSize]);
  floatOutput(ctx, 'embeds', matMul(g, probabilities, table));
  return g.build();
}
