import { ChevronDown, ListStart, Play } from 'lucide-react';
import { useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { keysOf, runCommand } from '../palette/commands.ts';
import { useWaiting } from '../queue/useWaiting.ts';
import { go, useView } from '../shell/view.ts';
import { explain } from '../studio/explain.ts';
import { Button } from '../ui/Button.tsx';
import { bytes, duration, plural } from '../ui/format.ts';
import { keyLabel } from '../ui/keyLabel.ts';
import { Menu } from '../ui/Menu.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Chips } from './Chips.tsx';
import css from './Composer.module.css';
import { usePreset } from '../canvas/presetTasks.ts';
import { applyRemedy, usePlan } from '../canvas/run.ts';
import { chooseFit, fitLabel, fitNote, type Fit } from '../models/fit.ts';
import { change, useCanvas } from '../project/canvasStore.ts';
import { documentBounds } from '../document/bounds.ts';
import { setFrameSize } from '../document/ops/frame.ts';
import { Presets } from '../canvas/Presets.tsx';
import { useStaging } from '../staging/staging.ts';
import { setTask, useComposer } from './composer.ts';
import type { Task } from './composer.ts';
import { readQuestion } from './request.ts';
import { useEstimate } from './useEstimate.ts';
import type { Obstacle, Plan } from '../document/plan.ts';
import type { Outlook } from './useEstimate.ts';
import { useUnknownWords } from './useUnknownWords.ts';

const verbs: Readonly<Record<Task, string>> = { create: 'Create', edit: 'Edit', ask: 'Ask' };

function usePlaceholder(): string {
  const task = useComposer((state) => state.task);
  const pictures = useComposer((state) => state.askPictures.length);
  const place = useView((view) => view.place);
  const blank = useCanvas((state) => documentBounds(state.document) === null);
  const preset = usePreset();
  if (task === 'create') return 'Describe a picture. {red|blue} draws one of each.';
  if (task === 'edit' && preset !== undefined && !blank) return preset.hint;
  if (task === 'edit') return blank ? 'Drop or paste a picture, then describe the change.' : 'Describe the change. The frame decides where.';
  if (place === 'canvas') return 'Ask about what the frame shows.';
  if (pictures === 0) return 'Drop or paste a picture, then ask about it.';
  return pictures === 1 ? 'Ask about the picture.' : `Ask about ${pictures === 2 ? 'A and B' : `A to ${String.fromCharCode(64 + pictures)}`}. Type a letter to point at a picture.`;
}

/** ↑ in an empty prompt brings back the one before; pressed again, the one before that. */
function useRecall(): (event: KeyboardEvent<HTMLTextAreaElement>) => void {
  const depth = useRef(-1);
  return (event) => {
    const { prompt, recent } = useComposer.getState();
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') {
      if (event.key.length === 1) depth.current = -1;
      return;
    }
    const browsing = depth.current >= 0 && prompt === recent[depth.current];
    if (event.altKey || event.ctrlKey || event.shiftKey || (prompt !== '' && !browsing)) return;
    const next = depth.current + (event.key === 'ArrowUp' ? 1 : -1);
    if (!browsing && event.key === 'ArrowDown') return;
    if (next >= recent.length) return;
    event.preventDefault();
    depth.current = Math.max(-1, next);
    useComposer.setState({ prompt: recent[depth.current] ?? '' });
  };
}

function Warnings({ outlook }: { readonly outlook: Outlook | undefined }) {
  const unknown = useUnknownWords(outlook?.warnings ?? []);
  const others = (outlook?.warnings ?? []).filter((warning) => warning.kind !== 'notKnown');
  return (
    <>
      {unknown !== undefined && <Notice tone="warn" action={<Button size="sm" onClick={() => go('models')}>See Ovis-U1-3B</Button>}>{unknown}</Notice>}
      {others.map((warning) => <Notice key={warning.kind} tone="warn" action={warning.kind === 'memory' && outlook?.memory?.plan != null ? <Fitting fit={outlook.memory.plan} /> : undefined}>{warning.message}</Notice>)}
    </>
  );
}

/** Runs the same thing in the nearest way that fits into memory. */
function Fitting({ fit }: { readonly fit: Fit }) {
  const runIt = async (): Promise<void> => {
    const { width, height } = fit;
    await chooseFit(fit, useComposer.getState().modelId);
    if (width !== undefined && height !== undefined) change(setFrameSize(width, height), { mark: 'Frame' });
    runCommand('prompt.run');
  };
  return <Button size="sm" title={fitNote(fit)} onClick={() => { void runIt(); }}>{fitLabel(fit)}</Button>;
}

/** What stands in the way of a run that has its words, with the nearest thing that works; and facts worth knowing. */
function Obstacles({ plan }: { readonly plan: Plan | Obstacle }) {
  const typed = useComposer((state) => state.prompt.trim() !== '');
  if (plan.ok) return plan.notes.length === 0 || !typed ? null : <p className={css.note}>{plan.notes.join('. ')}.</p>;
  if (plan.code === 'PROMPT' || plan.code === 'MODEL' || (plan.code === 'EMPTY' && !typed)) return null;
  return (
    <Notice tone="warn" action={plan.remedies.map((remedy) => <Button key={remedy.title} size="sm" onClick={() => applyRemedy(remedy)}>{remedy.title}</Button>)}>{plan.message}.</Notice>
  );
}

function TimeAhead({ outlook }: { readonly outlook: Outlook | undefined }) {
  const waiting = useWaiting();
  const task = useComposer((state) => state.task);
  const parts = [
    task === 'ask' || outlook === undefined || outlook.jobs === 1 ? '' : plural(outlook.jobs, 'picture'),
    outlook?.totalMs == null ? '' : `about ${duration(outlook.totalMs)}`,
    outlook?.memory === undefined || outlook.memory.fits === 'no' ? '' : `${bytes(outlook.memory.neededBytes)} of memory${outlook.memory.fits === 'oneByOne' ? ', one network at a time' : ''}`,
    waiting > 0 ? `after ${plural(waiting, 'job')}` : '',
  ];
  return <span className={css.est}>{parts.filter(Boolean).join(' · ')}</span>;
}

/** The one prompt. Running never locks it. */
export function Composer() {
  const { task, prompt, problem } = useComposer();
  const { viewing, place } = useView();
  // While results wait, Accept is the only filled button.
  const waiting = useStaging((state) => state.waiting.length > 0) && place === 'canvas';
  const filled = viewing === undefined && !waiting;
  const plan = usePlan();
  const outlook = useEstimate();
  const placeholder = usePlaceholder();
  const recall = useRecall();
  const asks = task === 'ask' && place !== 'canvas';
  const unasked = useComposer((state) => typeof readQuestion(state) === 'string');
  const empty = asks ? unasked : !plan.ok;
  const explained = problem === undefined ? undefined : explain(problem);
  const kind = empty || !filled ? 'plain' : 'primary';
  return (
    <section className={css.comp} aria-label="Prompt" data-region="prompt">
      <div className={css.notes}>
        {explained !== undefined && problem !== undefined && (
          <Notice tone={problem.code === 'REQUEST_INVALID' ? 'warn' : 'danger'} code={problem.code === 'REQUEST_INVALID' ? undefined : problem.code} action={<Button size="sm" kind="ghost" onClick={() => useComposer.setState({ problem: undefined })}>Close</Button>}>
            {explained.sentence} {explained.more}
          </Notice>
        )}
        {!asks && <Obstacles plan={plan} />}
        <Warnings outlook={outlook} />
      </div>
      <div className={css.in}>
        <textarea
          className={css.px} data-prompt aria-label={`Prompt for ${verbs[task]}`} rows={1} placeholder={placeholder} value={prompt} spellCheck
          onChange={(event) => useComposer.setState({ prompt: event.currentTarget.value, ...(problem === undefined ? {} : { problem: undefined }) })}
          onKeyDown={recall}
        />
        <div className={css.row}>
          <Segmented
            inset label="What to do" value={task} onChange={setTask}
            segments={[{ value: 'create', label: 'Create' }, { value: 'edit', label: 'Edit' }, { value: 'ask', label: 'Ask' }]}
          />
          <div className={css.chips}><Chips /></div>
          {task === 'edit' && <Presets />}
          <TimeAhead outlook={outlook} />
          <span className={css.split}>
            <Button kind={kind} aria-disabled={empty} onClick={() => runCommand('prompt.run')}>{verbs[task]} <kbd>{keyLabel(keysOf('prompt.run') ?? '')}</kbd></Button>
            <Menu
              align="end" side="top" trigger={<Button kind={kind} aria-label="Ways to run" aria-disabled={empty}><ChevronDown size={14} /></Button>}
              items={[
                { label: 'Run', icon: <Play size={14} />, keys: keysOf('prompt.run'), run: () => runCommand('prompt.run') },
                { label: 'Run first', icon: <ListStart size={14} />, keys: keysOf('prompt.runFirst'), run: () => runCommand('prompt.runFirst') },
              ]}
            />
          </span>
        </div>
      </div>
    </section>
  );
}
