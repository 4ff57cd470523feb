/** Foretells memory in a thread of its own: writing the graphs of a large model takes most of a second. */
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { freeMemory, outlookOf, precisionsOf, type Outlook, type OutlookRequest, type PrecisionOutlook, type PrecisionsRequest } from '../../native/plan.ts';
import { toFailure } from '../errors.ts';
import type { Failure } from '../../preload/contract/errors.ts';

export type PlanRequest = ({ readonly kind: 'outlook'; /** Free on the card; null = nobody can tell. */ readonly cardBytes?: number | null } & Omit<OutlookRequest, 'freeBytes'>) | ({ readonly kind: 'precisions'; readonly cardBytes: number | null } & Omit<PrecisionsRequest, 'freeBytes'>);

/** What each kind of question is answered with. */
export interface Answers {
  readonly outlook: Outlook;
  readonly precisions: { /** Null where no card tells. */ readonly freeBytes: number | null; readonly precisions: readonly PrecisionOutlook[] };
}

/** `enginePid`: what that process holds now it can use for the job. */
export type PlanTask = { readonly id: number; readonly enginePid: number | null; readonly request: PlanRequest };
export type PlanReply = { readonly id: number } & ({ readonly answer: Answers[keyof Answers] } | { readonly failure: Failure });

function heldBy(pid: number | null): number {
  if (pid === null) return 0;
  try {
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

async function answer({ enginePid, request }: PlanTask): Promise<Answers[keyof Answers]> {
  const freeBytes = request.device === 'card' ? (request.cardBytes ?? Infinity) : freeMemory() + heldBy(enginePid);
  if (request.kind === 'outlook') return outlookOf({ ...request, freeBytes });
  return { freeBytes: Number.isFinite(freeBytes) ? Math.round(freeBytes) : null, precisions: await precisionsOf({ ...request, freeBytes }) };
}

let tail: Promise<void> = Promise.resolve();

parentPort?.on('message', (task: PlanTask) => {
  tail = tail.then(async () => {
    let reply: PlanReply;
    try {
      reply = { id: task.id, answer: await answer(task) };
    } catch (error) {
      reply = { id: task.id, failure: toFailure(error) };
    }
    parentPort?.postMessage(reply);
  });
});
