import { Clock, TriangleAlert } from 'lucide-react';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import { sizeOf } from '../queue/describe.ts';
import { progressShare, progressText } from '../queue/progress.ts';
import { isActive, isRunning, isWaiting, needsAttention, useJobs, useLive } from '../queue/jobs.ts';
import { PreviewImage } from '../queue/PreviewImage.tsx';
import { applyRemedy } from '../queue/remedy.ts';
import { studio } from '../studio/current.ts';
import { explain } from '../studio/explain.ts';
import { Button } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import bar from '../ui/Progress.module.css';
import css from './Gallery.module.css';
import { useGallery } from './gallery.ts';

function Tile({ job }: { readonly job: JobRecord }) {
  const live = useLive((state) => state.byJob[job.id]);
  if (needsAttention(job)) {
    const told = job.failure === null ? { sentence: 'The studio or its engine stopped while this ran.' } : explain(job.failure, sizeOf(job.request));
    const remedy = 'remedy' in told ? told.remedy : undefined;
    return (
      <div className={cx(css.cell, css.fail)} role="alert">
        <div><TriangleAlert size={16} aria-hidden /><p>{told.sentence}</p>{'more' in told && <small>{told.more}</small>}</div>
        {remedy === undefined || remedy.kind === 'retry'
          ? <Button size="sm" onClick={() => { void studio().jobs.retry({ jobId: job.id }); }}>Retry</Button>
          : <Button size="sm" onClick={() => { void applyRemedy(remedy, job); }}>{remedy.label}</Button>}
      </div>
    );
  }
  return (
    <div className={cx(css.cell, live?.preview === undefined && css.wait)} title={job.request.prompt}>
      {live?.preview === undefined ? <Clock size={16} aria-hidden /> : <PreviewImage preview={live.preview} alt={`Preview of ${job.request.prompt}`} />}
      {live?.preview === undefined ? <span className={css.said}>{isRunning(job) ? progressText(live) : `Waiting · ${job.label || job.request.prompt}`}</span>
        : <span className={css.badge}>Step {live.progress?.step ?? 0} of {live.progress?.steps ?? 0}</span>}
      {isRunning(job) && <i className={cx(bar.bar, bar.thick)} style={{ width: `${progressShare(live) * 100}%` }} />}
    </div>
  );
}

/** What is being made: the same preview as in the strip, at its destination. */
export function Now() {
  const list = useJobs((state) => state.list);
  const size = useGallery((state) => state.tileSize);
  const drawing = list.filter((job) => job.request.kind !== 'understand');
  const shown = drawing.filter((job) => isActive(job) || needsAttention(job));
  if (shown.length === 0) return null;
  const parts = [[drawing.filter(isRunning).length, 'running'], [drawing.filter(isWaiting).length, 'waiting'], [drawing.filter(needsAttention).length, 'failed']] as const;
  const ordered = [...shown.filter(isRunning), ...shown.filter(needsAttention), ...shown.filter(isWaiting)].slice(0, 5);
  return (
    <section className={css.now} aria-label="Being made">
      <h2 className={css.nowHead}>Now<span>{parts.filter(([n]) => n > 0).map(([n, name]) => `${n} ${name}`).join(', ')}</span></h2>
      <div className={css.nowCells} style={{ gridTemplateColumns: `repeat(auto-fill, minmax(${Math.min(size, 168)}px, 1fr))` }}>
        {ordered.map((job) => <div key={job.id} style={{ aspectRatio: 1, minWidth: 0 }}><Tile job={job} /></div>)}
      </div>
    </section>
  );
}
