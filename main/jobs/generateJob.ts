/** One job that draws: pixels in, picture file on disk, and the row that remembers how. */
import { randomUUID } from 'node:crypto';
import type { CanvasRect, GenerateInput } from '../../preload/contract/generation.ts';
import type { JobRecord, Progress } from '../../preload/contract/jobs.ts';
import type { AssetInfo } from '../../preload/contract/project.ts';
import { toEngineRequest } from '../engine/mapRequest.ts';
import type { GenerateResult, RunOptions } from '../engine/protocol.ts';
import { cancelled } from '../errors.ts';
import { inputsOfRequest, taskOfRequest } from '../history/inputs.ts';
import type { NewGeneration, NewStaged } from '../history/rowTypes.ts';
import type { CompositedFiles, EngineService, Pictures } from '../services.ts';
import type { ModelLoader } from './modelLoader.ts';
import { workingSizeOf } from './workingSize.ts';

export interface GenerateParts {
  readonly engine: Pick<EngineService, 'generate'>;
  readonly loader: ModelLoader;
  readonly pictures: Pictures;
  readonly previewEvery: () => number;
  /** Of the settings: for requests that do not say themselves. */
  readonly vaeTile?: () => number | null;
  /** Of the settings: pictures larger than the model knows are worked on as they are. */
  readonly atFullSize?: () => boolean;
}

/** A run of a job: how it may be stopped, and where it tells how far it is. */
export interface JobRun extends RunOptions {
  readonly signal: AbortSignal;
  readonly stage: (stage: Progress['stage']) => void;
}

/** What a job has made: its row, and what waits on a canvas. */
export interface Drawn {
  readonly row: NewGeneration;
  readonly staged: readonly NewStaged[];
}

/** Draws and stores. The file is on disk when the row is returned. Errors: ASSET_MISSING, MODEL_MISSING, DISK_FULL, the engine's. */
export async function runGenerate(job: JobRecord, wanted: GenerateInput, run: JobRun, parts: GenerateParts): Promise<Drawn> {
  const vaeTile = wanted.vaeTile ?? parts.vaeTile?.() ?? null;
  const tiled: GenerateInput = { ...wanted, ...(vaeTile !== null && { vaeTile }) };
  // Before the model is loaded: a picture that is gone is said at once.
  const pictured = await toEngineRequest(tiled, parts.pictures, parts.previewEvery());
  const model = await parts.loader.ensure(job.modelId, run);
  const work = workingSizeOf(tiled, model, 'image' in pictured ? pictured.image : 'map' in pictured ? pictured.map : undefined, parts.atFullSize?.() ?? false);
  const sized = work && { work };
  const input: GenerateInput = { ...tiled, ...sized };
  const result = await parts.engine.generate({ ...pictured, ...sized }, run);
  // Asked for between the last step and here: what nobody wants is not stored.
  if (run.signal.aborted) throw cancelled();
  run.stage('save');
  const { seed, steps, timingsMs, reproduce } = result;
  const request = spelledOut(input, result);
  const told = { request, seed, modelName: model.name, reproduce };
  const composited = request.kind === 'inpaint' ? await parts.pictures.composite(request, result.image, told) : undefined;
  const file = composited?.result ?? (await parts.pictures.save(result.image, told));
  const row: NewGeneration = {
    id: randomUUID(),
    ...file,
    task: taskOfRequest(request),
    seed,
    batchId: job.batchId,
    projectId: job.projectId,
    createdAt: Date.now(),
    prompt: request.prompt,
    request,
    modelId: job.modelId,
    modelName: model.name,
    reproduce,
    steps,
    timingsMs: { ...timingsMs },
    jobId: job.id,
    label: job.label,
    fileName: null,
    parents: inputsOfRequest(request),
  };
  return { row, staged: await stagedOf(job, row, composited, () => parts.pictures.savePlain(result.image)) };
}

/** A result of the canvas waits on it, with everything that another blend would need. */
async function stagedOf(job: JobRecord, row: NewGeneration, composited: CompositedFiles | undefined, saveRaw: () => Promise<AssetInfo>): Promise<NewStaged[]> {
  const { canvas, projectId } = job;
  const { request } = row;
  if (canvas === undefined || projectId === null || request === null) return [];
  const { frame, raster, mask, options } = canvas;
  const shared = { id: randomUUID(), projectId, jobId: job.id, generationId: row.id, createdAt: row.createdAt, frame, result: row.hash, raster, mask, prompt: row.prompt, seed: row.seed ?? 0, kept: false };
  if (composited === undefined || request.kind !== 'inpaint') {
    return [{ ...shared, patch: null, raw: row.hash, blend: null, colourMatch: null, facts: { changedOutside: null, keptPixels: null, seamDeltaE: null, seamDeltaEBefore: null }, source: null }];
  }
  const { image, denoiseMask, compositeMask = denoiseMask, crop = null, task = 'inpaint', colourMatch = false } = request;
  return [{
    ...shared, patch: onCanvas(composited.patch, frame), raw: (await saveRaw()).hash, blend: options.blend ?? 0, colourMatch, facts: composited.facts,
    source: { image, denoiseMask, compositeMask, crop, task, options },
  }];
}

/** From pixels of the frame to pixels of the canvas. */
export function onCanvas(patch: CompositedFiles['patch'], frame: CanvasRect): CompositedFiles['patch'] {
  return patch && { ...patch, rect: { ...patch.rect, x: patch.rect.x + frame.x, y: patch.rect.y + frame.y } };
}

/** Defaults as they were used: another version of the model may have others, and a recall must not follow them. */
export function spelledOut(input: GenerateInput, { image, steps, seed, txtCfg, imgCfg }: GenerateResult): GenerateInput {
  const used = { ...input, seed, txtCfg: input.txtCfg ?? txtCfg };
  // A partial run takes fewer steps than were asked for: its number is no default.
  const whole = !('strength' in used) || used.strength === undefined || used.strength === 1;
  if (used.steps === undefined && whole) used.steps = steps;
  const withPictures = used.kind !== 'textToImage' || (used.references?.length ?? 0) > 0;
  if (withPictures) used.imgCfg ??= imgCfg;
  return used.kind === 'textToImage' ? { ...used, width: used.width ?? image.width, height: used.height ?? image.height } : used;
}
