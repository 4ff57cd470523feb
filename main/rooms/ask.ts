/** Chats about pictures: the question is stored, its answer is a job of the foreground. */
import { randomUUID } from 'node:crypto';
import type { Chat, Turn } from '../../preload/contract/project.ts';
import { StudioError } from '../errors.ts';
import type { EventHub, HistoryService, JobQueue, Room } from '../services.ts';

const titleLength = 60;

export function askRoom(history: HistoryService, queue: JobQueue, events: EventHub): Room<'ask'> {
  const { chats } = history;
  const told = (change: 'added' | 'changed' | 'removed', id: string): void => void events.publish({ type: 'chats', change, ids: [id] });
  return {
    chats: ({ projectId }) => chats.list(projectId),
    create: async ({ images, title = '', projectId = null }) => {
      const now = Date.now();
      const chat = await chats.create({ id: randomUUID(), title, projectId, images, questions: 0, createdAt: now, updatedAt: now });
      told('added', chat.id);
      return chat;
    },
    get: ({ id }) => chats.get(id),
    rename: async ({ id, title }) => {
      const chat = await chats.change(id, { title });
      told('changed', id);
      return chat;
    },
    delete: async ({ id }) => {
      await chats.delete(id);
      told('removed', id);
    },
    send: async ({ chatId, text, images, options = {} }, caller) => {
      const chat = await chats.get(chatId);
      if (isAnswering(chat)) throw new StudioError('REQUEST_INVALID', 'The last question is still being answered: wait, or stop it.', { chatId });
      const title = chat.title === '' ? shortened(text) : undefined;
      if (images !== undefined || title !== undefined) await chats.change(chatId, { ...(images && { images }), ...(title !== undefined && { title }) });
      const question = turn('user', text);
      const waiting: Turn = { ...turn('assistant', ''), state: 'queued' };
      await chats.saveTurns(chatId, [question, waiting]);
      try {
        const [job] = await queue.jobs.submit({
          requests: [{ kind: 'understand', prompt: text, images: [...(images ?? chat.images)], history: spoken(chat), options, chatId, turnId: waiting.id }],
          lane: 'foreground',
          projectId: chat.projectId,
        }, caller);
        if (!job) throw new StudioError('INTERNAL', 'The queue took the question without a job.');
        const answer: Turn = { ...waiting, jobId: job.id };
        // By now the queue may have begun to fill the turn: only what is still untouched is written.
        const present = (await chats.get(chatId)).turns.find(({ id }) => id === waiting.id);
        if (present?.jobId === null) await chats.saveTurns(chatId, [{ ...present, jobId: job.id }]);
        told('changed', chatId);
        return { question, answer, job };
      } catch (error) {
        await chats.saveTurns(chatId, [{ ...waiting, state: 'failed' }]);
        throw error;
      }
    },
    stop: async ({ chatId }, caller) => {
      const chat = await chats.get(chatId);
      const jobIds = chat.turns.flatMap(({ jobId, state }) => (jobId !== null && (state === 'queued' || state === 'running') ? [jobId] : []));
      if (jobIds.length > 0) await queue.jobs.cancel({ jobIds }, caller);
    },
  };
}

function turn(role: Turn['role'], text: string): Turn {
  return { id: randomUUID(), role, text, createdAt: Date.now(), jobId: null, state: null, tokens: null, stopReason: null, timingsMs: {}, failure: null };
}

function isAnswering(chat: Chat): boolean {
  return chat.turns.some(({ state }) => state === 'queued' || state === 'running');
}

/** What was said so far: questions with the answers they got. */
function spoken(chat: Chat): { role: Turn['role']; text: string }[] {
  return chat.turns.flatMap((asked, i) => {
    const answered = chat.turns[i + 1];
    if (asked.role !== 'user' || answered?.role !== 'assistant' || answered.text === '') return [];
    return [{ role: asked.role, text: asked.text }, { role: answered.role, text: answered.text }];
  });
}

function shortened(text: string): string {
  const line = text.trim().split('\n')[0] ?? '';
  return line.length <= titleLength ? line : `${line.slice(0, titleLength - 1).trimEnd()}…`;
}
