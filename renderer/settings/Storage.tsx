import { useState } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Settings, SettingsChange } from '../../preload/contract/system.ts';
import { useConnection } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { toProblem } from '../studio/problem.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import { NumberField } from '../ui/NumberField.tsx';
import css from './SettingsDialog.module.css';

/** A folder of the machine that the studio runs on, shown in its file manager; where there is none, its path is read instead. */
export function Reveal({ what, name }: { readonly what: 'log' | 'data'; readonly name: string }) {
  const [refused, setRefused] = useState(false);
  const show = async (): Promise<void> => { setRefused(!(await studio().system.reveal({ what })).shown); };
  return refused ? <span className={css.hint}>No file manager here</span> : <Button size="sm" onClick={() => { void show().catch(() => setRefused(true)); }}>{name}</Button>;
}

/** Where the data is to lie: wished for here, done at the next start, when nothing is open. */
function Move({ from }: { readonly from: string }) {
  const [open, setOpen] = useState(false);
  const [dir, setDir] = useState('');
  const [wished, setWished] = useState<string>();
  const [problem, setProblem] = useState<Failure>();
  const wish = async (to: string | null): Promise<void> => {
    try {
      await studio().system.moveData({ dir: to });
      setWished(to ?? undefined);
      setOpen(false);
      setProblem(undefined);
    } catch (thrown) {
      setProblem(toProblem(thrown));
    }
  };
  if (wished !== undefined) return <p className={css.note} role="status">Moves to {wished} when the studio starts next. <Button size="sm" kind="ghost" onClick={() => { void wish(null); }}>Stay here</Button></p>;
  if (!open) return <Button size="sm" onClick={() => setOpen(true)}>Move…</Button>;
  return (
    <form className={css.move} onSubmit={(event) => { event.preventDefault(); void wish(dir.trim()); }}>
      <input className={css.path} aria-label="New data folder" placeholder={from} value={dir} autoFocus onChange={(event) => setDir(event.currentTarget.value)} />
      <Button size="sm" type="submit" disabled={dir.trim() === ''}>Move at the next start</Button>
      <Button size="sm" kind="ghost" onClick={() => { setOpen(false); setProblem(undefined); }}>Cancel</Button>
      {problem !== undefined && <div className={css.whole}><Notice code={problem.code}>{problem.message}</Notice></div>}
    </form>
  );
}

/** Where everything is kept, and for how long the trash is. */
export function Storage({ settings, save }: { readonly settings: Settings; readonly save: (patch: SettingsChange) => void }) {
  const info = useConnection((state) => state.info);
  return (
    <>
      <h3>Storage</h3>
      <span>Data folder</span>
      <div className={css.folder}>
        <code data-testid="data-dir">{info?.dataDir ?? ''}</code>
        <div className={css.row}><Reveal what="data" name="Show" /><Move from={info?.dataDir ?? ''} /></div>
      </div>
      <span>Empty the trash</span>
      <div className={css.ctl}><div className={css.grow}>
        <NumberField label="After" unit="days" value={settings.trashDays} min={0} max={3650} defaultValue={30} zero="Never: kept until emptied" onChange={(trashDays) => save({ trashDays })} />
      </div></div>
    </>
  );
}
