/** Whether a config is of the one model family that this studio runs. */
import { StudioError } from '../errors.ts';

const parts = ['llm_config', 'visual_tokenizer_config', 'visual_generator_config'] as const;

/** CONFIG_INVALID unless config.json has the three parts of an Ovis-U1 model; the engine checks all of it when it is opened. */
export function checkKind(config: unknown, what: string): void {
  const given = typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {};
  const missing = parts.filter((part) => typeof given[part] !== 'object' || given[part] === null);
  if (missing.length > 0) throw new StudioError('CONFIG_INVALID', `${what} is no Ovis-U1 model: its config.json has no ${missing.join(', ')}.`, { model: what, missing });
}
