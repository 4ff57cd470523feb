import type { Install } from '../../preload/contract/models.ts';
import type { ModelEntry } from '../../preload/contract/system.ts';

/** The list, with models that are on their way for the first time: they are on no list yet. */
export function withComing(models: readonly ModelEntry[], installs: Readonly<Record<string, Install>>): readonly ModelEntry[] {
  const coming = Object.values(installs).filter(({ modelId }) => !models.some(({ id }) => id === modelId));
  return [...models, ...coming.map((install): ModelEntry => ({
    id: install.modelId, name: install.name, summary: install.source.repo, builtIn: false, state: 'absent', inUse: false, dir: null, bytes: install.bytes, modelHash: null, parameters: null,
    contextImages: 1, sizes: [], defaults: { steps: 50, txtCfg: 5, imgCfg: 1.5 }, tasks: [], knows: null, vocabulary: null, failure: null, source: install.source,
  }))];
}
