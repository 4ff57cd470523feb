import { Check, Globe, HardDrive, MemoryStick, Scale } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import type { InstallPlan } from '../../preload/contract/models.ts';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { useConnection } from '../studio/connection.ts';
import { Button } from '../ui/Button.tsx';
import { bytes, plural } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import { sentenceOf } from './InstallProgress.tsx';
import { askPlan, forgetPlan, install, openHub, useInstalls } from './installs.ts';
import css from './Install.module.css';
import own from './Models.module.css';

function Requirement({ icon, name, has, enough }: { readonly icon: ReactNode; readonly name: string; readonly has: ReactNode; readonly enough?: boolean | undefined }) {
  return (
    <div className={own.check}>
      {icon}<span>{name}</span><span>{has}</span>
      {enough === undefined ? <span /> : enough ? <span className={own.ok}><Check size={14} aria-label="Enough" /></span> : <span className={own.no}>Not enough</span>}
    </div>
  );
}

const precisionNotes = { fp32: 'exact', fp16: 'original weights', int8: 'close to the original', q4: 'fine detail suffers', q4b128: 'fine detail suffers' } as const;

/** What a download will take, against what this computer has: nothing of it has been fetched yet. */
function Plan({ cardId, plan }: { readonly cardId: string; readonly plan: InstallPlan }) {
  const missing = plan.bytes - plan.presentBytes;
  const fits = plan.freeDiskBytes === null || plan.freeDiskBytes > missing;
  const sums = plan.files.every(({ check }) => check !== 'size') ? 'every file is checked' : 'weights are checked by SHA-256';
  return (
    <div className={css.plan} data-testid="plan">
      <div className={css.columns}>
        <div>
          <h3>This computer</h3>
          <Requirement icon={<HardDrive size={16} />} name="Free disk" has={plan.freeDiskBytes === null ? `Needs ${bytes(missing)}` : `${bytes(plan.freeDiskBytes)} · needs ${bytes(missing)}`} enough={plan.freeDiskBytes === null ? undefined : fits} />
          <Requirement icon={<MemoryStick size={16} />} name="Memory" has={`${bytes(plan.memoryBytes)}${plan.memory[0] === undefined ? '' : ` · needs ${bytes(Math.min(...plan.memory.map((one) => one.bytes)))} or more`}`} enough={plan.memory.length === 0 ? undefined : plan.memory.some((one) => one.fits)} />
          <Requirement icon={<Globe size={16} />} name="From" has={`${new URL(plan.source.endpoint).host} · resumes, ${sums}`} />
          <Requirement icon={<Scale size={16} />} name="Licence" has={plan.licence === null ? 'Not stated' : plan.licenceUrl === null ? plan.licence : <>{plan.licence} · <a className={css.link} href={plan.licenceUrl} target="_blank" rel="noreferrer">read it</a></>} />
        </div>
        <div>
          <h3>Memory by precision</h3>
          {plan.memory.map((one) => (
            <div key={one.precision} className={css.row}><b>{one.precision}</b><span>{bytes(one.bytes)} · {precisionNotes[one.precision]}</span><span className={one.fits ? css.fits : css.large}>{one.fits ? 'Fits' : 'Only part by part'}</span></div>
          ))}
          {plan.memory.length === 0 && <p>The hub does not say how many parameters it has.</p>}
        </div>
      </div>
      <div className={css.acts}>
        <p>{plural(plan.files.length, 'file')} of {plan.source.repo} at {plan.source.revision.slice(0, 8)}, into {plan.dir}{plan.presentBytes > 0 ? ` · ${bytes(plan.presentBytes)} is here already` : ''}</p>
        {!fits && <Button onClick={openHub}>Choose a folder</Button>}
        <Button onClick={() => forgetPlan(cardId)}>Not now</Button>
        {plan.installed ? <span>This version is here.</span> : <Button kind="primary" disabled={!fits} onClick={() => { void install(cardId, plan); }}>Download {bytes(missing)}</Button>}
      </div>
    </div>
  );
}

function remedyOf(failure: Failure): string | undefined {
  return { HUB_DENIED: 'Enter a token', HUB_INVALID: 'Choose a hub', NOT_FOUND: 'Choose a hub', NETWORK: 'Choose a hub' }[failure.code as string];
}

/** The plan of a card once it was asked for, or why there is none. */
export function PlanPanel({ cardId }: { readonly cardId: string }) {
  const asked = useInstalls((state) => state.asked[cardId]);
  const problem = useInstalls((state) => state.problems[cardId]);
  if (asked === undefined) return null;
  const failure = asked.problem ?? problem;
  const other = failure === undefined ? undefined : remedyOf(failure);
  return (
    <>
      {asked.asking === true && <p className={css.plan}>Asking {asked.input.endpoint ?? 'the hub'} …</p>}
      {failure !== undefined && (
        <div className={css.plan}>
          <Notice code={failure.code} more={failure.message} action={<>{other !== undefined && <Button size="sm" onClick={openHub}>{other}</Button>}<Button size="sm" onClick={() => { void askPlan(cardId, asked.input); }}>Try again</Button></>}>{sentenceOf(failure)}</Notice>
        </div>
      )}
      {asked.plan !== undefined && <Plan cardId={cardId} plan={asked.plan} />}
    </>
  );
}

/** Before anything is asked of a hub: what the published card says, against this computer. */
export function AboutNeeds({ model }: { readonly model: ModelEntry }) {
  const info = useConnection((state) => state.info);
  const source = useInstalls((state) => state.source);
  const { bytes: disk } = model;
  if (info === undefined || disk === null) return null;
  const free = source?.freeDiskBytes ?? info.freeDiskBytes;
  return (
    <div className={own.knows}>
      <div>
        <h3>This computer</h3>
        <Requirement icon={<HardDrive size={16} />} name="Free disk" has={`${free === null ? 'Unknown' : bytes(free)} · needs about ${bytes(disk)}`} enough={free === null ? undefined : free > disk} />
        <Requirement icon={<MemoryStick size={16} />} name="Memory" has={`${bytes(info.memoryBytes)} · needs about ${bytes(disk * 0.6)} or more`} enough={info.memoryBytes > disk * 0.6} />
        <Requirement icon={<Globe size={16} />} name="From" has={source === undefined ? '' : `${new URL(source.endpoint).host} · resumes, checked by SHA-256`} />
      </div>
      <div>
        <h3>How to get it</h3>
        <p>Download asks the hub for sizes and licence first, and fetches only after a second press. A checkpoint that is on this computer already comes in by Import from a folder.</p>
      </div>
    </div>
  );
}
