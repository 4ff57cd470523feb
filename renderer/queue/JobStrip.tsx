import { Popover } from '@base-ui/react/popover';
import { ListOrdered, MessageSquare, Pause, TriangleAlert, X } from 'lucide-react';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import { keysOf } from '../palette/commands.ts';
import { useView } from '../shell/view.ts';
import { IconButton } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import { bytes, plural, timeLeft } from '../ui/format.ts';
import bar from '../ui/Progress.module.css';
import css from './JobStrip.module.css';
import { PreviewImage } from './PreviewImage.tsx';
import { jobTitle } from './describe.ts';
import { cancelJobs, isRunning, isWaiting, needsAttention, useJobs, useLive } from './jobs.ts';
import type { LiveJob } from './jobs.ts';
import { QueuePanel } from './QueuePanel.tsx';

const stageNames: Readonly<Record<string, string>> = {
  load: 'Loading the model', condition: 'Reading the prompt', encode: 'Reading the picture', denoise: 'Drawing', decode: 'Drawing the last detail', understand: 'Reading', save: 'Saving',
};

/** "Step 31 of 50 · 9 s left", or what else is going on. */
export function progressText(live: LiveJob | undefined): string {
  const progress = live?.progress;
  if (live?.cancelling || progress?.stopping) return 'Stopping after this step';
  if (progress === undefined) return 'Starting';
  if (progress.tokens !== undefined) {
    const speed = progress.tokensPerSecond === undefined ? '' : ` · ${Math.round(progress.tokensPerSecond)} per second`;
    return `${plural(progress.tokens, 'token')}${speed}`;
  }
  if (progress.packing !== undefined) {
    const { done, total, perSecond } = progress.packing;
    return `Packing weights, once: ${bytes(done)} of ${bytes(total)} · ${bytes(perSecond)}/s`;
  }
  // Said while it lasts: why this takes longer than it did with more memory.
  const alone = progress.loading?.alone === true ? ' · one network at a time' : '';
  if (progress.stage !== 'denoise' || progress.steps === 0) return `${stageNames[progress.stage] ?? 'Working'}${alone}`;
  return `Step ${progress.step} of ${progress.steps}${progress.leftMs === null ? '' : ` · ${timeLeft(progress.leftMs)}`}`;
}

export function progressShare(live: LiveJob | undefined): number {
  const progress = live?.progress;
  return progress === undefined || progress.steps === 0 ? 0 : progress.step / progress.steps;
}

function Preview({ job, live }: { readonly job: JobRecord; readonly live: LiveJob | undefined }) {
  if (live?.preview !== undefined) return <span className={css.pv}><PreviewImage preview={live.preview} alt="" fallback={<ListOrdered size={16} aria-hidden />} /></span>;
  return <span className={css.pv}>{job.request.kind === 'understand' ? <MessageSquare size={16} aria-hidden /> : <ListOrdered size={16} aria-hidden />}</span>;
}

/** Always top right, never moved, never covered: what runs, how far it is, how much waits, and the way to stop it. */
export function JobStrip() {
  const { list, queue } = useJobs();
  const open = useView((view) => view.queueOpen);
  const job = list.find(isRunning);
  const live = useLive((state) => (job === undefined ? undefined : state.byJob[job.id]));
  const waiting = list.filter(isWaiting).length;
  const failed = list.filter(needsAttention).length;
  const idleText = queue?.paused && waiting > 0 ? `Paused · ${waiting} waiting` : waiting > 0 ? `${waiting} waiting` : failed > 0 ? `${failed} ${failed === 1 ? 'needs' : 'need'} attention` : 'Nothing running';
  return (
    <Popover.Root open={open} onOpenChange={(next) => useView.setState({ queueOpen: next })} modal={false}>
      <div className={cx(css.job, job === undefined && css.idle)} data-figures data-testid="job-strip">
        <Popover.Trigger className={css.open}>
          <span className="visually-hidden">Queue: </span>
          {job === undefined
            ? <><span className={cx(css.pv, failed > 0 && css.warn)}>{failed > 0 ? <TriangleAlert size={16} /> : queue?.paused ? <Pause size={16} /> : <ListOrdered size={16} />}</span><span>{idleText}</span></>
            : (
              <>
                <Preview job={job} live={live} />
                <span className={css.tx}><b>{jobTitle(job, list)}</b><span>{progressText(live)}</span></span>
                {waiting > 0 && <span className={css.q}><ListOrdered size={14} aria-hidden />{waiting}<span className="visually-hidden"> waiting</span></span>}
              </>
            )}
        </Popover.Trigger>
        {job !== undefined && (
          <IconButton tiny label="Cancel" keys={keysOf('jobs.cancel')} disabled={live?.cancelling ?? false} onClick={() => { void cancelJobs([job.id]); }}><X size={14} /></IconButton>
        )}
        {job !== undefined && <i className={bar.bar} style={{ width: `${progressShare(live) * 100}%` }} aria-hidden />}
      </div>
      <QueuePanel />
    </Popover.Root>
  );
}
