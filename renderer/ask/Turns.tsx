import { Copy, CornerDownLeft, RotateCcw, Square } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import type { Turn } from '../../preload/contract/project.ts';
import { setTask, useComposer } from '../create/composer.ts';
import { run } from '../create/run.ts';
import { copyText } from '../gallery/verbs.ts';
import { progressText } from '../queue/progress.ts';
import { useLive } from '../queue/jobs.ts';
import { focusPrompt } from '../shell/focusField.ts';
import { go } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import { explain } from '../studio/explain.ts';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { duration, plural } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import css from './Ask.module.css';
import { stopAnswer, useChats } from './chats.ts';

/** Capital letters that name a picture of the question stand out. */
function pointed(text: string, pictures: number): ReactNode {
  if (pictures < 2) return text;
  const last = String.fromCharCode(64 + Math.min(pictures, 26));
  return text.split(new RegExp(`\\b([A-${last}])\\b(?!')`)).map((part, index) => (index % 2 === 1 ? <span key={index} className={css.ref}>{part}</span> : part));
}

function makePrompt(text: string): void {
  setTask(useComposer.getState().askPictures.some((one) => one.fromFrame) ? 'edit' : 'create');
  useComposer.setState({ prompt: text.trim() });
  go('canvas');
  focusPrompt();
}

function Answer({ turn, pictures }: { readonly turn: Turn; readonly pictures: number }) {
  const live = useLive((state) => (turn.jobId === null ? undefined : state.byJob[turn.jobId]));
  const writing = turn.state === 'running' || turn.state === 'queued';
  if (turn.failure !== null) {
    return (
      <Notice code={turn.failure.code} more={turn.failure.message} action={turn.jobId !== null && <Button size="sm" onClick={() => { if (turn.jobId !== null) void studio().jobs.retry({ jobId: turn.jobId }); }}>Retry</Button>}>
        {explain(turn.failure).sentence}
      </Notice>
    );
  }
  const took = Object.values(turn.timingsMs).reduce((sum, ms) => sum + ms, 0);
  return (
    <>
      <p className={css.a} aria-live={writing ? 'off' : undefined}>
        {pointed(turn.text, pictures)}
        {turn.text === '' && writing && <span style={{ color: 'var(--text-3)' }}>{turn.state === 'queued' ? 'Waiting for its turn' : progressText(live)}</span>}
        {turn.state === 'running' && <span className={css.cursor} aria-hidden />}
      </p>
      <div className={css.foot}>
        {writing
          ? <Button size="sm" kind="ghost" onClick={() => { void stopAnswer(); }}><Square size={14} />Stop <kbd>Esc</kbd></Button>
          : (
            <>
              <Button size="sm" kind="ghost" onClick={() => { void copyText(turn.text, 'Answer'); }}><Copy size={14} />Copy</Button>
              <Button size="sm" kind="ghost" onClick={() => makePrompt(turn.text)}><CornerDownLeft size={14} />Use as prompt</Button>
              <span>{[turn.state === 'cancelled' ? 'Stopped' : turn.state === 'interrupted' ? 'Interrupted' : '', took > 0 ? duration(took) : '', turn.tokens === null ? '' : plural(turn.tokens, 'token'), turn.stopReason === 'length' ? 'cut at its longest' : ''].filter(Boolean).join(' · ')}</span>
              {turn.state === 'interrupted' && turn.jobId !== null && <Button size="sm" kind="ghost" onClick={() => { if (turn.jobId !== null) void studio().jobs.retry({ jobId: turn.jobId }); }}><RotateCcw size={14} />Retry</Button>}
            </>
          )}
      </div>
    </>
  );
}

function describe(): void {
  useComposer.setState((state) => ({ task: 'ask', prompt: state.askPictures.length > 1 ? 'Describe each picture.' : 'Describe this picture.' }));
  void run(false);
}

function Nothing() {
  const pictures = useComposer((state) => state.askPictures.length);
  if (pictures === 0) return <Empty action={<Button onClick={() => go('gallery')}>Choose from the gallery</Button>}>Ask about one picture or several: what is in it, how many, what changed between A and B. An answer can become a prompt.</Empty>;
  return <Empty action={<Button onClick={describe}>{pictures > 1 ? 'Describe these' : 'Describe this'}</Button>}>Ask anything about {pictures > 1 ? 'these pictures' : 'this picture'}, or begin with a description.</Empty>;
}

/** Whole sentences, as they come, for those who listen. */
function Spoken({ turn }: { readonly turn: Turn | undefined }) {
  const sentences = turn?.text.match(/[^.!?]+[.!?]+/g) ?? [];
  return <p className="visually-hidden" aria-live="polite">{turn?.state === 'running' ? sentences.at(-1) : turn?.text}</p>;
}

/** Questions and answers, oldest first. */
export function Turns() {
  const open = useChats((state) => state.open);
  const box = useRef<HTMLDivElement>(null);
  const last = open?.turns.at(-1);
  const length = last?.text.length ?? 0;
  useEffect(() => {
    const element = box.current;
    // Whoever has scrolled up to read is left alone.
    if (element !== null && element.scrollHeight - element.scrollTop - element.clientHeight < 160) element.scrollTop = element.scrollHeight;
  }, [length, open?.turns.length]);
  if (open === undefined || open.turns.length === 0) return <Nothing />;
  const pairs = open.turns.filter((turn) => turn.role === 'user').map((question) => ({ question, answer: open.turns[open.turns.indexOf(question) + 1] }));
  return (
    <div ref={box} className={css.turns} data-region="answers" tabIndex={0} role="log" aria-label="Questions and answers" aria-live="off">
      {pairs.map(({ question, answer }) => (
        <div key={question.id} className={css.turn}>
          <h3 className={css.q}>{question.text}</h3>
          {answer !== undefined && answer.role === 'assistant' && <Answer turn={answer} pictures={open.images.length} />}
        </div>
      ))}
      <Spoken turn={last?.role === 'assistant' ? last : undefined} />
    </div>
  );
}
