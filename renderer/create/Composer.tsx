import { ChevronDown, ListStart, Play } from 'lucide-react';
import { useRef } from 'react';
import type { KeyboardEvent } from 'react';
import { keysOf, runCommand } from '../palette/commands.ts';
import { useWaiting } from '../queue/useWaiting.ts';
import { go, useView } from '../shell/view.ts';
import { explain } from '../studio/explain.ts';
import { Button } from '../ui/Button.tsx';
import { duration, plural } from '../ui/format.ts';
import { keyLabel } from '../ui/keyLabel.ts';
import { Menu } from '../ui/Menu.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Chips } from './Chips.tsx';
import css from './Composer.module.css';
import { picturesOf, setTask, useComposer } from './composer.ts';
import type { Task } from './composer.ts';
import { readRequest } from './request.ts';
import { useEstimate } from './useEstimate.ts';
import type { Outlook } from './useEstimate.ts';
import { useUnknownWords } from './useUnknownWords.ts';

const verbs: Readonly<Record<Task, string>> = { create: 'Create', edit: 'Edit', ask: 'Ask' };

function usePlaceholder(): string {
  const task = useComposer((state) => state.task);
  const pictures = useComposer((state) => picturesOf(state).length);
  if (task === 'create') return 'Describe a picture. {red|blue} draws one of each.';
  if (task === 'edit') return pictures === 0 ? 'Drop or paste a picture, then describe the change.' : 'Describe the change.';
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
      {others.map((warning) => <Notice key={warning.kind} tone="warn">{warning.message}</Notice>)}
    </>
  );
}

function TimeAhead({ outlook }: { readonly outlook: Outlook | undefined }) {
  const waiting = useWaiting();
  const task = useComposer((state) => state.task);
  const parts = [
    task === 'ask' || outlook === undefined || outlook.jobs === 1 ? '' : plural(outlook.jobs, 'picture'),
    outlook?.totalMs == null ? '' : `about ${duration(outlook.totalMs)}`,
    waiting > 0 ? `after ${plural(waiting, 'job')}` : '',
  ];
  return <span className={css.est}>{parts.filter(Boolean).join(' · ')}</span>;
}

/** The one prompt. Running never locks it. */
export function Composer() {
  const { task, prompt, problem } = useComposer();
  const filled = useView((view) => view.viewing === undefined);
  const outlook = useEstimate();
  const placeholder = usePlaceholder();
  const recall = useRecall();
  const empty = useComposer((state) => typeof readRequest(state) === 'string');
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
