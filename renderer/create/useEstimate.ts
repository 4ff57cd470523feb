import { useEffect, useState } from 'react';
import type { Estimate } from '../../preload/contract/jobs.ts';
import { studio } from '../studio/current.ts';
import { useComposer } from './composer.ts';
import { planBatch, readRequest } from './request.ts';

export interface Outlook {
  readonly totalMs: number | null;
  readonly jobs: number;
  readonly warnings: Estimate['warnings'];
}

/** What is known before anything runs, asked again shortly after the last keystroke. */
export function useEstimate(): Outlook | undefined {
  const state = useComposer();
  const request = readRequest(state);
  const key = typeof request === 'string' ? '' : JSON.stringify([request, state.modelId]);
  const [estimate, setEstimate] = useState<{ readonly key: string; readonly value: Estimate }>();
  useEffect(() => {
    if (key === '') return;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      const wanted = readRequest(useComposer.getState());
      if (typeof wanted === 'string') return;
      studio().jobs.estimate({ request: wanted, modelId: useComposer.getState().modelId }, { signal: controller.signal })
        .then((value) => setEstimate({ key, value }), () => setEstimate(undefined));
    }, 350);
    return () => { clearTimeout(timer); controller.abort(); };
  }, [key]);
  if (key === '' || estimate === undefined) return undefined;
  const { jobs } = planBatch(state);
  const { totalMs, warnings } = estimate.value;
  // While a newer answer is on its way the time of the older one is close enough; its warnings may be about other words.
  return { totalMs: totalMs === null ? null : totalMs * jobs, jobs, warnings: estimate.key === key ? warnings : [] };
}
