import { EngineError } from '../errors.ts';
import type { PreprocessorConfig } from '../config.ts';
import { understandingSize } from '../image/preprocess.ts';
import { imagePlaceholder } from '../tokenizer/chatTemplate.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { GuidanceRange } from './accelerate.ts';
import type { GenerateRequest, MaskImage, RgbImage, UnderstandRequest } from '../types.ts';

/** What a request may hold. Everything refused here is REQUEST_INVALID and names the field. */

const MAX_STEPS = 1000;
const MAX_CFG = 100;
const MAX_SIDE = 8192;
/** A picture of 4096² has 65,536 tokens: beyond it no machine finishes a step. */
const MAX_TARGET_PIXELS = 4096 * 4096;
const MAX_PROMPT_CHARACTERS = 400_000;
export const MAX_NEW_TOKENS = 8192;

function refuse(field: string, message: string, details: Record<string, string | number> = {}): EngineError {
  return new EngineError('REQUEST_INVALID', message, { field, ...details });
}

/** A number in a range, or the fallback when absent. */
export function numberIn(field: string, value: number | undefined, range: { readonly min: number; readonly max: number; readonly whole?: boolean }, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < range.min || value > range.max || (range.whole && !Number.isInteger(value))) {
    const kind = range.whole ? 'a whole number' : 'a number';
    throw refuse(field, `${field} must be ${kind} from ${range.min} to ${range.max}, got ${String(value)}`, { got: String(value) });
  }
  return value;
}

export const stepsOf = (value: number | undefined, fallback: number): number => numberIn('steps', value, { min: 1, max: MAX_STEPS, whole: true }, fallback);
export const cfgOf = (field: 'txtCfg' | 'imgCfg', value: number | undefined, fallback: number): number => numberIn(field, value, { min: 0, max: MAX_CFG }, fallback);
export const seedOf = (value: number | undefined, fallback: number): number => numberIn('seed', value, { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true }, fallback);

/** (0, 1] */
export function strengthOf(value: number | undefined): number {
  const strength = numberIn('strength', value, { min: 0, max: 1 }, 1);
  if (strength === 0) throw refuse('strength', 'strength must be above 0: at 0 nothing would be repainted', { got: 0 });
  return strength;
}

/** A wanted side in pixels: floored to a multiple of 16 later, so at least 16. */
export const sideOf = (field: string, value: number | undefined, fallback: number): number =>
  numberIn(field, value, { min: 16, max: MAX_SIDE, whole: true }, fallback);

export function checkTarget(size: { readonly width: number; readonly height: number }): void {
  if (size.width * size.height > MAX_TARGET_PIXELS) {
    throw refuse('size', `a result of ${size.width}×${size.height} is too large to draw at once; at most ${MAX_TARGET_PIXELS} pixels (4096×4096)`, {
      width: size.width, height: size.height, maxPixels: MAX_TARGET_PIXELS,
    });
  }
}

/** Pixels that are what their size says. */
export function checkImage(field: string, image: RgbImage | MaskImage, channels: 1 | 3): void {
  const { width, height, data } = image;
  const whole = Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1;
  if (!whole || !(data instanceof Uint8Array) || data.length !== width * height * channels) {
    throw refuse(field, `${field} is no picture: ${width}×${height} with ${data instanceof Uint8Array ? data.length : 'no'} bytes, expected ${channels} a pixel`, {
      width: String(width), height: String(height),
    });
  }
}

/** Texts that steer the chat itself; a person's words may not hold them. */
const controlTokens = ['<|im_start|>', '<|im_end|>', '<|endoftext|>'];

/** Refuses words that would break the chat apart, and texts beyond all measure. */
export function checkText(field: string, text: unknown): asserts text is string {
  if (typeof text !== 'string') throw refuse(field, `${field} must be a text`);
  if (text.length > MAX_PROMPT_CHARACTERS) {
    throw refuse(field, `${field} has ${text.length} characters; at most ${MAX_PROMPT_CHARACTERS} are read`, { characters: text.length });
  }
  for (const token of controlTokens) {
    if (text.includes(token)) throw refuse(field, `${field} holds ${token}, which steers the chat itself and cannot be part of a prompt`, { token });
  }
}

/** A prompt for drawing: it also must not be empty or claim a place for a picture. */
export function checkDrawingPrompt(field: string, text: unknown, mayBeEmpty = false): asserts text is string {
  checkText(field, text);
  if (!mayBeEmpty && text.trim() === '') throw refuse(field, `${field} is empty: say what to draw`);
  if (text.includes(imagePlaceholder)) {
    throw refuse(field, `${field} holds ${imagePlaceholder}, which stands for a picture; pictures come as references, not inside the words`, { token: imagePlaceholder });
  }
}

/** Refuses what the model would have to cut: nothing is shortened silently. */
export function checkLength(field: string, text: string, tokenizer: Tokenizer, room: number): void {
  const tokens = tokenizer.encode(text).length;
  if (tokens > room) throw refuse(field, `${field} has ${tokens} tokens; this model reads at most ${Math.max(room, 0)} beside its pictures`, { tokens, room });
}

/** The size at which the model works, or that of the result. REQUEST_INVALID naming the field. */
export function workOf(work: { readonly width: number; readonly height: number } | undefined, size: { readonly width: number; readonly height: number }): { readonly width: number; readonly height: number } {
  return work === undefined ? size : { width: sideOf('work.width', work.width, 0), height: sideOf('work.height', work.height, 0) };
}

/** The side of the autoencoder's pieces; null = all at once. REQUEST_INVALID unless a multiple of 32 from 128 on. */
export function tileOf(tile: number | undefined): number | null {
  if (tile === undefined) return null;
  const checked = numberIn('vaeTile', tile, { min: 128, max: 8192, whole: true }, 0);
  if (checked % 32 !== 0) throw refuse('vaeTile', `vaeTile must be a multiple of 32, got ${tile}`);
  return checked;
}

/** REQUEST_INVALID unless 0 ≤ start < end ≤ 1. */
export function guidanceRangeOf(range: GuidanceRange | undefined): GuidanceRange | undefined {
  if (range === undefined) return undefined;
  const start = numberIn('guidanceRange.start', range.start, { min: 0, max: 1 }, 0);
  const end = numberIn('guidanceRange.end', range.end, { min: 0, max: 1 }, 1);
  if (start >= end) throw refuse('guidanceRange', `guidance would act from ${start} to ${end} of the steps: start must lie before end`, { start, end });
  return { start, end };
}

/** Nothing that is foretold to change by half of itself or more can be drawn on. */
export const stepCacheOf = (threshold: number | undefined): number | undefined =>
  (threshold === undefined ? undefined : numberIn('stepCache', threshold, { min: 0, max: 0.5 }, 0));

export function checkUnderstand(request: UnderstandRequest): void {
  checkText('prompt', request.prompt);
  if (request.prompt.trim() === '') throw refuse('prompt', 'the question is empty');
  request.images.forEach((image, i) => checkImage(`images[${i}]`, image, 3));
  request.history?.forEach(({ text }, i) => checkText(`history[${i}].text`, text));
  numberIn('maxTokens', request.maxTokens, { min: 1, max: MAX_NEW_TOKENS, whole: true }, 1);
  numberIn('temperature', request.temperature, { min: 0, max: 100 }, 0);
  numberIn('topP', request.topP, { min: Number.MIN_VALUE, max: 1 }, 1);
  numberIn('topK', request.topK, { min: 0, max: 1_000_000, whole: true }, 0);
  numberIn('repetitionPenalty', request.repetitionPenalty, { min: 0.01, max: 100 }, 1);
  seedOf(request.seed, 0);
}

/** Rows that a picture takes in a sequence: its visual tokens and the two marks around them. */
export function pictureRows(image: RgbImage, p: PreprocessorConfig): number {
  const { width, height } = understandingSize(image, { ...p, mean: p.imageMean, std: p.imageStd });
  return (width * height) / (p.patchSize * p.hiddenStride) ** 2 + 2;
}

/** The pictures of a request, by field. */
export function checkPictures(request: GenerateRequest): void {
  if (request.kind === 'control') checkImage('map', request.map, 3);
  else if (request.kind !== 'textToImage') checkImage('image', request.image, 3);
  if ('references' in request) request.references?.forEach((image, i) => checkImage(`references[${i}]`, image, 3));
  if (request.kind !== 'inpaint') return;
  for (const field of ['denoiseMask', 'compositeMask'] as const) {
    const mask = request[field];
    if (!mask) continue;
    checkImage(field, mask, 1);
    if (mask.width !== request.image.width || mask.height !== request.image.height) {
      throw refuse(field, `${field} is ${mask.width}×${mask.height}, the picture ${request.image.width}×${request.image.height}`);
    }
  }
}
