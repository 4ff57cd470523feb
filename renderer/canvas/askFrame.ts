import { create } from 'zustand';
import type { Chat, Turn } from '../../preload/contract/project.ts';
import { chatForQuestion, noteSent } from '../ask/chats.ts';
import { setTask, useComposer } from '../create/composer.ts';
import { useProject } from '../project/project.ts';
import { focusPrompt } from '../shell/focusField.ts';
import { studio } from '../studio/current.ts';
import { frameHash } from './run.ts';

/** The chat whose newest answer is shown on the canvas; null = none. */
export const useFrameAnswer = create<{ readonly chatId: string | null }>(() => ({ chatId: null }));

/** Asks about what the frame shows; the answer comes beside it and can become the prompt of the next edit. */
export async function askAboutFrame(text: string): Promise<void> {
  const frame = await frameHash();
  const name = useProject.getState().project?.name ?? 'Canvas';
  useComposer.setState({ askPictures: [{ ...frame, name: `${name}, frame`, fromFrame: true }] });
  const chatId = await chatForQuestion();
  useFrameAnswer.setState({ chatId });
  noteSent(await studio().ask.send({ chatId, text }));
}

/** The last question of a chat and its answer. */
export function newestTurn(chat: Chat | undefined): { readonly question: Turn; readonly answer: Turn | undefined } | undefined {
  const at = chat?.turns.findLastIndex((turn) => turn.role === 'user') ?? -1;
  const question = chat?.turns[at];
  return question === undefined ? undefined : { question, answer: chat?.turns[at + 1] };
}

export function closeAnswer(): void {
  useFrameAnswer.setState({ chatId: null });
}

/** The answer becomes what the next edit says. */
export function promptFromAnswer(text: string): void {
  setTask('edit');
  useComposer.setState({ prompt: text.trim() });
  closeAnswer();
  focusPrompt();
}
