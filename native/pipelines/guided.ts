import { conditionSizes, solidImage } from '../image/preprocess.ts';
import { resizeBicubic } from '../image/resizeBicubic.ts';
import type { Size } from '../image/smartResize.ts';
import { blendInpaint, maskChannels, noiseTo } from '../latents/blend.ts';
import { packLatents, tokenIds, unpackLatents } from '../latents/pack.ts';
import { latentPreview, predictClean, sdxlPreviewFactors } from '../latents/preview.ts';
import { schedule } from '../schedulers/flowMatchEuler.ts';
import { emptyPrompt } from '../tokenizer/chatTemplate.ts';
import type { RgbImage, RunOptions, TimingsMs } from '../types.ts';
import { isGuided, StepCache, type GuidanceRange } from './accelerate.ts';
import { decodePicture, encodePicture, TOKEN } from './autoencoder.ts';
import { conditionsOf, type Condition, type ConditionRequest } from './conditioning.ts';
import { Stopwatch, type PipelineContext } from './context.ts';
import { guidedVelocity, makeBranch, plainVelocity, type Branch, type Guidance, type TokenGrid } from './decoder.ts';
import { denoise } from './denoise.ts';
import { Parking } from './parking.ts';

/** What every kind of generation comes down to: prompts, context pictures, guidance, a schedule, perhaps a start and a mask. */
export interface GuidedJob {
  /** Of the result; multiples of 16 pixels. */
  readonly size: Size;
  /** The conditional prompt, with a place for every context picture, or for the blank one. */
  readonly prompt: string;
  /** Context pictures at the size at which the VAE takes them (multiples of 16); none = text to image. */
  readonly context: readonly RgbImage[];
  readonly txtCfg: number;
  readonly imgCfg: number;
  readonly steps: number;
  /** true = as the checkpoint says. */
  readonly shift: boolean | number;
  /** Latent noise [C, h/8, w/8]. */
  readonly noise: Float32Array;
  /** The picture to start from, and how far to go back to noise: (0, 1]. */
  readonly start?: { readonly image: RgbImage; readonly strength: number };
  /** [h/8, w/8]: 1 = repaint, 0 = keep the start's latents at every step. Needs a start. */
  readonly mask?: Float32Array;
  /** The shares of the steps between which the context is seen; outside of them this prompt alone guides. */
  readonly seen?: { readonly start: number; readonly end: number; readonly prompt: string; readonly txtCfg: number };
  /** Guidance acts between these shares of the steps only. Default: always. */
  readonly guidanceRange?: GuidanceRange;
  /** Steps whose velocity is foretold to change by less than this are drawn on instead of computed. Default: none. */
  readonly stepCache?: number;
  readonly previewEvery: number;
  /** Side of the pieces in which the autoencoder works, in pixels; null = all at once. */
  readonly tile?: number | null;
  /** Prefix of observed values. */
  readonly scope: string;
}

export interface GuidedResult {
  readonly image: RgbImage;
  readonly steps: number;
  readonly timingsMs: TimingsMs;
}

/** A condition picture goes through two resizings, as in the published scripts. */
function sizedForCondition(ctx: PipelineContext, image: RgbImage, scope: string): RgbImage {
  const { patchSize, hiddenStride, imageMean, imageStd, minPixels, maxPixels } = ctx.checkpoint.preprocessor;
  const { first, second } = conditionSizes(image, { patchSize, hiddenStride, mean: imageMean, std: imageStd, minPixels, maxPixels });
  const once = resizeBicubic(image, first.width, first.height);
  ctx.observe?.(`${scope}.vt_image_first_resize`, once.data, [once.height, once.width, 3]);
  return resizeBicubic(once, second.width, second.height);
}

interface Conditions {
  readonly cond: Condition;
  readonly noTxt: Condition | null;
  readonly noBoth: Condition;
  /** Of the words alone, for the steps that do not see the context. */
  readonly unseen: Condition | null;
}

/** All conditions of a job. Each network sees all of its inputs before the next one is needed: where memory is short they come and go once. */
async function readConditions(ctx: PipelineContext, job: GuidedJob): Promise<Conditions> {
  const sized = (images: readonly RgbImage[], scope: string): RgbImage[] => images.map((image) => sizedForCondition(ctx, image, scope));
  const alone = job.context.length === 0;
  const names = alone ? { noBoth: 'uncond' } : { noBoth: 'no_both' };
  const [condScope, blankScope, unseenScope] = [`${job.scope}.cond`, `${job.scope}.${names.noBoth}`, `${job.scope}.unseen`];
  const white = solidImage(job.size);
  const shown = sized(alone ? [white] : job.context, condScope);
  const blank = alone ? shown : sized([white], blankScope);
  const wanted: ConditionRequest[] = [
    { prompt: job.prompt, images: shown, scope: condScope },
    { prompt: emptyPrompt(), images: blank, scope: blankScope },
    ...(alone ? [] : [{ prompt: emptyPrompt(job.context.length), images: shown, scope: `${job.scope}.no_txt` }]),
    ...(job.seen ? [{ prompt: job.seen.prompt, images: blank, scope: unseenScope }] : []),
  ];
  const [cond, noBoth, ...others] = await conditionsOf(ctx, wanted) as [Condition, Condition, ...Condition[]];
  const noTxt = alone ? null : others.shift() ?? null;
  return { cond, noBoth, noTxt, unseen: others.shift() ?? null };
}

type MakeBranch = (condition: Condition, context: readonly TokenGrid[]) => Promise<Branch>;

async function guidanceOf(job: GuidedJob, { cond, noTxt, noBoth }: Conditions, context: readonly TokenGrid[], branch: MakeBranch): Promise<Guidance> {
  const [full, blank] = [await branch(cond, context), await branch(noBoth, [])];
  if (!noTxt) return { kind: 'text', txtCfg: job.txtCfg, cond: full, uncond: blank };
  return { kind: 'textImage', txtCfg: job.txtCfg, imgCfg: job.imgCfg, cond: full, noBoth: blank, noTxt: await branch(noTxt, context) };
}

/** Guidance by words alone, for the steps that do not see the context. */
async function unseenGuidance(job: GuidedJob, { unseen, noBoth }: Conditions, branch: MakeBranch): Promise<Guidance | null> {
  return job.seen && unseen ? { kind: 'text', txtCfg: job.seen.txtCfg, cond: await branch(unseen, []), uncond: await branch(noBoth, []) } : null;
}

/** Runs a job from words and pictures to bytes. CANCELLED between steps, without decoding; NON_FINITE when a velocity is no number. */
export async function runGuided(ctx: PipelineContext, job: GuidedJob, run: RunOptions): Promise<GuidedResult> {
  const { vae, yak } = ctx.checkpoint.config;
  const watch = new Stopwatch(ctx.networks, run);
  const { tile = null } = job;
  const latentShape = { channels: vae.latentChannels, height: job.size.height / 8, width: job.size.width / 8 };
  const grid = { rows: job.size.height / TOKEN, columns: job.size.width / TOKEN };
  const tokens = grid.rows * grid.columns;

  const conditions = await watch.stage('condition', () => readConditions(ctx, job));
  const { context, original } = await watch.stage('encode', async () => {
    const grids: TokenGrid[] = [];
    for (const image of job.context) grids.push(await encodePicture(ctx, image, job.scope, tile, run));
    return { context: grids, original: job.start ? (await encodePicture(ctx, job.start.image, `${job.scope}.start`, tile, run)).tokens : null };
  });
  const { seen } = job;

  const times = schedule({
    steps: job.steps, seqLen: tokens, baseShift: yak.baseShift, maxShift: yak.maxShift,
    shift: job.shift === true ? yak.timestepShift : job.shift,
    strength: job.start?.strength ?? 1,
  });
  const noise = packLatents(job.noise, latentShape);
  ctx.observe?.(`${job.scope}.noise_tokens`, noise, [tokens, yak.inChannels]);
  ctx.observe?.(`${job.scope}.timesteps`, times, [times.length]);
  ctx.observe?.(`${job.scope}.img_ids`, tokenIds(2 * grid.rows, 2 * grid.columns, 0), [tokens, 3]);
  context.forEach(({ rows, columns }, i) => ctx.observe?.(`${job.scope}.ctx_ids`, tokenIds(2 * rows, 2 * columns, i + 1), [rows * columns, 3]));
  const mask = job.mask ? packLatents(maskChannels(job.mask, latentShape.channels), latentShape) : null;
  const x = original ? noiseTo(original, noise, times[0] as number) : noise.slice();
  const factors = ctx.checkpoint.studio.previewFactors ?? (vae.latentChannels === 4 ? sdxlPreviewFactors : null);

  const steps = times.length - 1;
  const cache = job.stepCache === undefined ? null : new StepCache(job.stepCache);

  const parking = new Parking(ctx.networks);
  const branchOf: MakeBranch = async (condition, pictures) => {
    const branch = makeBranch(ctx, condition, grid, pictures);
    return { ...branch, constants: await parking.park(branch.constants) };
  };
  const loop = async (): Promise<void> => {
    const guidance = await guidanceOf(job, conditions, context, branchOf);
    const unseen = await unseenGuidance(job, conditions, branchOf);
    await denoise({
      x, times,
      velocity: async (state, t, i) => {
        const blind = seen !== undefined && (i / steps < seen.start || i / steps >= seen.end);
        const used = (blind && unseen) || guidance;
        const guided = isGuided(job.guidanceRange, i, steps);
        const compute = (): Promise<Float32Array> => (guided ? guidedVelocity : plainVelocity)(ctx, used, state, t, `${job.scope}.step${i}`);
        const v = cache ? await cache.velocity({ t, isLast: i === steps - 1, kind: guided ? used : used.cond }, compute) : await compute();
        ctx.observe?.(`${job.scope}.step${i}.v`, v, [tokens, yak.inChannels]);
        return v;
      },
      afterStep: (state, tNext, i) => {
        if (mask && original) blendInpaint({ x: state, original, noise, mask, t: tNext });
        ctx.observe?.(`${job.scope}.step${i}.x`, state, [tokens, yak.inChannels]);
      },
      afterVelocity: (state, v, t, i) => {
        const wanted = factors && job.previewEvery > 0 && (i + 1) % job.previewEvery === 0 && i + 2 < times.length;
        if (!wanted) return;
        const latents = unpackLatents(predictClean(state, v, t), latentShape);
        run.onEvent?.({ type: 'preview', step: i + 1, image: latentPreview(latents, latentShape, factors) });
      },
    }, run);
  };
  await watch.stage('denoise', () => loop().finally(() => parking.release()));
  const image = await watch.stage('decode', () => decodePicture(ctx, { tokens: x, ...grid }, job.scope, tile, run));
  return { image, steps, timingsMs: watch.timingsMs };
}
