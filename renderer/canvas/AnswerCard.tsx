import { CornerDownLeft, MessageSquare, Square, X } from 'lucide-react';
import { stopAnswer, useChats } from '../ask/chats.ts';
import { setTask } from '../create/composer.ts';
import { useLive } from '../queue/jobs.ts';
import { progressText } from '../queue/progress.ts';
import { go } from '../shell/view.ts';
import { explain } from '../studio/explain.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import css from './AnswerCard.module.css';
import { closeAnswer, newestTurn, promptFromAnswer, useFrameAnswer } from './askFrame.ts';

/** What the model says about the frame, where it was asked. */
export function AnswerCard() {
  const chatId = useFrameAnswer((state) => state.chatId);
  const chat = useChats((state) => (state.open?.id === chatId ? state.open : undefined));
  const turn = newestTurn(chat);
  const live = useLive((state) => (turn?.answer?.jobId == null ? undefined : state.byJob[turn.answer.jobId]));
  if (turn === undefined) return null;
  const { question, answer } = turn;
  const writing = answer === undefined || answer.state === 'running' || answer.state === 'queued';
  return (
    <section className={css.card} aria-label="Answer about the frame" data-testid="answer" aria-busy={writing}>
      <div className={css.head}>
        <h2>{question.text}</h2>
        <IconButton tiny label="Close the answer" onClick={closeAnswer}><X size={14} /></IconButton>
      </div>
      {answer !== undefined && answer.failure !== null
        ? <Notice code={answer.failure.code} more={answer.failure.message}>{explain(answer.failure).sentence}</Notice>
        : <p className={css.text} aria-live="polite" aria-atomic="false">{answer?.text === '' || answer === undefined ? <span className={css.soft}>{answer?.state === 'running' ? progressText(live) : 'Waiting for its turn'}</span> : answer.text}</p>}
      <div className={css.verbs}>
        {writing
          ? <Button size="sm" kind="ghost" onClick={() => { void stopAnswer(); }}><Square size={14} />Stop</Button>
          : answer.text !== '' && <Button size="sm" onClick={() => promptFromAnswer(answer.text)}><CornerDownLeft size={14} />Use as prompt</Button>}
        <Button size="sm" kind="ghost" onClick={() => { setTask('ask'); go('ask'); }}><MessageSquare size={14} />Open in Ask</Button>
      </div>
    </section>
  );
}
