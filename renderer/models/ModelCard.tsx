import { Box, Download, EllipsisVertical, ShieldCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { chooseModel } from '../create/composer.ts';
import { saveSettings } from '../settings/settings.ts';
import { say } from '../shell/notices.ts';
import { useConnection } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { explain } from '../studio/explain.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import { bytes, moment, plural } from '../ui/format.ts';
import { Menu, type MenuEntry } from '../ui/Menu.tsx';
import { Notice } from '../ui/Notice.tsx';
import { askPlan, remove, resume, useInstalls, verify } from './installs.ts';
import { InstallProgress, sentenceOf } from './InstallProgress.tsx';
import css from './Models.module.css';
import { AboutNeeds, PlanPanel } from './PlanPanel.tsx';
import { Precisions } from './Precisions.tsx';
import { Question } from './Question.tsx';

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

/** Asked before the files go: how much they are, and what stays. */
function RemoveQuestion({ model, done }: { readonly model: ModelEntry; readonly done: () => void }) {
  const [pictures, setPictures] = useState<number>();
  useEffect(() => {
    studio().gallery.counts().then(({ models }) => setPictures(models.find(({ modelName }) => modelName === model.name)?.count ?? 0), () => setPictures(0));
  }, [model.name]);
  const stay = pictures === undefined || pictures === 0 ? '' : ` ${plural(pictures, 'picture')} made with it ${pictures === 1 ? 'stays' : 'stay'} in the Gallery.`;
  return (
    <div className={css.ask}>
      <Question no="Keep it" yes="Remove the files" onNo={done} onYes={() => { done(); remove(model.id, model.name); }}>
        Remove {model.name} from this computer? {model.bytes === null ? '' : `${bytes(model.bytes)} become free.`}{stay} It can be downloaded again.
      </Question>
    </div>
  );
}

function factsOf(model: ModelEntry, ready: boolean): string {
  const { parameters } = model;
  return [
    model.builtIn ? 'Built in' : '', model.bytes === null || !ready ? '' : bytes(model.bytes),
    parameters === null ? '' : `${parameters >= 1e9 ? `${(parameters / 1e9).toFixed(1)} billion` : `${(parameters / 1e6).toFixed(1)} million`} parameters`, model.licence ?? '',
  ].filter(Boolean).join(' · ');
}

/** One model: what it is, whether it is here, what it can be expected to know. */
export function ModelCard({ model }: { readonly model: ModelEntry }) {
  const install = useInstalls((state) => state.installs[model.id]);
  const asked = useInstalls((state) => state.asked[model.id] !== undefined);
  const problem = useInstalls((state) => state.problems[model.id]);
  const [removing, setRemoving] = useState(false);
  const [precise, setPrecise] = useState(false);
  const ready = model.state === 'ready';
  const coming = install !== undefined && install.state !== 'checking';
  const { source } = model;
  const fetchable = !ready && !coming && model.state === 'absent' && source !== undefined;
  const items: MenuEntry[] = [
    { label: 'Verify the files', disabled: install !== undefined, run: () => verify(model.id, model.name) },
    ...(model.owned === true ? [{ label: 'Remove …', danger: true, disabled: install !== undefined, run: () => setRemoving(true) }] : []),
    ...(!model.builtIn && model.owned !== true ? [{ label: 'Take off the list', run: () => { void forget(model); } }] : []),
  ];
  return (
    <section className={css.card} aria-label={model.name}>
      <div className={css.top}>
        <div className={css.icon}>{ready ? <Box size={18} aria-hidden /> : <Download size={18} aria-hidden />}</div>
        <div className={css.who}>
          <div>
            <b>{model.name}</b>
            {model.inUse && ready && <span className={cx(css.tag, css.on)}>In use</span>}
            {model.state === 'absent' && <span className={css.tag}>{coming ? 'On its way' : model.inUse ? 'Chosen, but not on this computer' : 'Not on this computer'}</span>}
            {model.state === 'damaged' && <span className={cx(css.tag, css.bad)}>Damaged</span>}
          </div>
          <p title={model.dir ?? undefined}>{model.summary}</p>
        </div>
        <span className={css.facts}>{factsOf(model, ready)}</span>
        {ready && model.verifiedAt !== undefined && <span className={css.facts} style={{ display: 'flex', gap: 4 }} title={`Checked ${moment(model.verifiedAt)}`}><ShieldCheck size={14} aria-hidden />Verified</span>}
        {ready && <Button kind="ghost" aria-expanded={precise} onClick={() => setPrecise(!precise)}>Precision</Button>}
        {ready && !model.inUse && <Button onClick={() => { void use(model); }}>Use</Button>}
        {fetchable && !asked && <Button kind="primary" onClick={() => { void askPlan(model.id, { repo: source.repo, revision: source.revision }); }}>Download{model.bytes === null ? '' : ` about ${bytes(model.bytes)}`} …</Button>}
        {!model.builtIn && model.dir !== null && <Menu align="end" items={items} trigger={<IconButton label={`More about ${model.name}`}><EllipsisVertical size={16} /></IconButton>} />}
        {!model.builtIn && model.dir === null && !coming && model.bytes === null && <Button kind="ghost" onClick={() => { void forget(model); }}>Take off the list</Button>}
      </div>
      {removing && <RemoveQuestion model={model} done={() => setRemoving(false)} />}
      {install !== undefined && <InstallProgress install={install} problem={problem} />}
      {install === undefined && problem !== undefined && !asked && <div className={css.ask}><Notice code={problem.code} more={problem.message}>{explain(problem).sentence}</Notice></div>}
      {model.failure !== null && install === undefined && (
        <div className={css.ask}>
          <Notice code={model.failure.code} more={model.failure.message} action={model.owned === true && model.failure.code === 'CHECKSUM' ? <Button size="sm" onClick={() => resume(model.id)}>Fetch those files again</Button> : undefined}>
            {model.failure.code === 'CHECKSUM' ? sentenceOf(model.failure) : model.failure.message}
          </Notice>
        </div>
      )}
      <PlanPanel cardId={model.id} />
      {ready && precise && <Precisions model={model} />}
      {ready ? <Knows model={model} /> : fetchable && !asked && <AboutNeeds model={model} />}
    </section>
  );
}
