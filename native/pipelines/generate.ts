import { EngineError } from '../errors.ts';
import { composite } from '../image/composite.ts';
import { fillUnderMask } from '../image/fill.ts';
import { fillUnknown } from '../image/fillUnknown.ts';
import { maskToLatent } from '../image/mask.ts';
import { extend } from '../image/outpaint.ts';
import { crop, editImagePublished, editSizePublished, padToMultiple, textToImageSize } from '../image/preprocess.ts';
import { rescale, rescaleMask } from '../image/rescale.ts';
import type { Size } from '../image/smartResize.ts';
import { normalNoise } from '../latents/noise.ts';
import { fillRgb, type StudioTask, type TaskName } from '../studioConfig.ts';
import { editPrompt, textToImagePrompt } from '../tokenizer/chatTemplate.ts';
import type {
  ControlRequest, EditRequest, GenerateRequest, InpaintRequest, MaskImage, OutpaintRequest, RgbImage, RunOptions, TextToImageRequest, TimingsMs,
} from '../types.ts';
import type { PipelineContext } from './context.ts';
import { runGuided, type GuidedJob } from './guided.ts';
import { cfgOf, checkDrawingPrompt, checkLength, checkPictures, checkTarget, guidanceRangeOf, numberIn, seedOf, sideOf, stepCacheOf, stepsOf, strengthOf, tileOf, workOf } from './requests.ts';

/** From what a person asks for to the job that the denoising loop runs. */

/** A request made ready: the job, and what is done with its picture. */
interface Prepared {
  readonly job: Omit<GuidedJob, 'noise' | 'steps' | 'shift' | 'guidanceRange' | 'stepCache' | 'previewEvery' | 'tile' | 'scope'>;
  readonly finish: (image: RgbImage) => RgbImage;
}

/** The wording of a task; REQUEST_INVALID naming what the checkpoint can do instead. */
function taskOf(ctx: PipelineContext, name: string): StudioTask {
  const task = ctx.checkpoint.studio.tasks[name as TaskName];
  if (task) return task;
  const known = Object.keys(ctx.checkpoint.studio.tasks);
  throw new EngineError('REQUEST_INVALID', `${ctx.checkpoint.name} was not trained for "${name}"; it can do ${known.join(', ') || 'plain text and edits only'}`, {
    field: 'task', task: name, supported: known,
  });
}

const worded = (task: StudioTask, prompt: string): string => task.template.replaceAll('{prompt}', () => prompt.trim()).trim();

/** Refuses more context pictures than the checkpoint was trained for, unless the person insists. */
function checkContextCount(ctx: PipelineContext, count: number, experimental: boolean | undefined): void {
  const trained = ctx.checkpoint.studio.contextImages;
  if (count <= trained || experimental) return;
  throw new EngineError('REQUEST_INVALID', `${ctx.checkpoint.name} was trained for ${trained} context picture${trained === 1 ? '' : 's'}, this request has ${count}; leave some out, or allow it as experimental`, {
    field: 'references', trained, got: count,
  });
}

/** Words that must fit beside the pictures of the longest condition. */
function checkRoom(ctx: PipelineContext, prompt: string, pictures: number): void {
  const { config, preprocessor } = ctx.checkpoint;
  const cell = (preprocessor.patchSize * preprocessor.hiddenStride) ** 2;
  // Condition pictures come out just above the least size; twice that is safe for any aspect.
  const perPicture = Math.ceil((2 * preprocessor.minPixels) / cell) + 2;
  checkLength('prompt', prompt, ctx.tokenizer, config.multimodalMaxLength - pictures * perPicture - 16);
}

function prepareTextToImage(ctx: PipelineContext, request: TextToImageRequest): Prepared {
  const { studio } = ctx.checkpoint;
  const [fallbackWidth, fallbackHeight] = studio.sizes[0] ?? [1024, 1024];
  const wanted = textToImageSize({ width: sideOf('width', request.width, fallbackWidth), height: sideOf('height', request.height, fallbackHeight) });
  // However small it is drawn: nobody enlarges beyond what could be drawn.
  checkTarget(wanted);
  const size = textToImageSize(workOf(request.work, wanted));
  const finish = (image: RgbImage): RgbImage => rescale(image, wanted);
  const references = (request.references ?? []).map(editImagePublished);
  checkContextCount(ctx, references.length, request.experimental);
  const imgCfg = cfgOf('imgCfg', request.imgCfg, studio.imgCfg);
  if (references.length === 0) {
    return { job: { size, prompt: textToImagePrompt(request.prompt), context: [], txtCfg: cfgOf('txtCfg', request.txtCfg, studio.txtCfg.textToImage), imgCfg }, finish };
  }
  const prompt = worded(taskOf(ctx, request.referenceTask ?? 'subject'), request.prompt);
  return {
    job: { size, prompt: editPrompt(prompt, references.length), context: references, txtCfg: cfgOf('txtCfg', request.txtCfg, studio.txtCfg.edit), imgCfg },
    finish,
  };
}

/** The guidance and context that every job with a base picture shares. */
function withContext(
  ctx: PipelineContext, request: EditRequest | InpaintRequest | OutpaintRequest | ControlRequest, base: RgbImage, prompt: string,
): Pick<GuidedJob, 'size' | 'prompt' | 'context' | 'txtCfg' | 'imgCfg'> {
  const { studio } = ctx.checkpoint;
  const references = 'references' in request ? (request.references ?? []) : [];
  const context = [base, ...references.map(editImagePublished)];
  checkContextCount(ctx, context.length, 'experimental' in request ? request.experimental : undefined);
  return {
    size: { width: base.width, height: base.height },
    prompt: editPrompt(prompt, context.length),
    context,
    txtCfg: cfgOf('txtCfg', request.txtCfg, studio.txtCfg.edit),
    imgCfg: cfgOf('imgCfg', request.imgCfg, studio.imgCfg),
  };
}

function prepareEdit(ctx: PipelineContext, request: EditRequest): Prepared {
  const exact = request.sizing === 'exact';
  const wanted = exact ? request.image : editSizePublished(request.image);
  const shown = rescale(request.image, workOf(request.work, request.image));
  if (exact) checkTarget(shown);
  const base = exact ? padToMultiple(shown) : editImagePublished(shown);
  const prompt = request.task === undefined ? request.prompt : worded(taskOf(ctx, request.task), request.prompt);
  const strength = strengthOf(request.strength);
  return {
    job: { ...withContext(ctx, request, base, prompt), ...(strength < 1 ? { start: { image: base, strength } } : {}) },
    finish: (image) => rescale(exact ? crop(image, shown) : image, wanted),
  };
}

/** Pads a mask as its picture is padded; what is padded is kept. */
function padMask(mask: MaskImage, size: Size): MaskImage {
  if (mask.width === size.width && mask.height === size.height) return mask;
  const data = new Uint8Array(size.width * size.height);
  for (let y = 0; y < mask.height; y++) data.set(mask.data.subarray(y * mask.width, (y + 1) * mask.width), y * size.width);
  return { width: size.width, height: size.height, data };
}

interface MaskedPicture {
  readonly image: RgbImage;
  readonly denoiseMask: MaskImage;
  readonly compositeMask: MaskImage;
  readonly task: 'inpaint' | 'outpaint' | 'edit';
  readonly editTask?: string | undefined;
  readonly strength: number | undefined;
  readonly raw?: boolean | undefined;
}

/** What the model is told and shown: an instruction and the picture, or a task's wording and the picture with the masked area neutral. */
function seenUnderMask(ctx: PipelineContext, prompt: string, base: RgbImage, mask: MaskImage, { task, editTask }: MaskedPicture): { readonly shown: RgbImage; readonly words: string } {
  if (task === 'edit') return { shown: base, words: editTask === undefined ? prompt : worded(taskOf(ctx, editTask), prompt) };
  const known = taskOf(ctx, task);
  return { shown: fillUnderMask(base, mask, fillRgb(known.fill)), words: worded(known, prompt) };
}

/**
 * The picture whose latents are kept. A latent near the mask also sees pixels under it, and the picture before would show through in the
 * drawing: what is wholly repainted takes the colours beside it first. The soft rim keeps its own pixels. Where the drawing starts from
 * the picture, or the model is told what to change in it, it stays as it is.
 */
async function keptPicture(base: RgbImage, mask: MaskImage, task: MaskedPicture['task'], strength: number): Promise<RgbImage> {
  if (task !== 'inpaint' || strength < 1) return base;
  return fillUnknown(base, { ...mask, data: mask.data.map((value) => (value === 255 ? 255 : 0)) }, 'edge');
}

/** Known latents are kept outside the denoise mask; what the model draws goes through the composite mask onto the original's bytes. */
async function prepareMasked(ctx: PipelineContext, request: InpaintRequest | OutpaintRequest, masked: MaskedPicture): Promise<Prepared> {
  const { image, denoiseMask, compositeMask } = masked;
  const seen = rescale(image, workOf(request.work, image));
  checkTarget(seen);
  if (!denoiseMask.data.some((value) => value > 0)) {
    throw new EngineError('REQUEST_INVALID', 'the mask is empty: nothing would be repainted', { field: 'denoiseMask' });
  }
  const base = padToMultiple(seen);
  const mask = padMask(rescaleMask(denoiseMask, seen), base);
  const { shown, words } = seenUnderMask(ctx, request.prompt, base, mask, masked);
  const strength = strengthOf(masked.strength);
  return {
    job: {
      ...withContext(ctx, request, shown, words),
      start: { image: await keptPicture(base, mask, masked.task, strength), strength },
      mask: maskToLatent(mask),
    },
    finish: (drawn) => {
      const full = rescale(crop(drawn, seen), image);
      return masked.raw ? full : composite(image, full, compositeMask);
    },
  };
}

async function prepareOutpaint(ctx: PipelineContext, request: OutpaintRequest): Promise<Prepared> {
  const { left, top, right, bottom } = request;
  if (left + top + right + bottom === 0) throw new EngineError('REQUEST_INVALID', 'nothing to extend: left, top, right and bottom are all 0', { field: 'left' });
  const neutral = fillRgb(taskOf(ctx, 'outpaint').fill);
  const { image, unknownMask } = await extend(request.image, { left, top, right, bottom }, { fill: request.fill ?? 'edge', neutral, blend: request.blend ?? 0 });
  return prepareMasked(ctx, request, { image, denoiseMask: unknownMask, compositeMask: unknownMask, task: 'outpaint', strength: request.strength });
}

function prepareControl(ctx: PipelineContext, request: ControlRequest): Prepared {
  const shown = rescale(request.map, workOf(request.work, request.map));
  checkTarget(shown);
  const base = padToMultiple(shown);
  const strength = numberIn('strength', request.strength, { min: 0, max: 1 }, 1);
  const start = numberIn('start', request.start, { min: 0, max: 1 }, 0);
  const end = numberIn('end', request.end, { min: 0, max: 1 }, 1);
  if (start > end) throw new EngineError('REQUEST_INVALID', `the map would be seen from ${start} to ${end} of the steps: start must not lie after end`, { field: 'start', start, end });
  const job = withContext(ctx, request, base, worded(taskOf(ctx, request.control), request.prompt));
  return {
    job: {
      ...job,
      imgCfg: job.imgCfg * strength,
      ...(start > 0 || end < 1 ? { seen: { start, end, prompt: textToImagePrompt(request.prompt), txtCfg: cfgOf('txtCfg', request.txtCfg, ctx.checkpoint.studio.txtCfg.textToImage) } } : {}),
    },
    finish: (image) => rescale(crop(image, shown), request.map),
  };
}

async function prepare(ctx: PipelineContext, request: GenerateRequest): Promise<Prepared> {
  switch (request.kind) {
    case 'textToImage': return prepareTextToImage(ctx, request);
    case 'edit': return prepareEdit(ctx, request);
    case 'inpaint':
      return prepareMasked(ctx, request, {
        image: request.image, denoiseMask: request.denoiseMask, compositeMask: request.compositeMask ?? request.denoiseMask, task: request.task ?? 'inpaint',
        editTask: request.editTask, strength: request.strength, raw: request.raw,
      });
    case 'outpaint': return prepareOutpaint(ctx, request);
    case 'control': return prepareControl(ctx, request);
    default:
      throw new EngineError('REQUEST_INVALID', `unknown kind of request "${String((request as { kind: unknown }).kind)}"`, { field: 'kind' });
  }
}

/** The published scripts' seed. */
const DEFAULT_SEED = 42;

export interface Generated {
  readonly image: RgbImage;
  readonly seed: number;
  readonly steps: number;
  readonly txtCfg: number;
  readonly imgCfg: number;
  readonly timingsMs: TimingsMs;
}

/** Runs any generation. REQUEST_INVALID naming the field; CANCELLED between steps; NON_FINITE when the model gives no numbers. */
export async function generate(ctx: PipelineContext, request: GenerateRequest, run: RunOptions): Promise<Generated> {
  const mayBeEmpty = (request.kind === 'inpaint' && (request.task !== 'edit' || request.editTask !== undefined)) || request.kind === 'outpaint'
    || (request.kind === 'edit' && request.task !== undefined);
  checkDrawingPrompt('prompt', request.prompt, mayBeEmpty);
  checkPictures(request);
  const steps = stepsOf(request.steps, ctx.checkpoint.studio.steps);
  const seed = seedOf(request.seed, DEFAULT_SEED);
  const previewEvery = numberIn('previewEvery', request.previewEvery, { min: 0, max: 1000, whole: true }, 0);
  const shift = request.shift ?? true;
  if (typeof shift === 'number' && !(Math.abs(shift) <= 10)) {
    throw new EngineError('REQUEST_INVALID', `shift must be on, off, or a number from -10 to 10, got ${shift}`, { field: 'shift' });
  }
  const [guidanceRange, stepCache] = [guidanceRangeOf(request.guidanceRange), stepCacheOf(request.stepCache)];
  const { job, finish } = await prepare(ctx, request);
  checkTarget(job.size);
  checkRoom(ctx, job.prompt, Math.max(job.context.length, 1));
  const { latentChannels } = ctx.checkpoint.config.vae;
  const noise = normalNoise(latentChannels * (job.size.width / 8) * (job.size.height / 8), seed, request.noiseStream ?? 'torch-f32');
  const result = await runGuided(ctx, {
    ...job, noise, steps, shift, previewEvery, tile: tileOf(request.vaeTile), scope: request.kind,
    ...(guidanceRange === undefined ? {} : { guidanceRange }), ...(stepCache === undefined ? {} : { stepCache }),
  }, run);
  // The strength of a map is told apart: what is reported is what was asked for.
  const imgCfg = request.kind === 'control' ? cfgOf('imgCfg', request.imgCfg, ctx.checkpoint.studio.imgCfg) : job.imgCfg;
  return { image: finish(result.image), seed, steps: result.steps, txtCfg: job.txtCfg, imgCfg, timingsMs: result.timingsMs };
}
