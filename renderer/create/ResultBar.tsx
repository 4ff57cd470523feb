import { ChevronLeft, ChevronRight, Clock, TriangleAlert } from 'lucide-react';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import { useGeneration } from '../gallery/useGeneration.ts';
import { askAbout, editThese, star } from '../gallery/verbs.ts';
import { jobTitle, taskNames } from '../queue/describe.ts';
import { PreviewImage } from '../queue/PreviewImage.tsx';
import { progressShare } from '../queue/JobStrip.tsx';
import { isRunning, useJobs, useLive } from '../queue/jobs.ts';
import { openViewer } from '../shell/view.ts';
import { thumbUrl } from '../studio/picture.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import { duration, seedText } from '../ui/format.ts';
import bar from '../ui/Progress.module.css';
import css from './Create.module.css';
import { step, stripJobs, useStage } from './stage.ts';

function Variant({ job, shown }: { readonly job: JobRecord; readonly shown: boolean }) {
  const row = useGeneration(job.generationIds[0]);
  const live = useLive((state) => state.byJob[job.id]);
  const bad = job.state === 'failed' || job.state === 'interrupted';
  return (
    <button
      type="button" className={cx(css.var, bad && css.bad)} aria-pressed={shown} title={job.request.prompt}
      aria-label={`${job.state === 'queued' ? 'Waiting' : job.state === 'running' ? 'Running' : bad ? 'Failed' : 'Result'}: ${job.request.prompt}`}
      onClick={() => useStage.setState({ pinned: job.id })}
    >
      {row !== undefined ? <img src={thumbUrl(row.hash)} alt="" /> : live?.preview !== undefined ? <PreviewImage preview={live.preview} alt="" fallback={<Clock size={16} />} /> : bad ? <TriangleAlert size={16} /> : <Clock size={16} />}
      {isRunning(job) && <i className={cx(bar.bar, bar.thick)} style={{ width: `${progressShare(live) * 100}%` }} />}
    </button>
  );
}

/** The last results side by side, and what can be done with the one shown. */
export function ResultBar({ job, original, onOriginal }: { readonly job: JobRecord; readonly original: boolean; readonly onOriginal: (on: boolean) => void }) {
  const list = useJobs((state) => state.list);
  const strip = stripJobs(list);
  const id = job.generationIds[0];
  const row = useGeneration(id);
  const took = job.startedAt === null || job.finishedAt === null ? undefined : job.finishedAt - job.startedAt;
  const fromSource = row?.parents.some((parent) => parent.role === 'source') ?? false;
  return (
    <div className={css.bar}>
      <IconButton tiny label="Result before" onClick={() => step(-1)}><ChevronLeft size={16} /></IconButton>
      <div className={css.variants}>{strip.map((one) => <Variant key={one.id} job={one} shown={one.id === job.id} />)}</div>
      <IconButton tiny label="Result after" onClick={() => step(1)}><ChevronRight size={16} /></IconButton>
      <span className={css.vr} />
      <div className={css.facts}>
        <div><b>{row === undefined ? jobTitle(job, list) : taskNames[row.task]}</b>{job.request.kind !== 'understand' && job.request.seed !== undefined ? ` · seed ${seedText(job.request.seed)}` : ''}</div>
        <small>{row === undefined ? job.request.prompt.length > 48 ? `${job.request.prompt.slice(0, 47)}…` : job.request.prompt : `${row.width} × ${row.height}${took === undefined ? '' : ` · ${duration(took)}`}`}</small>
      </div>
      {id !== undefined && row !== undefined && (
        <>
          <span className={css.vr} />
          <div className={css.verbs}>
            {fromSource && <Button aria-pressed={original} onPointerDown={() => onOriginal(true)} onPointerUp={() => onOriginal(false)} onPointerLeave={() => onOriginal(false)}>Original <kbd>hold Z</kbd></Button>}
            <Button kind="ghost" onClick={() => { void star([id]); }}>{row.starred ? 'Unstar' : 'Star'}</Button>
            <Button kind="ghost" onClick={() => { void askAbout([id]); }}>Ask</Button>
            <Button onClick={() => { void editThese([id]); }}>Edit this</Button>
            <Button onClick={() => openViewer(id)}>Look closer</Button>
          </div>
        </>
      )}
    </div>
  );
}
