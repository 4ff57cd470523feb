import { create } from 'zustand';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Chat, ChatSummary, Turn } from '../../preload/contract/project.ts';
import { useComposer } from '../create/composer.ts';
import { onEvent, onSnapshot } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { letter } from '../studio/picture.ts';
import { toProblem } from '../studio/problem.ts';

interface Chats {
  readonly list: readonly ChatSummary[];
  readonly open?: Chat | undefined;
  readonly problem?: Failure | undefined;
}

/** Questions and answers about pictures. */
export const useChats = create<Chats>(() => ({ list: [] }));

async function reload(): Promise<void> {
  const list = await studio().ask.chats({});
  const id = useChats.getState().open?.id;
  const open = id !== undefined && list.some((one) => one.id === id) ? await studio().ask.get({ id }) : undefined;
  // The answer that grew by tokens in the meantime may be longer than the stored one.
  useChats.setState((state) => ({ list, ...(state.open?.id === open?.id ? { open: open === undefined ? undefined : longest(state.open, open) } : {}) }));
}

function longest(mine: Chat | undefined, stored: Chat): Chat {
  return {
    ...stored,
    turns: stored.turns.map((turn) => {
      const shown = mine?.turns.find((one) => one.id === turn.id);
      return shown !== undefined && turn.state === 'running' && shown.text.length > turn.text.length ? { ...turn, text: shown.text, tokens: shown.tokens } : turn;
    }),
  };
}

onSnapshot(reload);

onEvent((event) => {
  if (event.type === 'token' && event.turnId !== undefined) {
    const { open } = useChats.getState();
    if (open === undefined || open.id !== event.chatId) return;
    // Tokens are appended here and never fetched, so the answer grows without a round trip.
    useChats.setState({
      open: {
        ...open,
        turns: open.turns.map((turn) => (turn.id === event.turnId && event.index + 1 > (turn.tokens ?? 0)
          ? { ...turn, text: turn.text + event.text, tokens: event.index + 1, state: 'running' } : turn)),
      },
    });
  }
  if (event.type === 'chats') void reload().catch((thrown: unknown) => useChats.setState({ problem: toProblem(thrown) }));
});

export async function openChat(id: string): Promise<void> {
  try {
    const open = await studio().ask.get({ id });
    useChats.setState({ open, problem: undefined });
    const infos = await Promise.all(open.images.map((hash) => studio().assets.info({ hash })));
    useComposer.setState({
      task: 'ask', askPictures: infos.map((info, index) => ({ hash: info.hash, name: `Picture ${letter(index)}`, width: info.width, height: info.height })),
    });
  } catch (thrown) {
    useChats.setState({ problem: toProblem(thrown) });
  }
}

export function newChat(): void {
  useChats.setState({ open: undefined, problem: undefined });
  useComposer.setState({ task: 'ask', askPictures: [], prompt: '' });
}

/** The chat a question goes to: the open one while its pictures are the same, else a new one. */
export async function chatForQuestion(): Promise<string> {
  const { open } = useChats.getState();
  const images = useComposer.getState().askPictures.map((one) => one.hash);
  if (open !== undefined && open.images.length === images.length && open.images.every((hash, index) => hash === images[index])) return open.id;
  const created = await studio().ask.create({ images });
  useChats.setState({ open: created });
  return created.id;
}

/** Shows the question and its empty answer at once. */
export function noteSent({ question, answer }: { readonly question: Turn; readonly answer: Turn }): void {
  useChats.setState(({ open }) => {
    if (open === undefined) return {};
    const known = new Set(open.turns.map((turn) => turn.id));
    return { open: { ...open, turns: [...open.turns, ...[question, answer].filter((turn) => !known.has(turn.id))] } };
  });
}

export async function stopAnswer(): Promise<void> {
  const id = useChats.getState().open?.id;
  if (id !== undefined) await studio().ask.stop({ chatId: id });
}

export function isAnswering(chat: Chat | undefined): boolean {
  return chat?.turns.some((turn) => turn.state === 'queued' || turn.state === 'running') ?? false;
}

export async function deleteChat(id: string): Promise<void> {
  await studio().ask.delete({ id });
  if (useChats.getState().open?.id === id) newChat();
}
