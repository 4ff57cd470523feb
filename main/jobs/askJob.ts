/** One job that answers: tokens as they come, and the turn of the chat that they fill. */
import type { UnderstandInput } from '../../preload/contract/generation.ts';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import type { Turn } from '../../preload/contract/project.ts';
import { toEngineQuestion } from '../engine/mapRequest.ts';
import type { UnderstandResult } from '../engine/protocol.ts';
import { StudioError } from '../errors.ts';
import type { ChatRows, EngineService, EventHub, Pictures } from '../services.ts';
import type { JobRun } from './generateJob.ts';
import type { ModelLoader } from './modelLoader.ts';

export interface AskParts {
  readonly engine: Pick<EngineService, 'understand'>;
  readonly loader: ModelLoader;
  readonly pictures: Pictures;
}

/** Errors: ASSET_MISSING, MODEL_MISSING, the engine's. */
export async function runAsk(job: JobRecord, request: UnderstandInput, run: JobRun, parts: AskParts): Promise<UnderstandResult> {
  const question = await toEngineQuestion(request, request.history, parts.pictures);
  await parts.loader.ensure(job.modelId, run);
  return parts.engine.understand(question, run);
}

/** Writes into the chat how its answer stands. A chat that was deleted meanwhile is passed over. */
export async function fillTurn(job: JobRecord, facts: Partial<Turn>, chats: ChatRows, events: Pick<EventHub, 'publish'>): Promise<void> {
  if (job.request.kind !== 'understand') return;
  const { chatId, turnId } = job.request;
  if (chatId === undefined || turnId === undefined) return;
  try {
    const turn = (await chats.get(chatId)).turns.find(({ id }) => id === turnId);
    // A studio killed between the answer and its job's end: the answer stands.
    if (!turn || (turn.state === 'done' && turn.jobId === job.id && job.state !== 'done')) return;
    const text = job.text ?? (job.state === 'queued' || job.state === 'running' ? '' : turn.text);
    await chats.saveTurns(chatId, [{ ...turn, jobId: job.id, state: job.state, text, failure: job.failure, ...facts }]);
  } catch (error) {
    if (error instanceof StudioError && error.code === 'NOT_FOUND') return;
    throw error;
  }
  events.publish({ type: 'chats', change: 'changed', ids: [chatId] });
}
