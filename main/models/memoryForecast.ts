/** What a job will take of memory, told before it runs. */
import type { JobRequest } from '../../preload/contract/generation.ts';
import type { MemoryOutlook } from '../../preload/contract/jobs.ts';
import type { ModelEntry, Settings } from '../../preload/contract/system.ts';
import { drawnSize } from '../jobs/workingSize.ts';
import type { ModelList } from '../services.ts';
import { recentCardMemory, type CardMemory } from './cardMemory.ts';
import { chosenPrecision, engineDefault } from './chosenPrecision.ts';
import type { PlanThread } from './planThread.ts';
import type { PlanRequest } from './planWorker.ts';

type Size = { readonly width: number; readonly height: number };
type SizedJob = Extract<PlanRequest, { readonly kind: 'outlook' }>['job'];

export interface MemoryForecastParts {
  readonly models: Pick<ModelList, 'dirOf'> & Partial<Pick<ModelList, 'packedDirOf'>>;
  readonly settings: () => Settings;
  readonly plans: Pick<PlanThread, 'ask'>;
  /** Default: what the system tells. */
  readonly card?: () => Promise<CardMemory | undefined>;
}

/** Sizes of the pictures that a request names: what it works on, and its references. */
export interface RequestSizes {
  readonly source: Size | undefined;
  readonly references: readonly Size[];
}

export class MemoryForecast {
  readonly #parts: MemoryForecastParts;

  constructor(parts: MemoryForecastParts) {
    this.#parts = parts;
  }

  /**
   * `ranOut`: it did as it is, so the plan is one that takes clearly less. Undefined on a graphics card whose memory nobody tells, unless it ran out.
   * Errors: the checkpoint's, MODEL_MISSING.
   */
  async of(request: JobRequest, model: ModelEntry, sizes: RequestSizes, ranOut = false): Promise<MemoryOutlook | undefined> {
    const settings = this.#parts.settings();
    const { provider, attention, memoryLimitBytes = null, vaeTile = null } = settings;
    const onCard = provider !== null && provider !== 'cpu';
    const cardBytes = onCard ? ((await (this.#parts.card ?? recentCardMemory)())?.freeBytes ?? null) : null;
    if (onCard && cardBytes === null && memoryLimitBytes === null && !ranOut) return undefined;
    const job = sizedJob(request, model, sizes, vaeTile);
    if (job === undefined) return undefined;
    const outlook = await this.#parts.plans.ask({
      kind: 'outlook', dir: await this.#parts.models.dirOf(model.id), precision: chosenPrecision(settings, model.id) ?? engineDefault, packed: this.#parts.models.packedDirOf?.(model.id) !== undefined,
      // Written out it takes the most: which form a card gets right is found when the model is loaded.
      attention: attention === 'decomposed' || (onCard && attention === 'auto') ? 'decomposed' : 'fused', job, limitBytes: memoryLimitBytes,
      ...(onCard && { device: 'card' as const, cardBytes, ranOut }),
    });
    return outlook as MemoryOutlook;
  }
}

/** Undefined where the picture that a request works on is not known yet. */
export function sizedJob(request: JobRequest, model: Pick<ModelEntry, 'sizes'>, { source, references }: RequestSizes, tile: number | null): SizedJob | undefined {
  const shared = { references, promptLength: request.prompt.length, answer: 0, fromPicture: false, exact: true };
  if (request.kind === 'understand') return { ...shared, kind: 'ask', size: { width: 0, height: 0 }, answer: request.options?.maxTokens ?? 512, tile: null };
  const own = { ...shared, tile: request.vaeTile ?? tile };
  const size = request.work ?? drawnSize(request, model, source);
  if (size === undefined) return undefined;
  switch (request.kind) {
    case 'textToImage': return { ...own, kind: 'draw', size };
    case 'edit': return { ...own, kind: 'edit', size, exact: request.sizing === 'exact', fromPicture: (request.strength ?? 1) < 1 };
    case 'inpaint': case 'outpaint': return { ...own, kind: 'edit', size, fromPicture: true };
    case 'control': return { ...own, kind: 'edit', size };
  }
}
