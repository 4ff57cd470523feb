/** The vision encoder's and visual tokenizer's part of config.json: AIMv2 with a soft visual vocabulary. */
import { type Fields, describe } from './fields.ts';

export interface VisionConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  /** Pixels. */
  readonly patchSize: number;
  /** Pixels: the picture for which the position table was made, so the table has (imageSize / patchSize)² rows. */
  readonly imageSize: number;
  readonly rmsNormEps: number;
  readonly qkvBias: boolean;
  /** Biases on the attention's output and on the MLP. */
  readonly useBias: boolean;
  /** Patches merged into one token, per axis. */
  readonly hiddenStride: number;
  /** Pixels. */
  readonly windowSize: number;
  /** Blocks that attend over the whole picture; null = all of them. */
  readonly fullAttentionBlocks: readonly number[] | null;
  readonly preserveOriginalPe: boolean;
  readonly interpolatePe: 'one_dim' | 'two_dim';
  readonly disableRope: boolean;
  readonly minPixels: number;
  readonly maxPixels: number;
  /** Rows of the visual embedding table; the head is 4 narrower. */
  readonly visualVocabSize: number;
  readonly numChannels: number;
}

/**
 * Reads `visual_tokenizer_config`. The backbone's fields rule; the tokenizer's copies of them must agree where they shape the network
 * (min_pixels and max_pixels are only a default for the processor, so there the backbone's silently win).
 * CONFIG_INVALID for another architecture, another tokenize function, several frames per patch.
 * Source: Ovis-U1 configuration_aimv2.py and configuration_ovis_u1.py.
 */
export function parseVision(tokenizer: Fields): VisionConfig {
  tokenizer.fixed('model_type', 'aimv2_visual_tokenizer', 'optional');
  tokenizer.fixed('tokenize_function', 'softmax', 'required');
  tokenizer.fixed('tau', 1, 'optional');
  tokenizer.fixed('use_indicators', false, 'optional');
  tokenizer.fixed('drop_cls_token', false, 'optional');
  tokenizer.fixed('depths', null, 'optional');

  const backbone = tokenizer.object('backbone_config');
  backbone.fixed('model_type', 'aimv2', 'required');
  backbone.fixed('temporal_patch_size', 1, 'optional');
  backbone.fixed('num_channels', 3, 'optional');
  for (const name of ['hidden_stride', 'window_size', 'preserve_original_pe', 'interpolate_pe_method', 'disable_rope', 'temporal_patch_size']) {
    checkAgreement(tokenizer, backbone, name);
  }

  const hiddenSize = backbone.integer('hidden_size', { min: 1, max: 65_536 });
  const numHeads = backbone.integer('num_attention_heads', { min: 1, max: 1024 });
  const disableRope = backbone.boolean('disable_rope', false);
  if (hiddenSize % numHeads !== 0) {
    throw backbone.contradiction('num_attention_heads', `a divisor of hidden_size (${String(hiddenSize)})`);
  }
  if (!disableRope && (hiddenSize / numHeads) % 4 !== 0) {
    throw backbone.contradiction('num_attention_heads', 'a head width that is a multiple of 4 (rows and columns rotate in halves)');
  }
  const numLayers = backbone.integer('num_hidden_layers', { min: 1, max: 512 });
  const patchSize = backbone.integer('patch_size', { min: 1, max: 256 });
  const imageSize = backbone.integer('image_size', { min: patchSize, max: 8192 });
  const hiddenStride = backbone.integer('hidden_stride', { min: 1, max: 16 });
  const { minPixels, maxPixels } = parsePixelLimits(backbone.has('min_pixels') ? backbone : tokenizer);

  const fullAttentionBlocks = parseFullAttentionBlocks(tokenizer, backbone, numLayers);
  // Where every block is full the window is never used and may hold anything.
  const minWindow = fullAttentionBlocks === null ? 0 : hiddenStride * patchSize;

  return {
    hiddenSize,
    intermediateSize: backbone.integer('intermediate_size', { min: 1, max: 1_048_576 }),
    numLayers,
    numHeads,
    patchSize,
    imageSize,
    rmsNormEps: backbone.number('rms_norm_eps', { min: 1e-12, max: 1e-2 }),
    qkvBias: backbone.boolean('qkv_bias'),
    useBias: backbone.boolean('use_bias'),
    hiddenStride,
    windowSize: backbone.integer('window_size', { min: minWindow, max: 65_536 }),
    fullAttentionBlocks,
    preserveOriginalPe: backbone.boolean('preserve_original_pe'),
    interpolatePe: backbone.choice('interpolate_pe_method', ['one_dim', 'two_dim']),
    disableRope,
    minPixels,
    maxPixels,
    // 5 rows at least: the indicator rows are V-5 … V-2.
    visualVocabSize: tokenizer.integer('vocab_size', { min: 5, max: 4_194_304 }),
    numChannels: 3,
  };
}

/** Reads min_pixels and max_pixels; pixels. */
export function parsePixelLimits(fields: Fields): { minPixels: number; maxPixels: number } {
  const minPixels = fields.integer('min_pixels', { min: 1, max: 2 ** 30 });
  const maxPixels = fields.integer('max_pixels', { min: 1, max: 2 ** 30 });
  if (minPixels > maxPixels) throw fields.contradiction('min_pixels', `at most max_pixels (${String(maxPixels)})`);
  return { minPixels, maxPixels };
}

function checkAgreement(tokenizer: Fields, backbone: Fields, name: string): void {
  if (!tokenizer.has(name) || !backbone.has(name)) return;
  if (tokenizer.raw(name) !== backbone.raw(name)) {
    throw tokenizer.contradiction(name, `the same as ${backbone.path(name)} (${describe(backbone.raw(name))})`);
  }
}

/** The tokenizer writes "1|3" where the backbone writes [1, 3]; a list missing above is fine, another list is not. */
function parseFullAttentionBlocks(tokenizer: Fields, backbone: Fields, numLayers: number): number[] | null {
  const own = readBlockList(backbone, numLayers);
  const copy = readBlockList(tokenizer, numLayers);
  if (copy !== null && copy.join('|') !== (own?.join('|') ?? null)) {
    throw tokenizer.contradiction(
      'fullatt_block_indexes',
      `the same as ${backbone.path('fullatt_block_indexes')} (${own === null ? 'null' : own.join('|')})`,
    );
  }
  return own;
}

function readBlockList(fields: Fields, numLayers: number): number[] | null {
  const name = 'fullatt_block_indexes';
  if (!fields.has(name)) return null;
  const value = fields.raw(name);
  if (typeof value !== 'string') {
    return uniqueSorted(fields, name, fields.integers(name, { min: 0, max: numLayers - 1, maxLength: numLayers }));
  }
  const parts = value === '' ? [] : value.split('|');
  const blocks = parts.map((part) => (/^\d{1,4}$/.test(part) ? Number(part) : NaN));
  if (blocks.some((block) => !(block < numLayers))) {
    throw fields.contradiction(name, `block numbers below ${String(numLayers)} joined by "|"`);
  }
  return uniqueSorted(fields, name, blocks);
}

function uniqueSorted(fields: Fields, name: string, blocks: number[]): number[] {
  const unique = [...new Set(blocks)].sort((a, b) => a - b);
  if (unique.length !== blocks.length) throw fields.contradiction(name, 'each block once');
  return unique;
}
