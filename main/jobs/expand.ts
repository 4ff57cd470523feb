/** One batch → its jobs: seeds × prompt wildcards × guidance values, always in the same order. */
import type { GenerateInput } from '../../preload/contract/generation.ts';
import type { BatchInput } from '../../preload/contract/jobs.ts';
import { StudioError } from '../errors.ts';
import { expandWildcards } from './wildcards.ts';

export const maxBatchJobs = 1_000;

export interface BatchCell {
  readonly request: GenerateInput;
  /** What sets it apart from the others. */
  readonly label: string;
}

/** The axes of a batch. `base.seed` must be there. */
export interface Axes {
  readonly prompts: readonly string[];
  readonly seeds: readonly number[];
  /** Absent where the sweep leaves it alone. */
  readonly txtCfg: readonly number[] | undefined;
  readonly imgCfg: readonly number[] | undefined;
}

/** REQUEST_INVALID for more than `maxBatchJobs`, for seeds beyond what a number holds, and for an imgCfg where no picture goes in. */
export function axesOf(input: BatchInput): Axes {
  const { request, seeds = 1, sweep } = input;
  const first = request.seed ?? 0;
  const axes: Axes = {
    prompts: input.wildcards === true ? expandWildcards(request.prompt) : [request.prompt],
    seeds: typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => first + i) : unique(seeds),
    txtCfg: sweep?.txtCfg && unique(sweep.txtCfg),
    imgCfg: sweep?.imgCfg && unique(sweep.imgCfg),
  };
  const largest = axes.seeds.at(-1) ?? 0;
  if (!Number.isSafeInteger(largest)) throw new StudioError('REQUEST_INVALID', 'The last seed of this batch is too large.', { field: 'seeds', received: largest });
  if (axes.imgCfg && request.kind === 'textToImage' && (request.references?.length ?? 0) === 0) {
    throw new StudioError('REQUEST_INVALID', 'imgCfg weighs a context picture, and this request has none: leave it out of the sweep.', { field: 'sweep.imgCfg' });
  }
  const jobs = axes.prompts.length * axes.seeds.length * (axes.txtCfg?.length ?? 1) * (axes.imgCfg?.length ?? 1);
  if (jobs > maxBatchJobs) {
    throw new StudioError('REQUEST_INVALID', `This batch would be ${jobs} pictures; at most ${maxBatchJobs} are queued at once.`, { jobs, limit: maxBatchJobs });
  }
  return axes;
}

/** Prompt by prompt, seed by seed, then row by row of the guidance grid. Errors: see `axesOf`. */
export function expandBatch(input: BatchInput): BatchCell[] {
  const axes = axesOf(input);
  const cells: BatchCell[] = [];
  for (const prompt of axes.prompts) {
    for (const seed of axes.seeds) {
      for (const imgCfg of axes.imgCfg ?? [undefined]) {
        for (const txtCfg of axes.txtCfg ?? [undefined]) {
          const request = { ...input.request, prompt, seed, ...(txtCfg === undefined ? {} : { txtCfg }), ...(imgCfg === undefined ? {} : { imgCfg }) } as GenerateInput;
          cells.push({ request, label: labelOf(axes, { prompt, seed, txtCfg, imgCfg }) });
        }
      }
    }
  }
  return cells;
}

/** How one of several prompts is told apart in few characters. */
export function promptLabel(prompt: string): string {
  return prompt.length > 60 ? `${prompt.slice(0, 59)}…` : prompt;
}

interface Place {
  readonly prompt: string;
  readonly seed: number;
  readonly txtCfg: number | undefined;
  readonly imgCfg: number | undefined;
}

/** Names only what differs between the jobs. */
function labelOf(axes: Axes, { prompt, seed, txtCfg, imgCfg }: Place): string {
  const words: string[] = [];
  if (txtCfg !== undefined) words.push(`txtCfg ${txtCfg}`);
  if (imgCfg !== undefined) words.push(`imgCfg ${imgCfg}`);
  if (axes.seeds.length > 1 || (words.length === 0 && axes.prompts.length === 1)) words.push(`seed ${seed}`);
  if (axes.prompts.length > 1) words.push(promptLabel(prompt));
  return words.join(' · ');
}

function unique(values: readonly number[]): number[] {
  return [...new Set(values)];
}
