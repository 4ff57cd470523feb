/** The visual decoder's part of config.json: Yak (an MMDiT) with its refiner. */
import type { Fields } from './fields.ts';

export interface YakConfig {
  readonly hiddenSize: number;
  /** The refiner has twice as many. */
  readonly numHeads: number;
  readonly mlpRatio: number;
  readonly theta: number;
  readonly qkvBias: boolean;
  /** Rotary widths per axis: (image number, row, column). */
  readonly axesDim: readonly [number, number, number];
  readonly depth: number;
  readonly depthSingle: number;
  readonly contextInDim: number;
  readonly vecInDim: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly timestepShift: boolean;
  readonly baseShift: number;
  readonly maxShift: number;
}

/**
 * Reads `visual_generator_config`. `txt_type`, `checkpoint` and `enable_cross_attn` are dead upstream and not looked at.
 * CONFIG_INVALID unless the condition is two language-model states wide, the axes fill a head, and the CLS token fits vector_in.
 * Source: Ovis-U1 configuration_yak.py and modeling_yak.py.
 */
export function parseYak(fields: Fields, llmHiddenSize: number, latentChannels: number): YakConfig {
  fields.fixed('model_type', 'yak', 'required');
  fields.fixed('guidance_embed', false, 'optional');

  const hiddenSize = fields.integer('hidden_size', { min: 2, max: 65_536 });
  const numHeads = fields.integer('num_heads', { min: 1, max: 1024 });
  if (hiddenSize % numHeads !== 0) throw fields.contradiction('num_heads', `a divisor of hidden_size (${String(hiddenSize)})`);

  const [image, row, column] = fields.integers('axes_dim', { length: 3, min: 2, max: 4096 }) as [number, number, number];
  const headDim = hiddenSize / numHeads;
  if (image % 2 !== 0 || row % 2 !== 0 || column % 2 !== 0) throw fields.contradiction('axes_dim', 'even widths (rotary pairs)');
  if (image + row + column !== headDim) {
    throw fields.contradiction('axes_dim', `widths that add up to the head width hidden_size / num_heads (${String(headDim)})`);
  }

  const mlpRatio = fields.number('mlp_ratio', { min: 0.01, max: 64 });
  if (Math.trunc(hiddenSize * mlpRatio) < 1) throw fields.contradiction('mlp_ratio', 'a ratio that leaves the MLP at least one unit');

  return {
    hiddenSize,
    numHeads,
    mlpRatio,
    theta: fields.number('theta', { min: 1, max: 1e12 }),
    qkvBias: fields.boolean('qkv_bias'),
    axesDim: [image, row, column],
    depth: fields.integer('depth', { min: 0, max: 512 }),
    depthSingle: fields.integer('depth_single_blocks', { min: 0, max: 512 }),
    contextInDim: equalTo(fields, 'context_in_dim', 2 * llmHiddenSize, 'twice llm_config.hidden_size'),
    vecInDim: equalTo(fields, 'vec_in_dim', hiddenSize, 'hidden_size'),
    inChannels: equalTo(fields, 'in_channels', 4 * latentChannels, '4 × vae_config.latent_channels'),
    outChannels: equalTo(fields, 'out_channels', 4 * latentChannels, '4 × vae_config.latent_channels'),
    timestepShift: fields.boolean('timestep_shift', false),
    baseShift: fields.number('base_shift', { min: -16, max: 16, fallback: 0.5 }),
    maxShift: fields.number('max_shift', { min: -16, max: 16, fallback: 1.15 }),
  };
}

function equalTo(fields: Fields, name: string, expected: number, meaning: string): number {
  const value = fields.integer(name, { min: 1 });
  if (value !== expected) throw fields.contradiction(name, `${meaning} (${String(expected)})`);
  return value;
}
