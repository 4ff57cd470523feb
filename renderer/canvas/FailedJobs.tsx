import { needsAttention, useJobs } from '../queue/jobs.ts';
import { applyRemedy } from '../queue/remedy.ts';
import { useProject } from '../project/project.ts';
import { studio } from '../studio/current.ts';
import { explain } from '../studio/explain.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';

/** What was drawn for this canvas and did not come to its end: why, and what to do. */
export function FailedJobs() {
  const projectId = useProject((state) => state.project?.id);
  const jobs = useJobs((state) => state.list);
  const failed = jobs.filter((job) => job.canvas !== undefined && job.projectId === projectId && needsAttention(job)).slice(0, 2);
  return failed.map((job) => {
    const told = job.failure === null ? { sentence: 'The studio or its engine stopped while this was drawn.' } : explain(job.failure, job.canvas?.frame);
    const remedy = 'remedy' in told ? told.remedy : undefined;
    const clear = (): void => { void studio().jobs.clear({ jobIds: [job.id] }); };
    return (
      <Notice
        key={job.id} code={job.failure?.code} more={job.failure?.message}
        action={(
          <>
            {remedy === undefined || remedy.kind === 'retry'
              ? <Button size="sm" onClick={() => { void studio().jobs.retry({ jobId: job.id }).then(clear); }}>Retry</Button>
              : <Button size="sm" onClick={() => { void applyRemedy(remedy, job); }}>{remedy.label}</Button>}
            <Button size="sm" kind="ghost" onClick={clear}>Close</Button>
          </>
        )}
      >{told.sentence} {'more' in told ? told.more : ''}</Notice>
    );
  });
}
