/** What is known of a job before it runs, from the gallery, the model list and what was measured here. */
import type { JobRequest } from '../../preload/contract/generation.ts';
import type { Estimate, JobRecord, MemoryOutlook } from '../../preload/contract/jobs.ts';
import type { Generation } from '../../preload/contract/project.ts';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { StudioError } from '../errors.ts';
import { inputsOfRequest } from '../history/inputs.ts';
import type { MemoryForecast, RequestSizes } from '../models/memoryForecast.ts';
import type { AssetStore, HistoryService, ModelList } from '../services.ts';
import { Estimates, sampleOf, workOf } from './estimates.ts';
import { warningsFor } from './warnings.ts';
import { workingSizeOf, type Size } from './workingSize.ts';

export interface ForecastParts {
  readonly gallery: Pick<HistoryService['gallery'], 'search' | 'get'>;
  readonly assets: Pick<AssetStore, 'info'>;
  readonly models: Pick<ModelList, 'list'>;
  /** Of the settings: whether pictures larger than a model knows are worked on as they are. */
  readonly atFullSize?: () => boolean;
  /** Left out where memory is not foretold. */
  readonly memory?: Pick<MemoryForecast, 'of'> | undefined;
}

/** Rows of former sessions that are read to begin with. */
const remembered = 12;
/** A model list is read from disk; asking again for every waiting job would be waste. */
const modelsFreshMs = 10_000;

export class Forecast {
  readonly #parts: ForecastParts;
  readonly #estimates = new Estimates();
  #models: { readonly at: number; readonly entries: readonly ModelEntry[] } | undefined;
  /** Known sizes of pictures that wait to be worked on. */
  readonly #work = new Map<string, number>();

  constructor(parts: ForecastParts) {
    this.#parts = parts;
  }

  /** Learns from the newest rows of former sessions. */
  async learn(): Promise<void> {
    const { items } = await this.#parts.gallery.search({ limit: remembered });
    for (const { id, task } of items.reverse()) if (task !== 'grid' && task !== 'import') this.drawn(await this.#parts.gallery.get({ id }));
  }

  drawn(generation: Generation): void {
    const sample = sampleOf(generation);
    if (sample) this.#estimates.add(sample);
  }

  answered(modelId: string, ms: number): void {
    this.#estimates.add({ modelId, kind: 'understand', ms, work: 1 });
  }

  /** MODEL_MISSING for a model that is not on the list, ASSET_MISSING for a picture that is not stored. */
  async of(wanted: JobRequest, modelId: string, ranOut = false): Promise<Estimate> {
    const model = (await this.#list()).find(({ id }) => id === modelId);
    if (!model) throw new StudioError('MODEL_MISSING', 'There is no such model.', { modelId });
    const inputs = inputsOfRequest(wanted);
    const infos = await Promise.all(inputs.map(({ hash }) => this.#parts.assets.info(hash)));
    const source = infos[inputs.findIndex(({ role }) => role === 'source' || role === 'control')];
    const request = this.#worked(wanted, model, source);
    const time = this.#estimates.of(modelId, request.kind, workOf(request, model, source));
    // A mask or a control map is drawn by hand or made from a picture: only pictures can be unfamiliar.
    const pictures = [...new Set(inputs.filter(({ role }) => role === 'source' || role === 'reference').map(({ hash }) => hash))];
    const unfamiliar = model.vocabulary === null ? [] : await this.#unfamiliar(pictures);
    const memory = await this.#memory(request, model, { source, references: infos.filter((_, i) => inputs[i]?.role === 'reference' || request.kind === 'understand') }, ranOut);
    return { ...time, warnings: warningsFor(request, model, { unfamiliar, totalMs: time.totalMs, memory, source }), ...(memory && { memory }) };
  }

  /** For a job that ran out of it. Undefined where it cannot be foretold. */
  async memoryOf(job: JobRecord): Promise<MemoryOutlook | undefined> {
    return (await this.of(job.request, job.modelId, true).catch(() => undefined))?.memory;
  }

  /** A model that cannot be read says so when it is used: here it only means that nothing is known. */
  #memory(request: JobRequest, model: ModelEntry, sizes: RequestSizes, ranOut: boolean): Promise<MemoryOutlook | undefined> {
    return model.state === 'ready' ? (this.#parts.memory?.of(request, model, sizes, ranOut) ?? Promise.resolve(undefined)).catch(() => undefined) : Promise.resolve(undefined);
  }

  /** Notes how much work a job is, so that the queue can add it up without waiting. */
  async prepare(job: JobRecord): Promise<void> {
    const source = inputsOfRequest(job.request).find(({ role }) => role === 'source' || role === 'control');
    const info = source && (await this.#parts.assets.info(source.hash));
    const model = (await this.#list()).find(({ id }) => id === job.modelId);
    this.#work.set(job.id, workOf(model ? this.#worked(job.request, model, info) : job.request, model, info));
  }

  /** The request with the size at which it will be worked on. */
  #worked(request: JobRequest, model: ModelEntry, source: Size | undefined): JobRequest {
    const work = request.kind === 'understand' ? undefined : workingSizeOf(request, model, source, this.#parts.atFullSize?.() ?? false);
    return work === undefined ? request : { ...request, work } as JobRequest;
  }

  forget(jobId: string): void {
    this.#work.delete(jobId);
  }

  /** Milliseconds of a prepared job; null where nothing of the kind was measured. */
  totalMs(job: JobRecord): number | null {
    const work = this.#work.get(job.id);
    return work === undefined ? null : this.#estimates.of(job.modelId, job.request.kind, work).totalMs;
  }

  async #unfamiliar(hashes: readonly string[]): Promise<string[]> {
    const unfamiliar: string[] = [];
    for (const hash of hashes) {
      const { items } = await this.#parts.gallery.search({ filter: { hash }, limit: 20 });
      if (items.every(({ task }) => task === 'import')) unfamiliar.push(hash);
    }
    return unfamiliar;
  }

  async #list(): Promise<readonly ModelEntry[]> {
    const now = Date.now();
    if (this.#models === undefined || now - this.#models.at > modelsFreshMs) this.#models = { at: now, entries: await this.#parts.models.list() };
    return this.#models.entries;
  }
}
