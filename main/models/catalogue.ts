/** The model that the studio is made for: on the list while it is not on this computer. Source: its published card. */
import type { ModelEntry } from '../../preload/contract/system.ts';
import { modelIdOf } from './identity.ts';

export const ovisU1Repo = 'AIDC-AI/Ovis-U1-3B';

/** As an absent entry; its size is asked of the hub when somebody wants to download it. */
export function ovisU1(endpoint: string): ModelEntry {
  return {
    id: modelIdOf(ovisU1Repo), name: 'Ovis-U1-3B', summary: 'Full quality: photographs, drawings, text in pictures. By AIDC-AI.',
    builtIn: false, state: 'absent', inUse: false, dir: null, bytes: 7.7e9, modelHash: null, parameters: 3_644_208_367, contextImages: 1, sizes: [[1024, 1024]],
    defaults: { steps: 50, txtCfg: 5, imgCfg: 1.5 }, tasks: [], knows: null, vocabulary: null, failure: null,
    source: { repo: ovisU1Repo, revision: 'main', endpoint }, licence: 'apache-2.0',
  };
}
