import { EngineError } from '../errors.ts';
import { patchify, type PixelValues } from '../image/preprocess.ts';
import { positionEmbedding } from '../models/positionEmbedding.ts';
import { INDICATOR_ROWS } from '../models/visualTokenizer.ts';
import { hasWindows } from '../models/aimv2.ts';
import { windowLayout } from '../models/windows.ts';
import { visionRope } from '../nn/ropeTable.ts';
import { f32Tensor, i64Tensor, type HostTensor } from '../onnx/session.ts';
import {
  expandImages, imageEndId, imageStartId, layoutSequence, tokenizeWithImages, visualAtomId,
} from '../tokenizer/placeholders.ts';
import { conditionChat } from '../tokenizer/chatTemplate.ts';
import type { RgbImage } from '../types.ts';
import { ConditionCache, type Condition } from './conditionCache.ts';
import type { PipelineContext } from './context.ts';
import { Sequence } from './languageModel.ts';
import { floats } from './networks.ts';

/** From words and pictures to what the decoder is conditioned on. */

export type { Condition } from './conditionCache.ts';

/** Visual tokens of one picture: mean word vectors [count, H]. */
export interface VisualTokens {
  readonly embeds: Float32Array;
  readonly count: number;
}

/**
 * The indicator vectors are the visual vocabulary's rows from V−5 on; the first of them is also the last soft word.
 * (The published list has four entries and starts one row early.)
 */
function indicatorRow(id: number, visualVocabSize: number): number {
  return visualVocabSize - INDICATOR_ROWS - 1 + (imageStartId - id);
}

/** Patches a picture whose sides already fit and runs it through the visual tokenizer. `scope` names observed values. */
export async function embedPicture(ctx: PipelineContext, pixels: PixelValues, scope: string): Promise<VisualTokens> {
  const { vision, llm } = ctx.checkpoint.config;
  const { pixelValues, gridH, gridW } = pixels;
  const patches = gridH * gridW;
  const feeds: Record<string, HostTensor> = { pixel_values: f32Tensor(pixelValues, [patches, pixelValues.length / patches]) };
  if (vision.preserveOriginalPe) {
    const table = await ctx.checkpoint.readF32('visual_tokenizer.backbone.preprocessor.pos_embed');
    const embedded = positionEmbedding(table, vision, gridH, gridW);
    ctx.observe?.(`${scope}.vit.pos_embed`, embedded, [patches, vision.hiddenSize]);
    feeds.pos_embed = f32Tensor(embedded, [patches, vision.hiddenSize]);
  }
  if (!vision.disableRope) {
    const rope = visionRope(gridH, gridW, vision.hiddenStride, vision.hiddenSize / vision.numHeads);
    feeds.cos = f32Tensor(rope.cos, [rope.rows, rope.pairs]);
    feeds.sin = f32Tensor(rope.sin, [rope.rows, rope.pairs]);
    feeds.positions = i64Tensor(Array.from({ length: patches }, (_, i) => i), [1, patches]);
  }
  if (hasWindows(vision)) {
    const layout = windowLayout(vision, gridH, gridW);
    feeds.window_index = i64Tensor(layout.index, [layout.windows, layout.cells]);
    feeds.window_inverse = i64Tensor(layout.inverse);
    feeds.window_bias = f32Tensor(layout.bias, [layout.windows, 1, layout.cells, layout.cells]);
  }
  const outputs = await ctx.networks.run('visualTokenizer', feeds, ctx.networks.attentionChunks(vision.numHeads, patches, patches));
  for (const [name, tensor] of Object.entries(outputs)) {
    if (name !== 'embeds') ctx.observe?.(`${scope}.${name}`, tensor.data, tensor.shape);
  }
  const embeds = floats(outputs, 'embeds');
  ctx.observe?.(`${scope}.vt.embeds`, embeds, [embeds.length / llm.hiddenSize, llm.hiddenSize]);
  return { embeds, count: embeds.length / llm.hiddenSize };
}

/** A chat's rows for the language model [L, H]: word vectors, indicator vectors and visual tokens merged, the last rows kept. */
export async function embedSequence(ctx: PipelineContext, chat: string, pictures: readonly VisualTokens[], scope: string): Promise<Float32Array> {
  const { config } = ctx.checkpoint;
  const width = config.llm.hiddenSize;
  const rawIds = tokenizeWithImages(ctx.tokenizer, chat);
  const inputIds = expandImages(rawIds);
  ctx.observe?.(`${scope}.raw_ids`, rawIds, [rawIds.length]);
  ctx.observe?.(`${scope}.input_ids`, inputIds, [inputIds.length]);
  const layout = layoutSequence(inputIds, pictures.map(({ count }) => count), {
    padId: ctx.tokenizer.special.pad, maxLength: config.multimodalMaxLength,
  });
  const visual = concatRows(pictures.map(({ embeds }) => embeds));
  const rows = new Float32Array(layout.ids.length * width);
  let visualRow = layout.visualCut;
  for (let at = 0; at < layout.ids.length; at++) {
    const id = layout.ids[at] as number;
    if (id === visualAtomId) {
      rows.set(visual.subarray(visualRow * width, (visualRow + 1) * width), at * width);
      visualRow += 1;
    } else if (id === imageStartId || id === imageEndId) {
      await ctx.visualWords.read([indicatorRow(id, config.vision.visualVocabSize)], rows, at);
    } else if (id >= 0 && id < config.llm.vocabSize) {
      await ctx.words.read([id], rows, at);
    } else {
      throw new EngineError('CONFIG_INVALID', `the tokenizer gives token ${id}, but the model knows ${config.llm.vocabSize} words`, {
        token: id, vocabSize: config.llm.vocabSize,
      });
    }
  }
  ctx.observe?.(`${scope}.inputs_embeds`, rows, [layout.ids.length, width]);
  return rows;
}

function concatRows(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A condition that is wanted: a chat's prompt and the pictures it shows, at their second size. `scope` names observed values. */
export interface ConditionRequest {
  readonly prompt: string;
  readonly images: readonly RgbImage[];
  readonly scope: string;
}

/** Runs condition pictures through the visual tokenizer. */
async function embedConditionPictures(ctx: PipelineContext, { images, scope }: ConditionRequest): Promise<VisualTokens[]> {
  const tokens: VisualTokens[] = [];
  const { patchSize, hiddenStride, imageMean, imageStd } = ctx.checkpoint.preprocessor;
  for (const image of images) {
    const pixels = patchify(image, { patchSize, hiddenStride, mean: imageMean, std: imageStd });
    ctx.observe?.(`${scope}.vt_image`, image.data, [image.height, image.width, 3]);
    ctx.observe?.(`${scope}.pixel_values`, pixels.pixelValues, [pixels.gridH * pixels.gridW, pixels.pixelValues.length / (pixels.gridH * pixels.gridW)]);
    ctx.observe?.(`${scope}.grid_thw`, [1, pixels.gridH, pixels.gridW], [1, 3]);
    tokens.push(await embedPicture(ctx, pixels, scope));
  }
  return tokens;
}

/** The language model's last two hidden states for a chat about pictures, side by side. → [L, 2H] */
async function hiddenStates(ctx: PipelineContext, { prompt, scope }: ConditionRequest, pictures: readonly VisualTokens[]): Promise<Float32Array> {
  const { llm, yak } = ctx.checkpoint.config;
  if (ctx.observe) {
    const all = concatRows(pictures.map(({ embeds }) => embeds));
    ctx.observe(`${scope}.visual_embeds`, all, [all.length / llm.hiddenSize, llm.hiddenSize]);
  }
  const rows = await embedSequence(ctx, conditionChat(prompt), pictures, scope);
  const count = rows.length / llm.hiddenSize;
  const sequence = new Sequence(ctx, count);
  const outputs = await sequence.append(rows).finally(() => sequence.close());
  const [last, secondLast] = [floats(outputs, 'hidden_last'), floats(outputs, 'hidden_second_last')];
  const txt = new Float32Array(2 * rows.length);
  for (let row = 0; row < count; row++) {
    txt.set(last.subarray(row * llm.hiddenSize, (row + 1) * llm.hiddenSize), 2 * row * llm.hiddenSize);
    txt.set(secondLast.subarray(row * llm.hiddenSize, (row + 1) * llm.hiddenSize), (2 * row + 1) * llm.hiddenSize);
  }
  ctx.observe?.(`${scope}.txt`, txt, [count, yak.contextInDim]);
  return txt;
}

async function refine(ctx: PipelineContext, txt: Float32Array, scope: string): Promise<Condition> {
  const { contextInDim } = ctx.checkpoint.config.yak;
  const count = txt.length / contextInDim;
  const refined = await ctx.networks.run('refiner', { txt: f32Tensor(txt, [count, contextInDim]) });
  for (const [name, tensor] of Object.entries(refined)) ctx.observe?.(`${scope}.${name}`, tensor.data, tensor.shape);
  return { textFeatures: floats(refined, 'txt_features'), vector: floats(refined, 'vector'), count };
}

/**
 * Reads conditions: what the language model makes of each chat about its pictures, refined. Those of a former job, and pictures that
 * several of them show, are not read again. One network after the other, so that where memory is short each is loaded once.
 */
export async function conditionsOf(ctx: PipelineContext, requests: readonly ConditionRequest[]): Promise<Condition[]> {
  // Who observes wants to see every value computed.
  const known = ctx.observe ? new ConditionCache() : ctx.conditions;
  const keys = requests.map(({ prompt, images }) => known.keyOf(prompt, images));
  const missing = requests.flatMap((request, i) => (known.get(keys[i] as string) || keys.indexOf(keys[i] as string) < i ? [] : [{ request, key: keys[i] as string }]));
  const pictures = new Map<readonly RgbImage[], VisualTokens[]>();
  for (const { request } of missing) if (!pictures.has(request.images)) pictures.set(request.images, await embedConditionPictures(ctx, request));
  const read: { readonly key: string; readonly scope: string; readonly txt: Float32Array }[] = [];
  for (const { request, key } of missing) read.push({ key, scope: request.scope, txt: await hiddenStates(ctx, request, pictures.get(request.images) ?? []) });
  const fresh = new Map<string, Condition>();
  for (const { key, scope, txt } of read) fresh.set(key, await refine(ctx, txt, scope));
  const found = keys.map((key) => fresh.get(key) ?? known.get(key)) as Condition[];
  for (const [key, condition] of fresh) known.set(key, condition);
  return found;
}
