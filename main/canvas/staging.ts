/** Results that wait on a canvas: composited anew, kept, accepted, discarded. */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { recompositeInputSchema, Staged } from '../../preload/contract/canvas.ts';
import type { InpaintInput } from '../../preload/contract/generation.ts';
import type { Generation } from '../../preload/contract/project.ts';
import { StudioError } from '../errors.ts';
import { inputsOfRequest } from '../history/inputs.ts';
import type { Imaging } from '../imaging/imaging.ts';
import { onCanvas } from '../jobs/generateJob.ts';
import type { CompositeSource, StagedRow } from '../history/rowTypes.ts';
import type { AssetStore, EventHub, HistoryService, Pictures } from '../services.ts';
import { repaintSettings } from './submit.ts';

export interface StagingParts {
  readonly history: Pick<HistoryService, 'gallery' | 'canvas'>;
  readonly assets: Pick<AssetStore, 'file' | 'put' | 'info'>;
  readonly imaging: Pick<Imaging, 'prepareRepaint'>;
  readonly pictures: Pick<Pictures, 'composite'>;
  readonly events: Pick<EventHub, 'publish'>;
}

export class Staging {
  readonly #parts: StagingParts;

  constructor(parts: StagingParts) {
    this.#parts = parts;
  }

  /** The same drawing laid over the picture in another way. NOT_FOUND; REQUEST_INVALID where nothing was masked. */
  async recomposite({ id, blend, colourMatch }: z.infer<typeof recompositeInputSchema>): Promise<Staged> {
    const { history, pictures } = this.#parts;
    const row = await history.canvas.getStaged(id);
    const { source, raster } = row;
    if (source === null || raster === null) throw new StudioError('REQUEST_INVALID', 'This result is new all over: there is no seam to blend.', { id });
    const options = { ...source.options, blend: blend ?? row.blend ?? 0, colourMatch: colourMatch ?? row.colourMatch ?? true };
    const compositeMask = blend === undefined || blend === row.blend ? source.compositeMask : await this.#maskFor(row, raster, { ...source, options });
    const next: CompositeSource = { ...source, compositeMask, options };
    const generation = await this.#generationOf(row);
    const request = generation && requestFor(generation, next);
    const { result, patch, facts } = await pictures.composite(
      { ...next, kind: 'inpaint', prompt: row.prompt, crop: next.crop ?? undefined, colourMatch: options.colourMatch } as InpaintInput,
      row.raw,
      { request: request ?? null, seed: row.seed, modelName: generation?.modelName ?? null, reproduce: generation?.reproduce ?? null },
    );
    const changed = await history.canvas.changeStaged(id, { result: result.hash, patch: onCanvas(patch, row.frame), facts, blend: options.blend, colourMatch: options.colourMatch, source: next });
    this.#told([changed]);
    return changed;
  }

  /** Accepts, discards, or takes either back. */
  async settle(ids: readonly string[], state: Staged['state']): Promise<Staged[]> {
    const { history } = this.#parts;
    if (state === 'accepted') for (const id of ids) await this.#written(await history.canvas.getStaged(id));
    const rows = await history.canvas.settleStaged(ids, state);
    this.#told(rows);
    return rows;
  }

  /** Into the gallery as it stands. NOT_FOUND, also where its row was removed for good. */
  async keep(id: string): Promise<Generation> {
    const { history } = this.#parts;
    const row = await this.#written(await history.canvas.getStaged(id));
    const kept = await history.canvas.changeStaged(id, { kept: true });
    this.#told([kept]);
    return history.gallery.get({ id: row.generationId ?? '' });
  }

  /** The row of the gallery shows what waits: one that was composited anew gets a row of its own, with the request that gives these bytes. */
  async #written(row: StagedRow): Promise<StagedRow> {
    const { history, assets, events } = this.#parts;
    const generation = await this.#generationOf(row);
    if (generation === undefined || generation.hash === row.result || row.source === null) return row;
    const request = requestFor(generation, row.source);
    const { title: _title, parents: _parents, trashedAt: _trashed, starred: _starred, tags: _tags, note: _note, ...told } = generation;
    const file = await assets.info(row.result);
    const [added] = await history.gallery.add([{ ...told, ...file, id: randomUUID(), createdAt: Date.now(), request, parents: inputsOfRequest(request) }]);
    if (!added) throw new StudioError('INTERNAL', 'A row of the gallery was not written.', { id: row.id });
    events.publish({ type: 'gallery', change: 'added', ids: [added.id] });
    return history.canvas.changeStaged(row.id, { generationId: added.id });
  }

  async #generationOf({ generationId }: StagedRow): Promise<Generation | undefined> {
    return generationId === null ? undefined : this.#parts.history.gallery.get({ id: generationId });
  }

  async #maskFor({ mask }: StagedRow, raster: string, { task, options }: CompositeSource): Promise<string> {
    const { assets, imaging, history } = this.#parts;
    const path = async (hash: string): Promise<string> => (await assets.file(hash)).path;
    const { compositeMask } = await imaging.prepareRepaint(await path(raster), mask === null ? undefined : await path(mask), repaintSettings(task, options));
    const { hash } = await assets.put(compositeMask);
    if (mask !== null) await history.canvas.addSources(hash, [mask], 'mask');
    return hash;
  }

  #told(rows: readonly StagedRow[]): void {
    for (const { projectId, id } of rows) this.#parts.events.publish({ type: 'staged', change: 'changed', projectId, ids: [id] });
  }
}

/** The request that gives the picture as it was composited. */
function requestFor({ request }: Generation, { compositeMask, options }: CompositeSource): InpaintInput {
  if (request?.kind !== 'inpaint') throw new StudioError('INTERNAL', 'A masked result came of a request without a mask.');
  return { ...request, compositeMask, colourMatch: options.colourMatch ?? true };
}
