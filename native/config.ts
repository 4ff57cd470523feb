/** config.json → typed config: every field that shapes the network is read, checked alone and against the others; the rest is ignored. */
import { Fields } from './config/fields.ts';
import { type LlmConfig, parseLlm } from './config/llm.ts';
import { type VaeConfig, parseVae } from './config/vae.ts';
import { type VisionConfig, parseVision } from './config/vision.ts';
import { type YakConfig, parseYak } from './config/yak.ts';

export type { LlmConfig, VaeConfig, VisionConfig, YakConfig };
export { type PreprocessorConfig, parsePreprocessor } from './config/preprocessor.ts';

export interface OvisConfig {
  readonly llm: LlmConfig;
  readonly vision: VisionConfig;
  readonly yak: YakConfig;
  readonly vae: VaeConfig;
  /** Rows of the merged sequence that are kept, counted from its end. */
  readonly multimodalMaxLength: number;
  /** What the authors computed in; the tensors' own dtypes stand in the weight files. */
  readonly torchDtype: 'float32' | 'float16' | 'bfloat16';
}

/**
 * Turns the JSON of a config.json into a config; `source` names the file in errors.
 * CONFIG_INVALID with `field`, `expected` and `got`.
 * Source: Ovis-U1 configuration_ovis_u1.py.
 */
export function parseConfig(json: unknown, source = 'config.json'): OvisConfig {
  const fields = new Fields(json, source);
  fields.fixed('model_type', 'ovis_u1', 'required');
  fields.fixed('conversation_formatter_class', 'Qwen3ConversationFormatter', 'optional');

  const llm = parseLlm(fields.object('llm_config'), fields.boolean('disable_tie_weight', false));
  const hiddenSize = fields.integer('hidden_size', { min: 1, fallback: llm.hiddenSize });
  if (hiddenSize !== llm.hiddenSize) {
    throw fields.contradiction('hidden_size', `llm_config.hidden_size (${String(llm.hiddenSize)})`);
  }
  const generator = fields.object('visual_generator_config');
  const vae = parseVae(generator.object('vae_config'));
  return {
    llm,
    vision: parseVision(fields.object('visual_tokenizer_config')),
    yak: parseYak(generator, llm.hiddenSize, vae.latentChannels),
    vae,
    multimodalMaxLength: fields.integer('multimodal_max_length', { min: 1, max: 1_048_576 }),
    torchDtype: fields.has('torch_dtype') ? fields.choice('torch_dtype', ['float32', 'float16', 'bfloat16']) : 'float32',
  };
}
