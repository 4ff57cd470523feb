import { useEffect, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import { useGeneration } from '../gallery/useGeneration.ts';
import { sizeOf } from '../queue/describe.ts';
import { progressText } from '../queue/JobStrip.tsx';
import { isRunning, useJobs, useLive } from '../queue/jobs.ts';
import { PreviewImage } from '../queue/PreviewImage.tsx';
import { applyRemedy } from '../queue/remedy.ts';
import { useConnection } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { explain } from '../studio/explain.ts';
import { fullUrl } from '../studio/picture.ts';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Notice } from '../ui/Notice.tsx';
import { cx } from '../ui/cx.ts';
import { duration } from '../ui/format.ts';
import { startExample } from '../models/startExample.ts';
import css from './Create.module.css';
import { ResultBar } from './ResultBar.tsx';
import { shownJob, step, useStage } from './stage.ts';

function Live({ job }: { readonly job: JobRecord }) {
  const live = useLive((state) => state.byJob[job.id]);
  const speed = live?.progress?.stepMs;
  return (
    <div className={cx(css.picture, css.draft)}>
      {live?.preview === undefined ? <p role="status">{isRunning(job) ? progressText(live) : 'Waiting'}</p> : <PreviewImage preview={live.preview} alt={`Preview of ${job.request.prompt}`} testId="preview" fallback={<p>{progressText(live)}</p>} />}
      {isRunning(job) && live?.preview !== undefined && <span className={css.label}>{progressText(live)}{speed == null ? '' : ` · ${duration(speed)} a step`}</span>}
    </div>
  );
}

function Result({ id, original }: { readonly id: string; readonly original: boolean }) {
  const row = useGeneration(id);
  if (row === undefined) return <div className={css.picture} />;
  const source = row.parents.find((parent) => parent.role === 'source')?.hash;
  const before = original && source !== undefined;
  return (
    <div className={css.picture}>
      <img src={fullUrl(before ? source : row.hash)} alt={before ? 'The original' : row.prompt || row.title} data-testid="result" />
      {before && <span className={css.label}>Original</span>}
    </div>
  );
}

function Failed({ job }: { readonly job: JobRecord }) {
  const { failure } = job;
  const told = failure === null ? { sentence: 'The studio or its engine stopped while this ran.' } : explain(failure, sizeOf(job.request));
  const remedy = 'remedy' in told ? told.remedy : undefined;
  return (
    <div className={css.failed}>
      <Notice
        code={failure?.code} more={failure?.message}
        action={remedy === undefined || remedy.kind === 'retry'
          ? <Button onClick={() => { void studio().jobs.retry({ jobId: job.id }); }}>Retry</Button>
          : <Button onClick={() => { void applyRemedy(remedy, job); }}>{remedy.label}</Button>}
      >{told.sentence} {'more' in told ? told.more : ''}</Notice>
    </div>
  );
}

function Nothing() {
  const examples = useConnection((state) => state.examples);
  const model = useConnection((state) => state.models.find((one) => one.inUse));
  return (
    <Empty action={<div className={css.starts}>{examples.slice(0, 3).map((example) => <Button key={example.id} onClick={() => { void startExample(example); }}>{example.title}</Button>)}</div>}>
      Describe a picture below and press Ctrl ↵: it takes shape here, step by step. {model?.knows ?? ''}
    </Empty>
  );
}

/** The picture being made, or the one made last. */
export function StageView() {
  const list = useJobs((state) => state.list);
  const pinned = useStage((state) => state.pinned);
  const job = shownJob(list, pinned);
  const generation = job?.generationIds[0];
  const [original, setOriginal] = useState(false);

  useEffect(() => {
    const up = (event: globalThis.KeyboardEvent): void => { if (event.key.toLowerCase() === 'z') setOriginal(false); };
    const blur = (): void => setOriginal(false);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', blur);
    return () => { window.removeEventListener('keyup', up); window.removeEventListener('blur', blur); };
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') { event.preventDefault(); step(event.key === 'ArrowLeft' ? -1 : 1); }
    if (event.key.toLowerCase() === 'z' && !event.ctrlKey && !event.metaKey) setOriginal(true);
  };
  return (
    <div className={cx(css.stage, job === undefined && css.bare)} role="group" aria-label="Stage" data-region="stage" data-region-focus tabIndex={0} onKeyDown={onKeyDown}>
      {job === undefined ? <Nothing />
        : job.state === 'failed' || job.state === 'interrupted' ? <Failed job={job} />
        : generation === undefined ? <Live job={job} /> : <Result id={generation} original={original} />}
      {job !== undefined && <ResultBar job={job} original={original} onOriginal={setOriginal} />}
    </div>
  );
}
