/** Foretells memory in a thread of its own: writing the graphs of a large model takes most of a second. */
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { freeMemory, outlookOf, type Outlook, type OutlookRequest } from '../../native/plan.ts';
import { toFailure } from '../errors.ts';
import type { Failure } from '../../preload/contract/errors.ts';

/** `enginePid`: what that process holds now it can use for the job. */
export type PlanTask = { readonly id: number; readonly enginePid: number | null; readonly request: Omit<OutlookRequest, 'freeBytes'> };
export type PlanReply = { readonly id: number } & ({ readonly outlook: Outlook } | { readonly failure: Failure });

function heldBy(pid: number | null): number {
  if (pid === null) return 0;
  try {
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

let tail: Promise<void> = Promise.resolve();

parentPort?.on('message', ({ id, enginePid, request }: PlanTask) => {
  tail = tail.then(async () => {
    let reply: PlanReply;
    try {
      reply = { id, outlook: await outlookOf({ ...request, freeBytes: freeMemory() + heldBy(enginePid) }) };
    } catch (error) {
      reply = { id, failure: toFailure(error) };
    }
    parentPort?.postMessage(reply);
  });
});
