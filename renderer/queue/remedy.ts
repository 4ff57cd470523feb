import type { JobRecord } from '../../preload/contract/jobs.ts';
import { submitCanvas } from '../canvas/run.ts';
import { setFrameSize } from '../document/ops/frame.ts';
import { chooseFit } from '../models/fit.ts';
import { change } from '../project/canvasStore.ts';
import { go, useView } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import type { Remedy } from '../studio/explain.ts';

/** Does what the button beside a problem promised. */
export async function applyRemedy(remedy: Remedy, job: JobRecord): Promise<void> {
  switch (remedy.kind) {
    case 'retry':
      await studio().jobs.retry({ jobId: job.id });
      return;
    case 'smaller': {
      const { width, height } = remedy;
      if (job.canvas !== undefined) {
        change(setFrameSize(width, height), { mark: 'Frame' });
        await submitCanvas(false);
        await studio().jobs.clear({ jobIds: [job.id] });
        return;
      }
      const request = job.request.kind === 'textToImage' ? { ...job.request, width, height } : job.request;
      await studio().jobs.submit({ requests: [request], modelId: job.modelId, lane: 'foreground' });
      await studio().jobs.clear({ jobIds: [job.id] });
      return;
    }
    case 'fit': {
      const { width, height } = remedy.fit;
      await chooseFit(remedy.fit, job.modelId);
      if (width !== undefined && height !== undefined) return applyRemedy({ kind: 'smaller', label: remedy.label, width, height }, job);
      await studio().jobs.retry({ jobId: job.id });
      await studio().jobs.clear({ jobIds: [job.id] });
      return;
    }
    case 'models': return go('models');
    case 'settings': return useView.setState({ settingsOpen: true });
    case 'reload': return location.reload();
  }
}
