import { useState } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Precision } from '../../preload/contract/generation.ts';
import type { Settings, SettingsChange } from '../../preload/contract/system.ts';
import { copyText } from '../gallery/verbs.ts';
import { useView } from '../shell/view.ts';
import { useConnection } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { explain } from '../studio/explain.ts';
import { toProblem } from '../studio/problem.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { bytes } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import { NumberField } from '../ui/NumberField.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Select } from '../ui/Select.tsx';
import { KeyList } from './KeyList.tsx';
import { ProviderList } from './ProviderList.tsx';
import { Reveal, Storage } from './Storage.tsx';
import css from './SettingsDialog.module.css';
import { saveSettings, useSettings } from './settings.ts';

type Save = (patch: SettingsChange) => void;

/** Only the desktop app can tell the system something; a browser's page has its own means. */
function Told({ settings, save }: { readonly settings: Settings; readonly save: Save }) {
  const host = useConnection((state) => state.info?.host);
  if (host !== 'electron') return null;
  return (
    <>
      <span>Notifications</span>
      <div className={css.ctl}>
        <Segmented label="Notifications" value={settings.notifications ? 'on' : 'off'} onChange={(next) => save({ notifications: next === 'on' })} segments={[{ value: 'on', label: 'When I look elsewhere' }, { value: 'off', label: 'Never' }]} />
      </div>
    </>
  );
}

function Looks({ settings, save }: { readonly settings: Settings; readonly save: Save }) {
  return (
    <>
      <h3>Look</h3>
      <span>Theme</span>
      <div className={css.ctl}>
        <Segmented label="Theme" value={settings.theme} onChange={(theme) => save({ theme })} segments={[{ value: 'dark', label: 'Dark' }, { value: 'light', label: 'Light' }, { value: 'system', label: 'System' }]} />
      </div>
    </>
  );
}

function Engine({ settings, save }: { readonly settings: Settings; readonly save: Save }) {
  const info = useConnection((state) => state.info);
  const engine = useConnection((state) => state.engine);
  return (
    <>
      <h3>Engine</h3>
      <span>Threads</span>
      <div className={css.ctl}><div className={css.grow}>
        <NumberField label="Threads" value={settings.threads ?? info?.cores ?? 1} min={1} max={info?.cores ?? 64} defaultValue={info?.cores ?? 1} onChange={(threads) => save({ threads: threads === info?.cores ? null : threads })} />
      </div></div>
      <ProviderList settings={settings} save={save} />
      <span>Precision</span>
      <div className={css.ctl}>
        <Select<Precision | 'auto'> label="Weights" value={settings.precision ?? 'auto'} onChange={(precision) => save({ precision: precision === 'auto' ? null : precision })}
          options={[{ value: 'auto', label: 'Chosen by the engine' }, { value: 'fp32', label: 'fp32, exact' }, { value: 'fp16', label: 'fp16, half the memory' }, { value: 'int8', label: 'int8, a quarter' }, { value: 'q4', label: '4-bit in blocks of 32' }, { value: 'q4b128', label: '4-bit in blocks of 128, smallest' }]} />
      </div>
      <span /><p className={css.note}>Of models without a choice of their own; Models, Precision tells what each takes and costs.</p>
      <span>Memory limit</span>
      <div className={css.ctl}><div className={css.grow}>
        <NumberField label="At most" unit="MB" value={Math.round((settings.memoryLimitBytes ?? 0) / 1e6)} min={0} max={1_000_000} step={500} defaultValue={0} zero="No limit: what is free" onChange={(megabytes) => save({ memoryLimitBytes: megabytes === 0 ? null : megabytes * 1e6 })} />
      </div></div>
      <span>Autoencoder</span>
      <div className={css.ctl}>
        <Select<string> label="The autoencoder works on" value={String(settings.vaeTile ?? 'whole')} onChange={(tile) => save({ vaeTile: tile === 'whole' ? null : Number(tile) })}
          options={[{ value: 'whole', label: 'The whole picture' }, { value: '512', label: 'Pieces of 512, less memory' }, { value: '256', label: 'Pieces of 256, least memory' }]} />
      </div>
      <span>Large pictures</span>
      <div className={css.ctl}>
        <Select<string> label="Drawn" value={settings.atFullSize === true ? 'full' : 'known'} onChange={(at) => save({ atFullSize: at === 'full' })}
          options={[{ value: 'known', label: 'At the model’s size, scaled' }, { value: 'full', label: 'At their own size' }]} />
      </div>
      <span /><p className={css.note}>Pictures larger than what a model knows come out as repeats or noise at their own size.</p>
      <span>Unload when idle</span>
      <div className={css.ctl}><div className={css.grow}>
        <NumberField label="After" unit="min" value={settings.idleUnloadMinutes} min={0} max={1440} step={5} defaultValue={10} zero="Never: stays in memory" onChange={(idleUnloadMinutes) => save({ idleUnloadMinutes })} />
      </div></div>
      <span>Preview every</span>
      <div className={css.ctl}><div className={css.grow}>
        <NumberField label="Steps" value={settings.previewEvery} min={0} max={20} defaultValue={1} zero="No previews" onChange={(previewEvery) => save({ previewEvery })} />
      </div></div>
      <span>Memory now</span>
      <div className={css.ctl}>
        <span>{engine?.memoryBytes == null ? 'None' : bytes(engine.memoryBytes)}</span>
        <Button size="sm" disabled={engine === undefined || engine.state === 'absent'} onClick={() => { void studio().system.stopEngine(); }}>Unload now</Button>
      </div>
    </>
  );
}

function About() {
  const info = useConnection((state) => state.info);
  const copy = async (): Promise<void> => copyText((await studio().system.diagnostics()).text, 'Diagnostics');
  return (
    <>
      <h3>About</h3>
      <span>Version</span>
      <div className={css.ctl}><span>{info === undefined ? '' : `${info.version} · ${info.host === 'electron' ? 'desktop' : 'browser'}`}</span></div>
      <span>Troubles</span>
      <div className={css.ctl}><Button size="sm" onClick={() => { void copy(); }}>Copy diagnostics</Button><Reveal what="log" name="Show the log" /></div>
      <span>Network</span>
      <span>{info?.outboundRequests === 0 ? 'No requests so far. Nothing is fetched unless you ask.' : `${info?.outboundRequests ?? 0} requests since the start`}</span>
    </>
  );
}

/** Everything that can be set; each change is stored at once. */
export function SettingsDialog() {
  const open = useView((view) => view.settingsOpen);
  const settings = useSettings((state) => state.settings);
  const [problem, setProblem] = useState<Failure>();
  const save: Save = (patch) => { saveSettings(patch).then(() => setProblem(undefined), (thrown: unknown) => setProblem(toProblem(thrown))); };
  return (
    <Dialog open={open} onClose={() => useView.setState({ settingsOpen: false })} title="Settings">
      {problem !== undefined && <Notice code={problem.code} more={problem.message}>Not stored. {explain(problem).sentence}</Notice>}
      {settings !== undefined && (
        <div className={css.set}>
          <Looks settings={settings} save={save} />
          <Told settings={settings} save={save} />
          <Engine settings={settings} save={save} />
          <Storage settings={settings} save={save} />
          <h3>Keyboard</h3>
          <KeyList keys={settings.keys} save={save} />
          <About />
        </div>
      )}
    </Dialog>
  );
}
