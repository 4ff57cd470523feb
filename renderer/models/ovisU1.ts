import type { ModelEntry } from '../../preload/contract/system.ts';

/** The full model, shown even while it is not on this computer: what it is and what it would need, from its published card. */
export const ovisU1: ModelEntry = {
  id: 'ovis-u1-3b', name: 'Ovis-U1-3B', summary: 'Full quality: photographs, drawings, text in pictures. By AIDC-AI, Apache 2.0.', builtIn: false, state: 'absent', inUse: false, dir: null,
  bytes: 7.7e9, modelHash: null, parameters: 3.64e9, contextImages: 1, sizes: [[1024, 1024]], defaults: { steps: 50, txtCfg: 5, imgCfg: 1.5 }, tasks: [], knows: null, vocabulary: null, failure: null,
};

/** The list, with the full model in it whether it is here or not. */
export function withOvisU1(models: readonly ModelEntry[]): readonly ModelEntry[] {
  return models.some((model) => /ovis-?u1/i.test(`${model.id} ${model.name}`)) ? models : [...models, ovisU1];
}
