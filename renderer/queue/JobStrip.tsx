import { Popover } from '@base-ui/react/popover';
import { ListOrdered, MessageSquare, Pause, TriangleAlert, X } from 'lucide-react';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import { keysOf } from '../palette/commands.ts';
import { useView } from '../shell/view.ts';
import { IconButton } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import bar from '../ui/Progress.module.css';
import css from './JobStrip.module.css';
import { PreviewImage } from './PreviewImage.tsx';
import { jobTitle } from './describe.ts';
import { cancelJobs, isRunning, isWaiting, needsAttention, useJobs, useLive } from './jobs.ts';
import type { LiveJob } from './jobs.ts';
import { progressShare, progressText } from './progress.ts';
import { QueuePanel } from './QueuePanel.tsx';

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
