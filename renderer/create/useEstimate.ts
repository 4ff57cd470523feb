import { useEffect, useState } from 'react';
import type { JobRequest } from '../../preload/contract/generation.ts';
import type { Estimate } from '../../preload/contract/jobs.ts';
import { lastRaster, usePlan } from '../canvas/run.ts';
import { useView } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import { useComposer } from './composer.ts';
import type { Composer } from './composer.ts';
import { fasterFields } from './faster.ts';
import { planBatch, readQuestion } from './request.ts';
import type { Obstacle, Plan } from '../document/plan.ts';

export interface Outlook {
  readonly totalMs: number | null;
  readonly jobs: number;
  readonly warnings: Estimate['warnings'];
  readonly memory: Estimate['memory'];
}

/** A request that takes as long as the run will. Its pixels are those of the run before: they are drawn only when it is sent. */
function requestLike(state: Composer, plan: Plan | Obstacle, place: string): JobRequest | undefined {
  if (state.task === 'ask' && place !== 'canvas') {
    const question = readQuestion(state);
    return typeof question === 'string' ? undefined : question;
  }
  if (!plan.ok) return undefined;
  const { steps, txtCfg, imgCfg } = state.sampling;
  const faster = fasterFields(state.sampling);
  const { prompt, frame: { width, height } } = plan;
  const image = lastRaster();
  if (plan.kind === 'understand') return { kind: 'understand', prompt, images: [] };
  if (plan.kind === 'textToImage' || image === undefined) return { kind: 'textToImage', prompt, width, height, steps, txtCfg, ...faster };
  return { kind: 'edit', prompt, image, steps, txtCfg, imgCfg, sizing: 'exact', ...faster };
}

/** What is known before anything runs, asked again shortly after the last keystroke. */
export function useEstimate(): Outlook | undefined {
  const state = useComposer();
  const plan = usePlan();
  const place = useView((view) => view.place);
  const request = requestLike(state, plan, place);
  const key = request === undefined ? '' : JSON.stringify([request, state.modelId]);
  // Of a repaint that was never done here only the words can be judged.
  const timed = plan.ok && (plan.kind === 'textToImage' || plan.kind === 'understand' || lastRaster() !== undefined);
  const [estimate, setEstimate] = useState<{ readonly key: string; readonly value: Estimate }>();
  useEffect(() => {
    if (key === '') return;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      const [wanted, modelId] = JSON.parse(key) as [JobRequest, string];
      studio().jobs.estimate({ request: wanted, modelId }, { signal: controller.signal }).then((value) => setEstimate({ key, value }), () => setEstimate(undefined));
    }, 350);
    return () => { clearTimeout(timer); controller.abort(); };
  }, [key]);
  if (key === '' || estimate === undefined) return undefined;
  const { jobs } = planBatch(state);
  const { totalMs, warnings, memory } = estimate.value;
  // While a newer answer is on its way the time of the older one is close enough; its warnings may be about other words.
  return { totalMs: totalMs === null || !timed ? null : totalMs * jobs, jobs, warnings: estimate.key === key ? warnings : [], memory: estimate.key === key ? memory : undefined };
}
