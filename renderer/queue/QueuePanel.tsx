import { Popover } from '@base-ui/react/popover';
import { Pause, Play } from 'lucide-react';
import { keysOf } from '../palette/commands.ts';
import { studio } from '../studio/current.ts';
import { Button } from '../ui/Button.tsx';
import { duration } from '../ui/format.ts';
import { keyLabel } from '../ui/keyLabel.ts';
import { isActive, isRunning, isWaiting, togglePause, useJobs } from './jobs.ts';
import { JobRow } from './JobRow.tsx';
import css from './QueuePanel.module.css';

/** The queue, dropped from the strip: not modal, so the work goes on beside it. */
export function QueuePanel() {
  const { list, queue } = useJobs();
  const running = list.filter(isRunning);
  const waiting = list.filter(isWaiting);
  const ended = list.filter((job) => !isActive(job)).slice(0, 50);
  const foreground = waiting.filter((job) => job.lane === 'foreground');
  const batch = waiting.filter((job) => job.lane === 'batch');
  const left = queue?.leftMs ?? null;
  return (
    <Popover.Portal>
      <Popover.Positioner side="bottom" align="end" sideOffset={8} className={css.layer}>
        <Popover.Popup className={css.panel} aria-label="Queue" data-testid="queue">
          <div className={css.head}>
            <h2>Queue</h2>
            <span>{waiting.length === 0 ? '' : `${waiting.length} waiting${left === null ? '' : ` · about ${duration(left)}`}`}</span>
            <Button size="sm" kind="ghost" onClick={() => { void togglePause(); }}>
              {queue?.paused ? <><Play size={14} />Resume</> : <><Pause size={14} />Pause</>} <kbd>{keyLabel(keysOf('jobs.pause') ?? '')}</kbd>
            </Button>
          </div>
          {list.length === 0
            ? <p className={css.empty}>Nothing is queued. Whatever you run waits here, survives a crash, and can be put in another order.</p>
            : (
              <ul className={css.list} aria-label="Jobs">
                {running.map((job) => <JobRow key={job.id} job={job} />)}
                {foreground.length > 0 && <li className={css.lane}>Next</li>}
                {foreground.map((job) => <JobRow key={job.id} job={job} />)}
                {batch.length > 0 && <li className={css.lane}>Batches, after that</li>}
                {batch.map((job) => <JobRow key={job.id} job={job} />)}
                {ended.length > 0 && <li className={css.lane}>Ended</li>}
                {ended.map((job) => <JobRow key={job.id} job={job} />)}
              </ul>
            )}
          {list.length > 0 && (
            <div className={css.foot}>
              <span>Alt ↑ ↓ moves a waiting job</span>
              {ended.length > 0 && <Button size="sm" kind="ghost" onClick={() => { void studio().jobs.clear({ jobIds: ended.map((job) => job.id) }); }}>Clear ended</Button>}
              {waiting.length > 0 && <Button size="sm" kind="ghost" onClick={() => { void studio().jobs.cancel({ jobIds: waiting.map((job) => job.id) }); }}>Cancel waiting</Button>}
            </div>
          )}
        </Popover.Popup>
      </Popover.Positioner>
    </Popover.Portal>
  );
}
