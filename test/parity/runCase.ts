import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { EngineError } from '../../native/errors.ts';
import { editImagePublished } from '../../native/image/preprocess.ts';
import type { Observe, PipelineContext } from '../../native/pipelines/context.ts';
import { branchVelocity, makeBranch } from '../../native/pipelines/decoder.ts';
import { runGuided, type GuidedJob } from '../../native/pipelines/guided.ts';
import { closePipeline, openPipeline } from '../../native/pipelines/open.ts';
import type { RuntimeChoice } from '../../native/pipelines/networks.ts';
import { understand } from '../../native/pipelines/understand.ts';
import { schedule } from '../../native/schedulers/flowMatchEuler.ts';
import { timeFeatures } from '../../native/schedulers/timeFeatures.ts';
import { editPrompt, textToImagePrompt } from '../../native/tokenizer/chatTemplate.ts';
import type { RgbImage } from '../../native/types.ts';
import type { GoldenCase } from './case.ts';

/** Everything that the engine computed for one case, by golden name. */
export type Observed = Map<string, { readonly data: ArrayLike<number> | ArrayLike<bigint>; readonly shape: readonly number[] }>;

async function readPng(file: string): Promise<RgbImage> {
  const { data, info } = await sharp(await readFile(file)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

const GREEDY_TOKENS = 8;

/** Joins what comes in numbered pieces ("u.pixel_values#0", "#1", …) along axis 0. */
function join(observed: Observed): void {
  const groups = new Map<string, { data: number[]; shape: readonly number[]; rows: number }>();
  for (const [name, { data, shape }] of observed) {
    const match = /^(.*)#\d+(.*)$/.exec(name);
    if (!match) continue;
    const key = `${match[1] ?? ''}${match[2] ?? ''}`;
    const group = groups.get(key) ?? { data: [], shape, rows: 0 };
    for (let i = 0; i < data.length; i++) group.data.push(Number(data[i]));
    group.rows += shape[0] ?? 0;
    groups.set(key, group);
    observed.delete(name);
  }
  for (const [name, { data, shape, rows }] of groups) observed.set(name, { data, shape: [rows, ...shape.slice(1)] });
}

async function understandCase(ctx: PipelineContext, golden: GoldenCase): Promise<void> {
  const images: RgbImage[] = [];
  while (golden.tensors.has(`u.image${images.length}`)) images.push(await readPng(path.join(golden.dir, `u_image${images.length}.png`)));
  images.forEach((image, i) => ctx.observe?.(`u.image${i}`, image.data, [image.height, image.width, 3]));
  await understand(ctx, { prompt: golden.info['u.prompt'], images, maxTokens: GREEDY_TOKENS }, {});
}

/** The given noise; the only thing that is not our own. */
function given(golden: GoldenCase, name: string): Float32Array {
  const tensor = golden.tensors.get(name);
  if (!tensor) throw new Error(`the case holds no ${name}`);
  return tensor.data as Float32Array;
}

export function textToImageJob(golden: GoldenCase): GuidedJob {
  const { width, height, steps, txt_cfg: txtCfg, user_prompt: prompt } = golden.info.t2i;
  return {
    size: { width, height }, prompt: textToImagePrompt(prompt), context: [], txtCfg, imgCfg: 1, steps, shift: true,
    noise: given(golden, 't2i.noise'), previewEvery: 0, scope: 't2i',
  };
}

export async function editJob(golden: GoldenCase, observe?: Observe): Promise<GuidedJob> {
  const { steps, txt_cfg: txtCfg, img_cfg: imgCfg, user_prompt: prompt } = golden.info.edit;
  const source = await readPng(path.join(golden.dir, 'edit_image.png'));
  const image = editImagePublished(source);
  observe?.('edit.image', source.data, [source.height, source.width, 3]);
  observe?.('edit.image_resized', image.data, [image.height, image.width, 3]);
  return {
    size: image, prompt: editPrompt(prompt), context: [image], txtCfg, imgCfg, steps, shift: true,
    noise: given(golden, 'edit.noise'), previewEvery: 0, scope: 'edit',
  };
}

/** The decoder alone at two times, with and without context, on our own conditions. */
async function backboneCase(ctx: PipelineContext, golden: GoldenCase, jobs: { t2i: GuidedJob; edit: GuidedJob }, observed: Observed, kinds: readonly ('noctx' | 'ctx')[]): Promise<void> {
  const { yak } = ctx.checkpoint.config;
  for (const kind of kinds) {
    const job = kind === 'noctx' ? jobs.t2i : jobs.edit;
    const scope = kind === 'noctx' ? 't2i' : 'edit';
    const numbers = (name: string): Float32Array => Float32Array.from(observed.get(name)?.data as ArrayLike<number>);
    const count = observed.get(`${scope}.cond.txt_features`)?.shape[0] as number;
    const own = { textFeatures: numbers(`${scope}.cond.txt_features`), vector: numbers(`${scope}.cond.vector`), count };
    const grid = { rows: job.size.height / 16, columns: job.size.width / 16 };
    const context = kind === 'ctx' ? [{ tokens: numbers('edit.ctx_tokens'), ...grid }] : [];
    const branch = makeBranch(ctx, own, grid, context);
    const x = numbers(`${scope}.noise_tokens`);
    for (const [i, t] of golden.info['bb.t'].entries()) {
      const outputs = await branchVelocity(ctx, branch, x, Math.fround(t));
      for (const [name, tensor] of Object.entries(outputs)) {
        ctx.observe?.(`bb.${kind}.t${i}.${name === 'velocity' ? 'v' : name}`, tensor.data, tensor.shape);
      }
      ctx.observe?.(`bb.${kind}.t${i}.t_feat`, timeFeatures(Math.fround(t)), [256]);
      ctx.observe?.(`bb.${kind}.t${i}.rope_cos`, branch.rope.cos, [branch.rope.rows, branch.rope.pairs]);
      ctx.observe?.(`bb.${kind}.t${i}.rope_sin`, branch.rope.sin, [branch.rope.rows, branch.rope.pairs]);
    }
  }
  const { baseShift, maxShift } = yak;
  for (const [kind, shift] of [['shift', true], ['noshift', false]] as const) {
    for (const steps of [4, 50]) {
      for (const [length, seqLen] of [['len_case', golden.info['sched.case_seq_len']], ['len_4096', 4096]] as const) {
        const times = schedule({ steps, seqLen, shift, baseShift, maxShift });
        ctx.observe?.(`sched.${kind}.steps${steps}.${length}`, times, [times.length]);
      }
    }
  }
}

/** Our names where they differ from the golden ones. */
function rename(observed: Observed, golden: GoldenCase, ctx: PipelineContext): void {
  const { llm, vision } = ctx.checkpoint.config;
  const copy = (from: string, to: string): void => {
    const value = observed.get(from);
    if (value) observed.set(to, value);
  };
  copy('u.llm.hidden_last', `u.llm.hidden${llm.numLayers}`);
  for (const tag of ['t2i.uncond', 't2i.cond', 'edit.no_both', 'edit.no_txt', 'edit.cond']) {
    copy(`${tag}.txt_features`, `${tag}.refiner.txt_fea`);
    copy(`${tag}.pooled`, `${tag}.refiner.txt_fea_avg`);
  }
  // A condition without pictures of its own shows those of its sibling.
  copy('t2i.cond.grid_thw', 't2i.uncond.grid_thw');
  copy('edit.cond.grid_thw', 'edit.no_txt.grid_thw');
  copy('edit.mean', 'edit.vae.mean');
  copy('edit.logvar', 'edit.vae.logvar');
  copy('t2i.pixels', 't2i.image_float');
  copy('edit.pixels', 'edit.image_float');
  const logits = observed.get('u.greedy.logits');
  if (logits) observed.set('u.llm.next_logits', { data: Array.from({ length: llm.vocabSize }, (_, i) => Number(logits.data[i])), shape: [llm.vocabSize] });
  const features = observed.get('u.vit.last');
  if (features) observed.set(`u.vit.block${vision.numLayers - 1}`, features);
  // The four zero columns after the softmax are left out of our graph; they are zero by construction.
  const probabilities = observed.get('u.vt.probs');
  if (probabilities) {
    const [rows, words] = probabilities.shape as [number, number];
    const all = new Float32Array(rows * vision.visualVocabSize);
    for (let row = 0; row < rows; row++) for (let i = 0; i < words; i++) all[row * vision.visualVocabSize + i] = Number(probabilities.data[row * words + i]);
    observed.set('u.vt.probs', { data: all, shape: [rows, vision.visualVocabSize] });
  }
  for (const name of ['t2i.noise', 'edit.noise']) observed.set(name, { data: given(golden, name), shape: golden.tensors.get(name)?.shape ?? [] });
}

/** Reads the words and takes the first step; what would follow is called off. */
async function firstStep(ctx: PipelineContext, job: GuidedJob): Promise<void> {
  const stop = new AbortController();
  await runGuided(ctx, job, { signal: stop.signal, onEvent: (event) => { if (event.type === 'step') stop.abort(); } }).catch((error: unknown) => {
    if (!(error instanceof EngineError && error.code === 'CANCELLED')) throw error;
  });
}

/**
 * Runs a whole case with every intermediate value exposed. `quick`: the answer, one step of a drawing and the decoder alone without context: every
 * network but the autoencoder, in a fraction of the time.
 */
export async function observeCase(golden: GoldenCase, choice: RuntimeChoice, quick = false): Promise<Observed> {
  const observed: Observed = new Map();
  const observe: Observe = (name, data, shape) => observed.set(name, { data: data instanceof Float32Array ? data.slice() : data, shape });
  const ctx = await openPipeline(golden.dir, choice, { taps: 'all', observe });
  try {
    await understandCase(ctx, golden);
    const jobs = { t2i: textToImageJob(golden), edit: await editJob(golden, observe) };
    if (quick) await firstStep(ctx, jobs.t2i);
    else {
      await runGuided(ctx, jobs.t2i, {});
      await runGuided(ctx, jobs.edit, {});
    }
    join(observed);
    await backboneCase(ctx, golden, jobs, observed, quick ? ['noctx'] : ['noctx', 'ctx']);
    rename(observed, golden, ctx);
  } finally {
    await closePipeline(ctx);
  }
  return observed;
}

/** The final pictures on the graphs that people get: no taps, every optimisation, the given attention. */
export async function productionImages(golden: GoldenCase, choice: RuntimeChoice): Promise<Record<'t2i.image_u8' | 'edit.image_u8', RgbImage>> {
  const ctx = await openPipeline(golden.dir, choice);
  try {
    return {
      't2i.image_u8': (await runGuided(ctx, textToImageJob(golden), {})).image,
      'edit.image_u8': (await runGuided(ctx, await editJob(golden), {})).image,
    };
  } finally {
    await closePipeline(ctx);
  }
}
