/** One job that draws: pixels in, picture file on disk, and the row that remembers how. */
import { randomUUID } from 'node:crypto';
import type { GenerateInput } from '../../preload/contract/generation.ts';
import type { JobRecord, Progress } from '../../preload/contract/jobs.ts';
import { toEngineRequest } from '../engine/mapRequest.ts';
import type { GenerateResult, RunOptions } from '../engine/protocol.ts';
import { cancelled } from '../errors.ts';
import { inputsOfRequest } from '../history/inputs.ts';
import type { EngineService, NewGeneration, Pictures } from '../services.ts';
import type { ModelLoader } from './modelLoader.ts';

export interface GenerateParts {
  readonly engine: Pick<EngineService, 'generate'>;
  readonly loader: ModelLoader;
  readonly pictures: Pictures;
  readonly previewEvery: () => number;
}

/** A run of a job: how it may be stopped, and where it tells how far it is. */
export interface JobRun extends RunOptions {
  readonly signal: AbortSignal;
  readonly stage: (stage: Progress['stage']) => void;
}

/** Draws and stores. The file is on disk when the row is returned. Errors: ASSET_MISSING, MODEL_MISSING, DISK_FULL, the engine's. */
export async function runGenerate(job: JobRecord, input: GenerateInput, run: JobRun, parts: GenerateParts): Promise<NewGeneration> {
  // Before the model is loaded: a picture that is gone is said at once.
  const asked = await toEngineRequest(input, parts.pictures, parts.previewEvery());
  const model = await parts.loader.ensure(job.modelId, run);
  const result = await parts.engine.generate(asked, run);
  // Asked for between the last step and here: what nobody wants is not stored.
  if (run.signal.aborted) throw cancelled();
  run.stage('save');
  const { seed, steps, timingsMs, reproduce } = result;
  const request = spelledOut(input, result);
  const file = await parts.pictures.save(result.image, { request, seed, modelName: model.name, reproduce });
  return {
    id: randomUUID(),
    ...file,
    task: request.kind,
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
}

/** Defaults as they were used: another version of the model may have others, and a recall must not follow them. */
function spelledOut(input: GenerateInput, { image, steps, seed, txtCfg, imgCfg }: GenerateResult): GenerateInput {
  const used = { ...input, seed, txtCfg: input.txtCfg ?? txtCfg };
  // A partial run takes fewer steps than were asked for: its number is no default.
  const whole = !('strength' in used) || used.strength === undefined || used.strength === 1;
  if (used.steps === undefined && whole) used.steps = steps;
  const withPictures = used.kind !== 'textToImage' || (used.references?.length ?? 0) > 0;
  if (withPictures) used.imgCfg ??= imgCfg;
  return used.kind === 'textToImage' ? { ...used, width: used.width ?? image.width, height: used.height ?? image.height } : used;
}
