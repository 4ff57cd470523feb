import { EngineError } from '../errors.ts';
import { patchify, understandingSize } from '../image/preprocess.ts';
import { resizeBicubic } from '../image/resizeBicubic.ts';
import { f32Tensor } from '../onnx/session.ts';
import { understandingChat } from '../tokenizer/chatTemplate.ts';
import type { RgbImage, RunOptions, UnderstandRequest, UnderstandResult } from '../types.ts';
import { embedPicture, embedSequence, type VisualTokens } from './conditioning.ts';
import { breathe, Stopwatch, throwIfCancelled, type PipelineContext } from './context.ts';
import { Sequence } from './languageModel.ts';
import { floats } from './networks.ts';
import { chooseToken, uniformStream, type SamplingOptions } from './sampling.ts';

const DEFAULT_MAX_TOKENS = 512;

/** One picture of a question: resized once, embedded. */
async function lookAt(ctx: PipelineContext, image: RgbImage, index: number): Promise<VisualTokens> {
  const { patchSize, hiddenStride, imageMean, imageStd, minPixels, maxPixels } = ctx.checkpoint.preprocessor;
  const p = { patchSize, hiddenStride, mean: imageMean, std: imageStd, minPixels, maxPixels };
  const size = understandingSize(image, p);
  const resized = resizeBicubic(image, size.width, size.height);
  const pixels = patchify(resized, p);
  ctx.observe?.(`u.image${index}_resized`, resized.data, [size.height, size.width, 3]);
  ctx.observe?.(`u.pixel_values#${index}`, pixels.pixelValues, [pixels.gridH * pixels.gridW, pixels.pixelValues.length / (pixels.gridH * pixels.gridW)]);
  ctx.observe?.(`u.grid_thw#${index}`, [1, pixels.gridH, pixels.gridW], [1, 3]);
  return embedPicture(ctx, pixels, `u#${index}`);
}

/** Logits of the last row. hidden [L, H] → [vocabulary] */
async function lastLogits(ctx: PipelineContext, hidden: Float32Array): Promise<Float32Array> {
  const width = ctx.checkpoint.config.llm.hiddenSize;
  const outputs = await ctx.networks.run('lmHead', { hidden: f32Tensor(hidden.slice(-width), [1, width]) });
  return floats(outputs, 'logits');
}

/**
 * Answers a question about pictures, token by token. The answer ends at the end-of-turn token, at a stop text, or at maxTokens.
 * REQUEST_INVALID when pictures and places differ in number or the question leaves no room for an answer.
 */
export async function understand(ctx: PipelineContext, request: UnderstandRequest, run: RunOptions): Promise<UnderstandResult> {
  const { config } = ctx.checkpoint;
  const watch = new Stopwatch(ctx.networks, run);
  const options: SamplingOptions = {
    temperature: request.temperature ?? 0, topP: request.topP ?? 1, topK: request.topK ?? 0, repetitionPenalty: request.repetitionPenalty ?? 1,
  };
  const chat = understandingChat(request.prompt, request.images.length, request.history ?? []);
  const rows = await watch.stage('encode', async () => {
    const pictures: VisualTokens[] = [];
    for (const [i, image] of request.images.entries()) {
      pictures.push(await lookAt(ctx, image, i));
      await breathe();
      throwIfCancelled(run);
    }
    return embedSequence(ctx, chat, pictures, 'u');
  });
  const prompted = rows.length / config.llm.hiddenSize;
  const maxTokens = request.maxTokens ?? DEFAULT_MAX_TOKENS;
  const sequence = new Sequence(ctx, prompted + maxTokens);

  return watch.stage('understand', async () => {
    const started = performance.now();
    const outputs = await sequence.append(rows);
    if (ctx.observe) {
      for (const [name, tensor] of Object.entries(outputs)) ctx.observe(`u.llm.${name.replace(/^llm\./, '')}`, tensor.data, tensor.shape);
    }
    let hidden = floats(outputs, 'hidden_last');
    const uniform = uniformStream(request.seed ?? 0);
    const stream = ctx.tokenizer.stream({ skipSpecial: true });
    const seen = new Set<number>();
    const ends = new Set([...config.llm.eosTokenId, ctx.tokenizer.special.eos]);
    let text = '';
    let tokens = 0;
    let firstTokenMs = 0;
    let stopReason: UnderstandResult['stopReason'] = 'length';
    while (tokens < maxTokens) {
      const logits = await lastLogits(ctx, hidden);
      if (!Number.isFinite(logits[0])) {
        throw new EngineError('NON_FINITE', 'the language model gave values that are no numbers', { token: tokens });
      }
      ctx.observe?.(`u.greedy.logits#${tokens}`, logits, [1, logits.length]);
      const token = chooseToken(logits, options, seen, uniform);
      ctx.observe?.(`u.greedy.tokens#${tokens}`, [token], [1]);
      if (tokens === 0) firstTokenMs = performance.now() - started;
      tokens += 1;
      if (ends.has(token) && !ctx.observe) {
        stopReason = 'eos';
        break;
      }
      seen.add(token);
      const piece = stream.push(token);
      text += piece;
      if (piece !== '') run.onEvent?.({ type: 'token', text: piece, index: tokens - 1 });
      const stop = request.stop?.find((wanted) => wanted !== '' && text.includes(wanted));
      if (stop !== undefined) {
        text = text.slice(0, text.indexOf(stop));
        stopReason = 'stop';
        break;
      }
      if (tokens === maxTokens) break;
      await breathe();
      throwIfCancelled(run);
      const row = new Float32Array(config.llm.hiddenSize);
      await ctx.words.read([token], row);
      hidden = floats(await sequence.append(row), 'hidden_last');
    }
    if (stopReason !== 'stop') text += stream.end();
    return { text, tokens, stopReason, timingsMs: { ...watch.timingsMs, firstToken: Math.round(firstTokenMs * 1000) / 1000, understand: Math.round((performance.now() - started) * 1000) / 1000 } };
  }).finally(() => sequence.close());
}
