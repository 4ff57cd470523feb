import { ChevronsUp, CircleCheck, CircleSlash, Clock, Copy, GripVertical, MessageSquare, RotateCcw, TriangleAlert, X } from 'lucide-react';
import { useState } from 'react';
import type { DragEvent, KeyboardEvent } from 'react';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import { openViewer, useView } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import { explain } from '../studio/explain.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import { clockTime, seedText } from '../ui/format.ts';
import bar from '../ui/Progress.module.css';
import { jobTitle, sizeOf, taskNames } from './describe.ts';
import { progressShare, progressText } from './progress.ts';
import { cancelJobs, isActive, isRunning, isWaiting, moveJobBy, moveJobTo, useJobs, useLive } from './jobs.ts';
import { PreviewImage } from './PreviewImage.tsx';
import css from './QueuePanel.module.css';
import { applyRemedy } from './remedy.ts';

const dragJob = 'application/x-ovis-job';

function StateIcon({ job }: { readonly job: JobRecord }) {
  switch (job.state) {
    case 'queued': case 'running': return job.request.kind === 'understand' ? <MessageSquare size={16} aria-label="Question" /> : <Clock size={16} aria-label="Waiting" />;
    case 'failed': case 'interrupted': return <TriangleAlert size={16} color="var(--danger)" aria-label="Needs attention" />;
    case 'cancelled': return <CircleSlash size={16} aria-label="Cancelled" />;
    case 'done': return <CircleCheck size={16} color="var(--accent-text)" aria-label="Done" />;
  }
}

function stateText(job: JobRecord): string {
  switch (job.state) {
    case 'queued': case 'running': return job.label || ('seed' in job.request && job.request.seed !== undefined ? `seed ${seedText(job.request.seed)}` : '');
    case 'done': return `Done ${clockTime(job.finishedAt ?? job.createdAt)}${job.label === '' ? '' : ` · ${job.label}`}`;
    case 'cancelled': return 'Cancelled';
    case 'interrupted': return 'The studio or its engine stopped while this ran.';
    case 'failed': return job.failure === null ? 'Failed' : explain(job.failure, sizeOf(job.request)).sentence;
  }
}

/** One job: its picture or state, its words, and what can be done with it now. */
export function JobRow({ job }: { readonly job: JobRecord }) {
  const list = useJobs((state) => state.list);
  const live = useLive((state) => state.byJob[job.id]);
  const [over, setOver] = useState(false);
  const waiting = isWaiting(job);
  const bad = job.state === 'failed' || job.state === 'interrupted';
  const remedy = job.failure === null ? undefined : explain(job.failure, sizeOf(job.request)).remedy;
  const generation = job.generationIds[0];
  const kind = job.request.kind === 'understand' ? 'Ask' : taskNames[job.request.kind];

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey && waiting && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault();
      event.stopPropagation();
      void moveJobBy(job, event.key === 'ArrowUp' ? -1 : 1);
    } else if (event.key === 'Delete' && isActive(job)) void cancelJobs([job.id]);
  };
  const drop = (event: DragEvent): void => {
    setOver(false);
    const id = event.dataTransfer.getData(dragJob);
    if (id === '') return;
    event.preventDefault();
    event.stopPropagation();
    void moveJobTo(id, job);
  };
  return (
    <li
      className={cx(css.row, over && css.over)} tabIndex={0} onKeyDown={onKeyDown} draggable={waiting} data-job={job.id} data-state={job.state}
      aria-label={`${kind}: ${job.request.prompt}, ${isRunning(job) ? progressText(live) : stateText(job) || 'waiting'}`}
      onDragStart={(event) => { event.dataTransfer.setData(dragJob, job.id); event.dataTransfer.effectAllowed = 'move'; }}
      onDragOver={(event) => { if (waiting && event.dataTransfer.types.includes(dragJob)) { event.preventDefault(); setOver(true); } }}
      onDragLeave={() => setOver(false)} onDrop={drop}
    >
      <span className={css.pv}>{live?.preview === undefined ? <StateIcon job={job} /> : <PreviewImage preview={live.preview} alt="" fallback={<StateIcon job={job} />} />}</span>
      <span className={css.tx}>
        <b title={job.request.prompt}>{job.request.prompt}</b>
        <small className={bad ? css.bad : undefined}>
          {isRunning(job) ? `${jobTitle(job, list)} · ${progressText(live)}` : [bad ? '' : kind, stateText(job)].filter(Boolean).join(' · ')}
        </small>
      </span>
      <span className={css.acts}>
        {bad && (remedy === undefined || remedy.kind === 'retry'
          ? <Button size="sm" onClick={() => { void studio().jobs.retry({ jobId: job.id }); }}>Retry</Button>
          : <Button size="sm" onClick={() => { void applyRemedy(remedy, job); }}>{remedy.label}</Button>)}
        {job.state === 'cancelled' && <IconButton tiny label="Retry" onClick={() => { void studio().jobs.retry({ jobId: job.id }); }}><RotateCcw size={14} /></IconButton>}
        {generation !== undefined && <Button size="sm" kind="ghost" onClick={() => { useView.setState({ queueOpen: false }); openViewer(generation); }}>Show</Button>}
        {waiting && <IconButton tiny label="To the front" onClick={() => { void studio().jobs.toFront({ jobId: job.id }); }}><ChevronsUp size={14} /></IconButton>}
        <IconButton tiny label="Run again with a new seed" onClick={() => { void studio().jobs.duplicate({ jobId: job.id }); }}><Copy size={14} /></IconButton>
        {waiting && <span className={css.grip} aria-hidden><GripVertical size={14} color="var(--text-3)" /></span>}
        {isActive(job)
          ? <IconButton tiny label="Cancel this job" disabled={live?.cancelling ?? false} onClick={() => { void cancelJobs([job.id]); }}><X size={14} /></IconButton>
          : <IconButton tiny label="Take off the list" onClick={() => { void studio().jobs.clear({ jobIds: [job.id] }); }}><X size={14} /></IconButton>}
      </span>
      {isRunning(job) && <i className={bar.bar} style={{ width: `${progressShare(live) * 100}%` }} aria-hidden />}
    </li>
  );
}
