/** In which precision a model runs. */
import type { Precision } from '../../preload/contract/generation.ts';
import type { Settings } from '../../preload/contract/system.ts';

/** The model's own choice, else the one for all models; null = the engine's own. */
export function chosenPrecision({ precision, precisions = {} }: Pick<Settings, 'precision' | 'precisions'>, modelId: string): Precision | null {
  return Object.hasOwn(precisions, modelId) ? (precisions[modelId] as Precision) : precision;
}

/** What runs where nobody has chosen. */
export const engineDefault: Precision = 'fp32';
