import type { GenerateInput, JobRequest } from '../../preload/contract/generation.ts';
import { picturesOf } from './composer.ts';
import type { Composer } from './composer.ts';
import { sweepValues, wildcardCount } from './wildcards.ts';

/** What would be sent now, or the sentence that says what is missing. Pure, for tests. */
export function readRequest(state: Composer): JobRequest | string {
  if (state.modelId === '') return 'No model is ready yet';
  const prompt = state.prompt.trim();
  if (prompt === '') {
    return state.task === 'ask' ? 'Type a question first' : state.task === 'edit' ? 'Describe the change first' : 'Describe the picture first';
  }
  const { width, height, steps, txtCfg, imgCfg, strength, seed } = state.sampling;
  const pictures = picturesOf(state).map((one) => one.hash);
  switch (state.task) {
    case 'create': return { kind: 'textToImage', prompt, width, height, steps, txtCfg, seed };
    case 'edit': {
      const [image, ...references] = pictures;
      if (image === undefined) return 'Drop, paste or choose a picture to edit first';
      return {
        kind: 'edit', prompt, image, steps, txtCfg, imgCfg, seed, sizing: 'exact',
        ...(references.length > 0 ? { references } : {}), ...(strength < 1 ? { strength } : {}),
      };
    }
    case 'ask': return { kind: 'understand', prompt, images: pictures };
  }
}

export interface BatchPlan {
  readonly seeds: number;
  readonly wildcards: boolean;
  readonly sweep?: { readonly txtCfg?: number[]; readonly imgCfg?: number[] } | undefined;
  readonly jobs: number;
}

/** How many jobs one press makes: seeds × wildcards × guidance values. */
export function planBatch(state: Composer): BatchPlan {
  const wildcards = wildcardCount(state.prompt);
  const sweep = state.sweep === undefined ? undefined : {
    txtCfg: sweepValues(state.sweep.txtCfg, state.sampling.txtCfg),
    ...(state.task === 'edit' ? { imgCfg: sweepValues(state.sweep.imgCfg, state.sampling.imgCfg) } : {}),
  };
  const cells = sweep === undefined ? 1 : sweep.txtCfg.length * (sweep.imgCfg?.length ?? 1);
  return { seeds: state.batch, wildcards: wildcards > 1, sweep, jobs: state.task === 'ask' ? 1 : state.batch * wildcards * cells };
}

export function isGenerate(request: JobRequest): request is GenerateInput {
  return request.kind !== 'understand';
}
