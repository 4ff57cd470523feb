import { useEffect, useRef, useState } from 'react';
import { isRunning, useJobs, useLive } from '../queue/jobs.ts';
import { jobTitle } from '../queue/describe.ts';

/** Tells a screen reader about progress in quarters, and about the end: every step would drown everything else. */
export function Announcer() {
  const list = useJobs((state) => state.list);
  const job = list.find(isRunning);
  const progress = useLive((state) => (job === undefined ? undefined : state.byJob[job.id]?.progress));
  const [text, setText] = useState('');
  const last = useRef('');
  const quarter = progress === undefined || progress.steps === 0 ? 0 : Math.floor((progress.step / progress.steps) * 4);
  useEffect(() => {
    const now = job === undefined ? '' : `${jobTitle(job, list)}: ${quarter * 25} %`;
    if (now === last.current) return;
    setText(now === '' && last.current !== '' ? 'Nothing running' : now);
    last.current = now;
  }, [job, list, quarter]);
  return <div className="visually-hidden" aria-live="polite">{text}</div>;
}
