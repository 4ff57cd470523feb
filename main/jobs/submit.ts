/** What is asked → a record ready for the queue: complete, so that it can be run again to the same bytes. */
import { randomInt, randomUUID } from 'node:crypto';
import type { CanvasPlace, JobRequest } from '../../preload/contract/generation.ts';
import type { JobRecord, Lane } from '../../preload/contract/jobs.ts';

export interface NewJob {
  readonly request: JobRequest;
  readonly label?: string;
  readonly lane: Lane;
  readonly modelId?: string;
  readonly projectId?: string | null;
  readonly batchId?: string | null;
  readonly originJobId?: string | null;
  /** Where the result will wait. */
  readonly canvas?: CanvasPlace;
}

/** 32 bits, as people know seeds from elsewhere. */
export function drawSeed(): number {
  return randomInt(2 ** 32);
}

/** Fills in the seed where chance plays a part. */
export function seeded(request: JobRequest, seed: () => number = drawSeed): JobRequest {
  if (request.kind !== 'understand') return request.seed === undefined ? { ...request, seed: seed() } : request;
  const { options } = request;
  return options?.temperature && options.seed === undefined ? { ...request, options: { ...options, seed: seed() } } : request;
}

/** The same again by another chance; an answer without its place in a chat, which holds one answer a turn. */
export function reseeded(request: JobRequest): JobRequest {
  if (request.kind !== 'understand') return { ...request, seed: drawSeed() };
  const { chatId: _chat, turnId: _turn, options, ...question } = request;
  const { seed: _seed, ...others } = options ?? {};
  return { ...question, options: others };
}

export function recordOf(job: NewJob, order: number, modelId: string, now: number): JobRecord {
  const request = seeded(job.request);
  return {
    id: randomUUID(),
    request,
    modelId: job.modelId ?? modelId,
    projectId: job.projectId ?? null,
    state: 'queued',
    lane: job.lane,
    order,
    batchId: job.batchId ?? null,
    label: job.label ?? '',
    createdAt: now,
    startedAt: null,
    finishedAt: null,
    progress: null,
    preview: null,
    generationIds: [],
    text: null,
    failure: null,
    originJobId: job.originJobId ?? null,
    ...(job.canvas && { canvas: job.canvas }),
    seq: 0,
  };
}
