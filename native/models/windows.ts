import type { VisionConfig } from '../config.ts';

/** How the vision encoder's tokens fall into attention windows. */
export interface WindowLayout {
  readonly windows: number;
  /** Tokens in the largest window; shorter ones are padded to it. */
  readonly cells: number;
  /** [windows·cells]: the token in each place; padding repeats token 0. */
  readonly index: number[];
  /** [tokens]: the place of each token. */
  readonly inverse: number[];
  /** [windows, 1, cells, cells]: hides padding from every query. */
  readonly bias: Float32Array;
}

/** A finite stand-in for −inf: a row of nothing but padding must not become NaN. */
const HIDDEN = -1e9;

/**
 * Cuts a grid of patches in merge order into square windows, ragged at the right and bottom border.
 * gridH, gridW in patches. Source: AIMv2 window attention in Ovis-U1 (window_size // stride // patch merged cells a side).
 */
export function windowLayout(config: VisionConfig, gridH: number, gridW: number): WindowLayout {
  const stride = config.hiddenStride;
  const side = Math.floor(Math.floor(config.windowSize / stride) / config.patchSize);
  const [rows, columns] = [gridH / stride, gridW / stride];
  const merged = stride * stride;
  const members: number[][] = [];
  for (let top = 0; top < rows; top += side) {
    for (let left = 0; left < columns; left += side) {
      const tokens: number[] = [];
      for (let y = top; y < Math.min(top + side, rows); y++) {
        for (let x = left; x < Math.min(left + side, columns); x++) {
          for (let k = 0; k < merged; k++) tokens.push((y * columns + x) * merged + k);
        }
      }
      members.push(tokens);
    }
  }
  const cells = Math.max(...members.map((tokens) => tokens.length));
  const index: number[] = [];
  const inverse = new Array<number>(gridH * gridW);
  const bias = new Float32Array(members.length * cells * cells);
  members.forEach((tokens, w) => {
    for (let place = 0; place < cells; place++) {
      const token = tokens[place];
      index.push(token ?? 0);
      if (token !== undefined) inverse[token] = w * cells + place;
      else for (let query = 0; query < cells; query++) bias[(w * cells + query) * cells + place] = HIDDEN;
    }
  });
  return { windows: members.length, cells, index, inverse, bias };
}
