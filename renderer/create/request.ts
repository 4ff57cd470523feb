import type { UnderstandInput } from '../../preload/contract/generation.ts';
import type { Composer } from './composer.ts';
import { sweepValues, wildcardCount } from './wildcards.ts';

/** The question that would be sent now, or the sentence that says what is missing. Pure, for tests. */
export function readQuestion(state: Composer): UnderstandInput | string {
  if (state.modelId === '') return 'No model is ready yet';
  const prompt = state.prompt.trim();
  return prompt === '' ? 'Type a question first' : { kind: 'understand', prompt, images: state.askPictures.map((one) => one.hash) };
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
