import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig, parsePreprocessor } from './config.ts';
import { EngineError } from './errors.ts';

const fixtures = path.join(import.meta.dirname, '../test/fixtures');
const goldenCases = ['dev_a', 'dev_b', 'dev_c', 'dev_eps'];

type Json = Record<string, unknown>;

async function readJson(name: string): Promise<Json> {
  return JSON.parse(await readFile(path.join(fixtures, name), 'utf8')) as Json;
}

/** The document with one field (dotted path) replaced, or removed when the value is undefined. */
function withField(json: Json, dotted: string, value: unknown): Json {
  const copy = structuredClone(json);
  const names = dotted.split('.');
  const last = names.pop()!;
  const target = names.reduce<Json>((object, name) => object[name] as Json, copy);
  if (value === undefined) Reflect.deleteProperty(target, last);
  else target[last] = value;
  return copy;
}

function refusal(run: () => unknown): EngineError {
  try {
    run();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('config.json', () => {
  it('reads the published config', async () => {
    const config = parseConfig(await readJson('real/config.json'));
    expect(config.llm).toMatchObject({ hiddenSize: 2048, numLayers: 28, numHeads: 16, numKvHeads: 8, headDim: 128, tieWordEmbeddings: true });
    expect(config.llm.eosTokenId).toEqual([151_645]);
    expect(config.vision).toMatchObject({ numLayers: 24, patchSize: 14, rmsNormEps: 1e-5, interpolatePe: 'two_dim', fullAttentionBlocks: null });
    expect(config.vision).toMatchObject({ minPixels: 200_704, maxPixels: 2_408_448, visualVocabSize: 65_536, hiddenStride: 2 });
    expect(config.yak).toMatchObject({ hiddenSize: 1536, numHeads: 12, axesDim: [16, 56, 56], depth: 6, depthSingle: 12, timestepShift: true });
    expect(config.vae).toMatchObject({ blockOutChannels: [128, 256, 512, 512], latentChannels: 4, scalingFactor: 0.13025, normNumGroups: 32 });
    expect(config).toMatchObject({ multimodalMaxLength: 4496, torchDtype: 'bfloat16' });
  });

  it.each(goldenCases)('reads the golden case %s', async (name) => {
    const config = parseConfig(await readJson(`golden/${name}/config.json`));
    expect(config.yak.contextInDim).toBe(2 * config.llm.hiddenSize);
  });

  it('takes window blocks from a list and from "1|3"', async () => {
    const config = parseConfig(await readJson('golden/dev_b/config.json'));
    expect(config.vision).toMatchObject({ fullAttentionBlocks: [1, 3], windowSize: 32, interpolatePe: 'one_dim', qkvBias: true });
    expect(config.llm).toMatchObject({ tieWordEmbeddings: false, numHeads: 4, numKvHeads: 1, headDim: 12 });
  });

  it('fills in class defaults and reads several end tokens', async () => {
    let json = await readJson('real/config.json');
    json = withField(json, 'visual_generator_config.timestep_shift', undefined);
    json = withField(json, 'visual_generator_config.base_shift', undefined);
    json = withField(json, 'llm_config.eos_token_id', [151_645, 151_643]);
    json = withField(json, 'llm_config.tie_word_embeddings', undefined);
    const config = parseConfig(json);
    expect(config.yak).toMatchObject({ timestepShift: false, baseShift: 0.5, maxShift: 1.15 });
    expect(config.llm).toMatchObject({ eosTokenId: [151_645, 151_643], tieWordEmbeddings: false });
  });

  it('lets the backbone rule over a differing pixel limit', async () => {
    const json = withField(await readJson('real/config.json'), 'visual_tokenizer_config.min_pixels', 1);
    expect(parseConfig(json).vision.minPixels).toBe(200_704);
  });

  const llm = 'llm_config';
  const vision = 'visual_tokenizer_config';
  const backbone = 'visual_tokenizer_config.backbone_config';
  const yak = 'visual_generator_config';
  const vae = 'visual_generator_config.vae_config';
  const hostile: [field: string, value: unknown][] = [
    ['model_type', 'llava'],
    ['model_type', undefined],
    ['conversation_formatter_class', 'GemmaConversationFormatter'],
    ['hidden_size', 2047],
    ['hidden_size', '2048'],
    ['multimodal_max_length', 0],
    ['multimodal_max_length', null],
    ['torch_dtype', 'int8'],
    ['disable_tie_weight', 'no'],
    [llm, undefined],
    [llm, []],
    [`${llm}.model_type`, 'llama'],
    [`${llm}.hidden_act`, 'gelu'],
    [`${llm}.rope_scaling`, { rope_type: 'yarn', factor: 4 }],
    [`${llm}.use_sliding_window`, true],
    [`${llm}.layer_types`, ['full_attention', 'sliding_attention']],
    [`${llm}.attention_bias`, 'false'],
    [`${llm}.hidden_size`, 1e9],
    [`${llm}.hidden_size`, -1],
    [`${llm}.hidden_size`, 2048.5],
    [`${llm}.hidden_size`, NaN],
    [`${llm}.hidden_size`, Infinity],
    [`${llm}.num_hidden_layers`, 1e6],
    [`${llm}.num_hidden_layers`, 0],
    [`${llm}.num_attention_heads`, 0],
    [`${llm}.num_key_value_heads`, 3],
    [`${llm}.num_key_value_heads`, 0],
    [`${llm}.head_dim`, 127],
    [`${llm}.vocab_size`, 2 ** 53],
    [`${llm}.rms_norm_eps`, 0],
    [`${llm}.rms_norm_eps`, '1e-6'],
    [`${llm}.rope_theta`, -10_000],
    [`${llm}.eos_token_id`, 151_936],
    [`${llm}.eos_token_id`, []],
    [`${llm}.eos_token_id`, null],
    [`${vision}.tokenize_function`, 'gumbel_argmax'],
    [`${vision}.tau`, 0.5],
    [`${vision}.depths`, '1|2'],
    [`${vision}.use_indicators`, true],
    [`${vision}.vocab_size`, 4],
    [`${vision}.hidden_stride`, 1],
    [`${vision}.window_size`, 56],
    [`${vision}.disable_rope`, true],
    [`${vision}.preserve_original_pe`, false],
    [`${vision}.interpolate_pe_method`, 'one_dim'],
    [`${vision}.fullatt_block_indexes`, '1|3'],
    [`${backbone}.model_type`, 'siglip'],
    [`${backbone}.hidden_size`, 1023],
    [`${backbone}.num_attention_heads`, 512],
    [`${backbone}.patch_size`, 0],
    [`${backbone}.image_size`, 13],
    [`${backbone}.temporal_patch_size`, 2],
    [`${backbone}.num_channels`, 4],
    [`${backbone}.interpolate_pe_method`, 'three_dim'],
    [`${backbone}.fullatt_block_indexes`, [24]],
    [`${backbone}.fullatt_block_indexes`, [-1]],
    [`${backbone}.fullatt_block_indexes`, [1, 1]],
    [`${backbone}.fullatt_block_indexes`, '1|x'],
    [`${backbone}.fullatt_block_indexes`, { 0: 1 }],
    [`${backbone}.min_pixels`, 2_408_449],
    [`${backbone}.max_pixels`, 'many'],
    [`${yak}.model_type`, 'flux'],
    [`${yak}.guidance_embed`, true],
    [`${yak}.num_heads`, 7],
    [`${yak}.axes_dim`, [16, 56]],
    [`${yak}.axes_dim`, [16, 56, 58]],
    [`${yak}.axes_dim`, [17, 55, 56]],
    [`${yak}.axes_dim`, '16,56,56'],
    [`${yak}.mlp_ratio`, 0],
    [`${yak}.depth`, -1],
    [`${yak}.depth_single_blocks`, 1e6],
    [`${yak}.context_in_dim`, 2048],
    [`${yak}.vec_in_dim`, 768],
    [`${yak}.in_channels`, 64],
    [`${yak}.out_channels`, 4],
    [`${yak}.timestep_shift`, 1],
    [`${yak}.max_shift`, 1e9],
    [`${yak}.theta`, 0],
    [vae, null],
    [`${vae}._class_name`, 'AutoencoderDC'],
    [`${vae}.act_fn`, 'relu'],
    [`${vae}.block_out_channels`, [128, 256, 512]],
    [`${vae}.block_out_channels`, [128, 256, 512, 500]],
    [`${vae}.down_block_types`, ['DownEncoderBlock2D', 'AttnDownEncoderBlock2D', 'DownEncoderBlock2D', 'DownEncoderBlock2D']],
    [`${vae}.norm_num_groups`, 48],
    [`${vae}.norm_num_groups`, 0],
    [`${vae}.latent_channels`, 16],
    [`${vae}.layers_per_block`, 1e6],
    [`${vae}.scaling_factor`, 0],
    [`${vae}.shift_factor`, 0.1],
    [`${vae}.use_quant_conv`, false],
  ];

  it.each(hostile)('refuses %s = %j', async (field, value) => {
    const json = await readJson('real/config.json');
    const error = refusal(() => parseConfig(withField(json, field, value), 'some/config.json'));
    expect(error.code).toBe('CONFIG_INVALID');
    // A field may be found wrong through the one that contradicts it, but the message always names a path, a wish and a finding.
    expect(error.details).toMatchObject({ source: 'some/config.json', field: expect.any(String), expected: expect.any(String), got: expect.any(String) });
    expect(error.message).toContain('some/config.json: ');
  });

  it.each([
    ['llm_config.num_key_value_heads', 3, 'llm_config.num_key_value_heads', 'a divisor of num_attention_heads (16)', '3'],
    ['visual_generator_config.context_in_dim', 2048, 'visual_generator_config.context_in_dim', 'twice llm_config.hidden_size (4096)', '2048'],
    ['llm_config.hidden_size', 1e9, 'llm_config.hidden_size', 'an integer from 1 to 65536', '1000000000'],
    ['llm_config', 7, 'llm_config', 'an object', '7'],
  ])('says what is wrong with %s = %j', async (at, value, field, expected, got) => {
    const json = await readJson('real/config.json');
    const error = refusal(() => parseConfig(withField(json, at, value)));
    expect(error.message).toBe(`config.json: ${field}: expected ${expected}, got ${got}.`);
    expect(error.details).toEqual({ source: 'config.json', field, expected, got });
  });

  it.each([[null], [undefined], [[]], ['{}'], [7], [true]])('refuses the document %j', (json) => {
    expect(refusal(() => parseConfig(json)).code).toBe('CONFIG_INVALID');
  });

  it('does not take inherited names for fields', () => {
    const json = JSON.parse('{"__proto__": {"model_type": "ovis_u1"}}') as Json;
    expect(refusal(() => parseConfig(json)).details).toMatchObject({ field: 'model_type', got: 'nothing' });
  });

  it('keeps a hostile value out of the message', async () => {
    const json = withField(await readJson('real/config.json'), 'model_type', 'x'.repeat(1e6));
    expect(refusal(() => parseConfig(json)).message.length).toBeLessThan(200);
  });
});

describe('preprocessor_config.json', () => {
  it('reads the published one', async () => {
    expect(parsePreprocessor(await readJson('real/preprocessor_config.json'))).toEqual({
      patchSize: 14,
      hiddenStride: 2,
      imageMean: [0.48145466, 0.4578275, 0.40821073],
      imageStd: [0.26862954, 0.26130258, 0.27577711],
      minPixels: 200_704,
      maxPixels: 2_408_448,
      rescaleFactor: 1 / 255,
    });
  });

  it.each([
    ['patch_size', 0],
    ['hidden_stride', null],
    ['image_mean', [0.5, 0.5]],
    ['image_mean', 'clip'],
    ['image_std', [0.2, 0, 0.2]],
    ['image_std', [0.2, '0.2', 0.2]],
    ['min_pixels', 2 ** 40],
    ['max_pixels', 1],
    ['do_resize', false],
    ['do_normalize', false],
    ['do_center_crop', true],
    ['resample', 2],
    ['temporal_patch_size', 2],
    ['rescale_factor', 0],
  ])('refuses %s = %j', async (field, value) => {
    const json = withField(await readJson('real/preprocessor_config.json'), field, value);
    expect(refusal(() => parsePreprocessor(json))).toMatchObject({ code: 'CONFIG_INVALID', details: { source: 'preprocessor_config.json' } });
  });
});
