import { Box, Check, Cpu, Download, HardDrive, MemoryStick, ShieldCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { chooseModel } from '../create/composer.ts';
import { saveSettings } from '../settings/settings.ts';
import { say } from '../shell/notices.ts';
import { useConnection } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { explain } from '../studio/explain.ts';
import { Button } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import { bytes } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import css from './Models.module.css';

function Requirement({ icon, name, has, enough }: { readonly icon: ReactNode; readonly name: string; readonly has: string; readonly enough: boolean | undefined }) {
  return (
    <div className={css.check}>
      {icon}<span>{name}</span><span>{has}</span>
      {enough === undefined ? <span /> : enough ? <span className={css.ok}><Check size={14} aria-label="Enough" /></span> : <span className={css.no}>Not enough</span>}
    </div>
  );
}

/** What a model that is not here would need, against what this computer has. */
function Needs({ model }: { readonly model: ModelEntry }) {
  const info = useConnection((state) => state.info);
  if (info === undefined) return null;
  const disk = model.bytes;
  return (
    <div className={css.knows}>
      <div>
        <h3>This computer</h3>
        <Requirement icon={<HardDrive size={16} />} name="Free disk" has={info.freeDiskBytes === null ? 'Unknown' : `${bytes(info.freeDiskBytes)}${disk === null ? '' : ` · needs ${bytes(disk)}`}`} enough={disk === null || info.freeDiskBytes === null ? undefined : info.freeDiskBytes > disk} />
        <Requirement icon={<MemoryStick size={16} />} name="Memory" has={`${bytes(info.memoryBytes)}${disk === null ? '' : ` · needs about ${bytes(disk * 1.2)}`}`} enough={disk === null ? undefined : info.memoryBytes > disk * 1.2} />
        <Requirement icon={<Cpu size={16} />} name="Processor" has={`${info.cores} cores`} enough={undefined} />
      </div>
      <div>
        <h3>How to get it</h3>
        <p>Downloading inside the studio is not built yet. Fetch the checkpoint with any tool, then press Import from a folder: the studio checks every file before it uses it.</p>
      </div>
    </div>
  );
}

function Knows({ model }: { readonly model: ModelEntry }) {
  if (model.knows === null && model.vocabulary === null) return null;
  return (
    <div className={css.knows}>
      <div><h3>What it knows</h3><p>{model.knows}</p></div>
      {model.vocabulary !== null && model.vocabulary.length > 0 && <div><h3>Its words</h3><ul className={css.words}>{model.vocabulary.slice(0, 80).map((word) => <li key={word}>{word}</li>)}</ul></div>}
    </div>
  );
}

async function use(model: ModelEntry): Promise<void> {
  await saveSettings({ modelId: model.id });
  chooseModel(model.id);
  useConnection.setState({ models: await studio().models.list() });
  say(`${model.name} is in use`);
}

async function forget(model: ModelEntry): Promise<void> {
  await studio().models.forget({ modelId: model.id });
  useConnection.setState({ models: await studio().models.list() });
  say(`${model.name} is off the list; its files stay`);
}

/** One model: what it is, whether it is here, what it can be expected to know. */
export function ModelCard({ model }: { readonly model: ModelEntry }) {
  const ready = model.state === 'ready';
  const facts = [model.builtIn ? 'Built in' : '', model.bytes === null || !ready ? '' : bytes(model.bytes), model.parameters === null ? '' : `${model.parameters >= 1e9 ? `${(model.parameters / 1e9).toFixed(1)} billion` : `${(model.parameters / 1e6).toFixed(1)} million`} parameters`].filter(Boolean);
  return (
    <section className={css.card} aria-label={model.name}>
      <div className={css.top}>
        <div className={css.icon}>{ready ? <Box size={18} aria-hidden /> : <Download size={18} aria-hidden />}</div>
        <div className={css.who}>
          <div>
            <b>{model.name}</b>
            {model.inUse && ready && <span className={cx(css.tag, css.on)}>In use</span>}
            {model.state === 'absent' && <span className={css.tag}>Not on this computer</span>}
            {model.state === 'damaged' && <span className={cx(css.tag, css.bad)}>Damaged</span>}
          </div>
          <p>{model.summary}</p>
        </div>
        <span className={css.facts}>{facts.join(' · ')}</span>
        {ready && model.modelHash !== null && <span className={css.facts} style={{ display: 'flex', gap: 4 }}><ShieldCheck size={14} aria-hidden />Verified</span>}
        {ready && !model.inUse && <Button onClick={() => { void use(model); }}>Use</Button>}
        {ready && !model.builtIn && <Button kind="ghost" onClick={() => { void forget(model); }}>Take off the list</Button>}
      </div>
      {model.failure !== null && <div style={{ padding: '0 16px 14px' }}><Notice code={model.failure.code} more={model.failure.message}>{explain(model.failure).sentence}</Notice></div>}
      {ready ? <Knows model={model} /> : <Needs model={model} />}
    </section>
  );
}
