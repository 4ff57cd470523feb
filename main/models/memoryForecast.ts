/** What a job will take of memory, told before it runs. */
import { Worker } from 'node:worker_threads';
import type { JobRequest } from '../../preload/contract/generation.ts';
import type { MemoryOutlook } from '../../preload/contract/jobs.ts';
import type { ModelEntry, Settings } from '../../preload/contract/system.ts';
import { fromFailure, StudioError } from '../errors.ts';
import { threadLimits } from '../memory.ts';
import type { ModelList } from '../services.ts';
import type { PlanReply, PlanTask } from './planWorker.ts';

type Size = { readonly width: number; readonly height: number };
type SizedJob = PlanTask['request']['job'];

export interface MemoryForecastParts {
  readonly models: Pick<ModelList, 'dirOf'> & Partial<Pick<ModelList, 'packedDirOf'>>;
  readonly settings: () => Settings;
  readonly enginePid: () => number | null;
}

/** Sizes of the pictures that a request names: what it works on, and its references. */
export interface RequestSizes {
  readonly source: Size | undefined;
  readonly references: readonly Size[];
}

/** The worker starts with the first question and must be closed. */
export class MemoryForecast {
  readonly #parts: MemoryForecastParts;
  readonly #pending = new Map<number, { resolve(outlook: MemoryOutlook): void; reject(error: Error): void }>();
  #worker: Worker | undefined;
  #nextId = 0;

  constructor(parts: MemoryForecastParts) {
    this.#parts = parts;
  }

  /** Undefined on a graphics card, whose memory nobody can ask for here. Errors: the checkpoint's, MODEL_MISSING. */
  async of(request: JobRequest, model: ModelEntry, sizes: RequestSizes): Promise<MemoryOutlook | undefined> {
    const { provider, precision, attention, memoryLimitBytes = null, vaeTile = null } = this.#parts.settings();
    if (provider !== null && provider !== 'cpu') return undefined;
    const job = sizedJob(request, model, sizes, vaeTile);
    if (job === undefined) return undefined;
    return this.#ask({
      dir: await this.#parts.models.dirOf(model.id), precision: precision ?? 'fp32', packed: this.#parts.models.packedDirOf?.(model.id) !== undefined,
      attention: attention === 'decomposed' ? 'decomposed' : 'fused', job, limitBytes: memoryLimitBytes,
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#fail(new StudioError('CANCELLED', 'The studio is closing.'));
  }

  #ask(request: PlanTask['request']): Promise<MemoryOutlook> {
    this.#worker ??= this.#start();
    const task: PlanTask = { id: this.#nextId++, enginePid: this.#parts.enginePid(), request };
    return new Promise((resolve, reject) => {
      this.#pending.set(task.id, { resolve, reject });
      this.#worker?.postMessage(task);
    });
  }

  #start(): Worker {
    // Built code sits beside a built worker, sources beside the source.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./planWorker.${extension}`, import.meta.url), { resourceLimits: threadLimits });
    worker.unref();
    worker.on('message', (reply: PlanReply) => {
      const pending = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if ('outlook' in reply) pending?.resolve(reply.outlook as MemoryOutlook);
      else pending?.reject(fromFailure(reply.failure));
    });
    worker.on('error', (error) => {
      this.#worker = undefined;
      this.#fail(new StudioError('INTERNAL', `Memory could not be planned: ${error instanceof Error ? error.message : String(error)}`));
    });
    return worker;
  }

  #fail(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

/** Undefined where the picture that a request works on is not known yet. */
export function sizedJob(request: JobRequest, model: Pick<ModelEntry, 'sizes'>, { source, references }: RequestSizes, tile: number | null): SizedJob | undefined {
  const shared = { references, promptLength: request.prompt.length, answer: 0, fromPicture: false, exact: true };
  if (request.kind === 'understand') return { ...shared, kind: 'ask', size: { width: 0, height: 0 }, answer: request.options?.maxTokens ?? 512, tile: null };
  const own = { ...shared, tile: request.vaeTile ?? tile };
  const [width, height] = model.sizes[0] ?? [1024, 1024];
  if (request.kind === 'textToImage') return { ...own, kind: 'draw', size: { width: request.width ?? width, height: request.height ?? height } };
  if (source === undefined) return undefined;
  switch (request.kind) {
    case 'edit': return { ...own, kind: 'edit', size: source, exact: request.sizing === 'exact', fromPicture: (request.strength ?? 1) < 1 };
    case 'inpaint': return { ...own, kind: 'edit', size: request.crop ?? source, fromPicture: true };
    case 'outpaint': return { ...own, kind: 'edit', size: { width: source.width + request.left + request.right, height: source.height + request.top + request.bottom }, fromPicture: true };
    case 'control': return { ...own, kind: 'edit', size: source };
  }
}
