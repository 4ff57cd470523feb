/** Where pictures stand in a sequence of token ids. */

import { EngineError } from '../errors.ts';
import { imagePlaceholder } from './chatTemplate.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Stand-ins for what is no text token. Source: Ovis-U1's constants. */
export const imageId = -200;
export const visualAtomId = -300;
export const imageStartId = -301;
export const imageEndId = -302;

/** A sequence laid out row by row, ready for embeddings. */
export interface SequenceLayout {
  /** [L]: token ids; -301 and -302 around a picture, -300 once per visual token. */
  readonly ids: Int32Array;
  /** [L]: 0 where the text held the pad token, which nothing attends to; else 1. */
  readonly attentionMask: Uint8Array;
  /** Rows cut from the front to fit `maxLength`. */
  readonly cut: number;
  /** How many of the visual tokens, over all pictures, were among the rows cut. */
  readonly visualCut: number;
}

/**
 * Token ids of a text, with -200 for each `<image>`. The text around a placeholder is tokenised piece by piece, so nothing
 * merges across it. Source: Ovis-U1 `_tokenize_with_image_symbol`.
 */
export function tokenizeWithImages(tokenizer: Tokenizer, text: string): number[] {
  const ids: number[] = [];
  for (const [i, chunk] of text.split(imagePlaceholder).entries()) {
    if (i > 0) ids.push(imageId);
    for (const id of tokenizer.encode(chunk)) ids.push(id);
  }
  return ids;
}

/**
 * Writes each picture's place as begin, visual tokens, end: -200 → -301, -300, -302.
 */
export function expandImages(rawIds: readonly number[]): number[] {
  return rawIds.flatMap((id) => (id === imageId ? [imageStartId, visualAtomId, imageEndId] : [id]));
}

/**
 * Lays out a sequence: each -300 becomes as many rows as its picture has visual tokens, pad tokens are masked, and only
 * the last `maxLength` rows are kept. REQUEST_INVALID where places and pictures differ in number: a user who typed
 * `<image>` made a place with no picture. Source: Ovis-U1 `merge_multimodal`.
 */
export function layoutSequence(
  inputIds: readonly number[],
  visualTokens: readonly number[],
  options: { readonly padId: number; readonly maxLength: number },
): SequenceLayout {
  const places = inputIds.reduce((n, id) => n + (id === visualAtomId ? 1 : 0), 0);
  if (places !== visualTokens.length) {
    throw new EngineError(
      'REQUEST_INVALID',
      `The prompt has ${places} places for pictures (${imagePlaceholder} counts as one), but ${visualTokens.length} pictures were given.`,
      { places, images: visualTokens.length },
    );
  }
  const total = inputIds.length - places + visualTokens.reduce((sum, n) => sum + n, 0);
  const all = new Int32Array(total);
  let row = 0;
  let picture = 0;
  for (const id of inputIds) {
    const rows = id === visualAtomId ? visualTokens[picture++]! : 1;
    all.fill(id, row, row + rows);
    row += rows;
  }
  const cut = Math.max(0, total - options.maxLength);
  let visualCut = 0;
  for (let i = 0; i < cut; i++) if (all[i] === visualAtomId) visualCut++;
  const ids = all.slice(cut);
  const attentionMask = Uint8Array.from(ids, (id) => (id === options.padId ? 0 : 1));
  return { ids, attentionMask, cut, visualCut };
}
