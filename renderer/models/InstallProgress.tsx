import { useEffect, useState } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Install } from '../../preload/contract/models.ts';
import { Button } from '../ui/Button.tsx';
import { bytes, timeLeft } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import css from './Install.module.css';
import { cancel, openHub, pause, resume } from './installs.ts';
import { Question } from './Question.tsx';

/** What repairs a failed download, in the words of its button. */
function repair(failure: Failure, modelId: string): { readonly label: string; readonly run: () => void; readonly also?: { readonly label: string; readonly run: () => void } } {
  const again = { label: 'Try again', run: () => resume(modelId) };
  switch (failure.code) {
    case 'CHECKSUM': return { label: 'Fetch that file again', run: () => resume(modelId) };
    case 'DISK_FULL': return { ...again, also: { label: 'Choose a folder', run: openHub } };
    case 'HUB_DENIED': return { ...again, also: { label: 'Enter a token', run: openHub } };
    case 'NOT_FOUND': case 'HUB_INVALID': return { ...again, also: { label: 'Choose a hub', run: openHub } };
    default: return again;
  }
}

/** One sentence, without blame; the hub's own words stand under Details. */
export function sentenceOf(failure: Failure): string {
  const { details } = failure;
  const file = typeof details['file'] === 'string' ? details['file'] : 'A file';
  const host = typeof details['host'] === 'string' ? details['host'] : 'The hub';
  switch (failure.code) {
    case 'CHECKSUM': return details['reason'] === 'changed' ? `${file} on the hub is not the one that was announced.` : details['reason'] === 'damaged' ? 'Files of this model are damaged.' : `${file} arrived damaged.`;
    case 'DISK_FULL': return typeof details['neededBytes'] === 'number' ? `No disk space: ${bytes(details['neededBytes'])} more is needed.` : 'No disk space is left.';
    case 'NETWORK': return details['reason'] === 'stalled' ? `${host} sends nothing any more.` : failure.message;
    case 'DATA_IN_USE': return 'Another studio works on this download.';
    default: return failure.message;
  }
}

function useNow(active: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [active]);
  return now;
}

function textOf(install: Install, now: number): string {
  const { state, doneBytes, bytes: all, bytesPerSecond, leftMs, retryAt, failure } = install;
  const share = `${Math.floor((100 * doneBytes) / Math.max(1, all))} %`;
  switch (state) {
    case 'downloading': return [`${bytes(doneBytes)} of ${bytes(all)}`, bytesPerSecond === null ? '' : `${bytes(bytesPerSecond)}/s`, leftMs === null ? '' : timeLeft(leftMs)].filter(Boolean).join(' · ');
    case 'waiting': return `${failure === null ? 'The hub does not answer.' : sentenceOf(failure)} Again in ${Math.max(0, Math.ceil(((retryAt ?? now) - now) / 1000))} s · ${share} is here`;
    case 'verifying': return `All of it is here · checking ${bytes(install.verifiedBytes)} of ${bytes(all)}`;
    case 'checking': return [`Checking ${bytes(install.verifiedBytes)} of ${bytes(all)}`, bytesPerSecond === null ? '' : `${bytes(bytesPerSecond)}/s`, leftMs === null ? '' : timeLeft(leftMs)].filter(Boolean).join(' · ');
    case 'paused': return `Paused · ${bytes(doneBytes)} of ${bytes(all)}`;
    case 'interrupted': return `The studio ended in the middle · ${bytes(doneBytes)} of ${bytes(all)} is here`;
    case 'failed': return `${bytes(doneBytes)} of ${bytes(all)} is here`;
  }
}

/** A download or a check: how far, how fast, how long still, and what stops or repairs it. */
export function InstallProgress({ install, problem }: { readonly install: Install; readonly problem?: Failure | undefined }) {
  const { modelId, name, state } = install;
  const [asking, setAsking] = useState(false);
  const now = useNow(state === 'waiting');
  const share = (state === 'verifying' || state === 'checking' ? install.verifiedBytes : install.doneBytes) / Math.max(1, install.bytes);
  const failure = problem ?? (state === 'failed' ? install.failure : null);
  const fix = failure === null ? undefined : repair(failure, modelId);
  const active = state === 'downloading' || state === 'waiting';
  return (
    <div className={css.install} data-testid="install" data-state={state}>
      <div className={css.line}>
        <div className={css.track} role="progressbar" aria-label={`Download of ${name}`} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor(share * 100)}>
          <i style={{ width: `${share * 100}%` }} data-still={active ? undefined : true} />
        </div>
        {active && <Button size="sm" onClick={() => pause(modelId)}>Pause</Button>}
        {(state === 'paused' || state === 'interrupted') && <Button size="sm" kind="primary" onClick={() => resume(modelId)}>Resume</Button>}
        {state !== 'verifying' && state !== 'checking' && <Button size="sm" kind="ghost" onClick={() => setAsking(true)}>Cancel</Button>}
      </div>
      <p className={css.text}>{textOf(install, now)}</p>
      {/* Read aloud in quarters: every percent would drown everything else. */}
      <span className="visually-hidden" aria-live="polite">{`${name}: ${state}, ${Math.floor(share * 4) * 25} %`}</span>
      {asking && (
        <Question no="Keep them" yes="Remove the parts" onNo={() => { setAsking(false); if (active) pause(modelId); }} onYes={() => { setAsking(false); cancel(modelId); }}>
          Stop the download of {name}? {install.doneBytes > 0 ? `${bytes(install.doneBytes)} of it are here; kept, they need not be fetched again.` : 'Nothing of it is here yet.'}
        </Question>
      )}
      {failure !== null && fix !== undefined && !asking && (
        <Notice code={failure.code} more={failure.message} action={<>{fix.also && <Button size="sm" onClick={fix.also.run}>{fix.also.label}</Button>}<Button size="sm" onClick={fix.run}>{fix.label}</Button></>}>
          {sentenceOf(failure)}
        </Notice>
      )}
    </div>
  );
}
