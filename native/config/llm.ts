/** The language model's part of config.json: Qwen3. */
import type { Fields } from './fields.ts';

export interface LlmConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  /** Independent of hiddenSize / numHeads. */
  readonly headDim: number;
  readonly vocabSize: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  readonly tieWordEmbeddings: boolean;
  readonly eosTokenId: readonly number[];
  /** Biases on q, k, v and o. */
  readonly attentionBias: boolean;
}

/**
 * Reads `llm_config`. `disableTieWeight` is the top level's `disable_tie_weight`.
 * CONFIG_INVALID for another architecture and for what this engine does not run: rope scaling, sliding windows.
 * Source: transformers Qwen3Config.
 */
export function parseLlm(fields: Fields, disableTieWeight: boolean): LlmConfig {
  fields.fixed('model_type', 'qwen3', 'required');
  fields.fixed('hidden_act', 'silu', 'optional');
  fields.fixed('rope_scaling', null, 'optional');
  // sliding_window may hold a number: it counts only with use_sliding_window.
  fields.fixed('use_sliding_window', false, 'optional');
  checkLayerTypes(fields);

  const numHeads = fields.integer('num_attention_heads', { min: 1, max: 1024 });
  const numKvHeads = fields.integer('num_key_value_heads', { min: 1, max: 1024 });
  if (numHeads % numKvHeads !== 0) {
    throw fields.contradiction('num_key_value_heads', `a divisor of num_attention_heads (${String(numHeads)})`);
  }
  const headDim = fields.integer('head_dim', { min: 2, max: 4096 });
  if (headDim % 2 !== 0) throw fields.contradiction('head_dim', 'an even number (rotary halves)');
  const vocabSize = fields.integer('vocab_size', { min: 1, max: 4_194_304 });

  return {
    hiddenSize: fields.integer('hidden_size', { min: 1, max: 65_536 }),
    intermediateSize: fields.integer('intermediate_size', { min: 1, max: 1_048_576 }),
    numLayers: fields.integer('num_hidden_layers', { min: 1, max: 512 }),
    numHeads,
    numKvHeads,
    headDim,
    vocabSize,
    rmsNormEps: fields.number('rms_norm_eps', { min: 1e-12, max: 1e-2 }),
    ropeTheta: fields.number('rope_theta', { min: 1, max: 1e12 }),
    tieWordEmbeddings: fields.boolean('tie_word_embeddings', false) && !disableTieWeight,
    eosTokenId: parseEos(fields, vocabSize),
    attentionBias: fields.boolean('attention_bias', false),
  };
}

function parseEos(fields: Fields, vocabSize: number): number[] {
  const range = { min: 0, max: vocabSize - 1 };
  if (!Array.isArray(fields.raw('eos_token_id'))) return [fields.integer('eos_token_id', range)];
  const ids = fields.integers('eos_token_id', { ...range, maxLength: 64 });
  if (ids.length === 0) throw fields.contradiction('eos_token_id', 'at least one token id');
  return ids;
}

/** Newer transformers write one attention kind per layer. */
function checkLayerTypes(fields: Fields): void {
  const types = fields.raw('layer_types') ?? null;
  if (types === null) return;
  if (!Array.isArray(types) || types.some((type) => type !== 'full_attention')) {
    throw fields.contradiction('layer_types', '"full_attention" for every layer');
  }
}
