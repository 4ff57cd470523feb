/** Cosines and sines of rotary positions, made once per length or picture size. */

export interface RopeValues {
  /** [rows, pairs] */
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  readonly rows: number;
  readonly pairs: number;
}

const f = Math.fround;

/** 1/theta^(2i/width) for i < width/2, rounded to f32 at each stage as the reference does. */
function inverseFrequencies(theta: number, width: number): Float32Array {
  return Float32Array.from({ length: width / 2 }, (_, i) => f(1 / f(theta ** f((2 * i) / width))));
}

function table(rows: number, pairs: number, angle: (row: number, pair: number) => number): RopeValues {
  const cos = new Float32Array(rows * pairs);
  const sin = new Float32Array(rows * pairs);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let pair = 0; pair < pairs; pair++, at++) {
      const a = angle(row, pair);
      cos[at] = Math.cos(a);
      sin[at] = Math.sin(a);
    }
  }
  return { cos, sin, rows, pairs };
}

/** Positions 0…rows−1 of the language model. Source: Qwen3 rotary embedding, f32 angles. */
export function sequenceRope(rows: number, headDim: number, theta: number): RopeValues {
  const frequencies = inverseFrequencies(theta, headDim);
  return table(rows, headDim / 2, (row, pair) => f(row * (frequencies[pair] as number)));
}

const VISION_THETA = 10_000;

/**
 * Rows and columns of a picture's patches in merge order: the first half of the pairs turns by the row, the second by the column.
 * gridH, gridW in patches; out [gridH·gridW, headDim/2]. Source: AIMv2 rotary embedding in Ovis-U1.
 */
export function visionRope(gridH: number, gridW: number, stride: number, headDim: number): RopeValues {
  const frequencies = inverseFrequencies(VISION_THETA, headDim / 2);
  const places = mergeOrder(gridH, gridW, stride);
  const quarter = headDim / 4;
  return table(places.length, headDim / 2, (row, pair) => {
    const place = places[row] as number;
    const along = pair < quarter ? Math.floor(place / gridW) : place % gridW;
    return f(along * (frequencies[pair % quarter] as number));
  });
}

/** Row-major patch indices in the order (cell row, cell column, row in cell, column in cell). */
export function mergeOrder(gridH: number, gridW: number, stride: number): Int32Array {
  const order = new Int32Array(gridH * gridW);
  let at = 0;
  for (let top = 0; top < gridH; top += stride) {
    for (let left = 0; left < gridW; left += stride) {
      for (let y = top; y < top + stride; y++) {
        for (let x = left; x < left + stride; x++) order[at++] = y * gridW + x;
      }
    }
  }
  return order;
}

/**
 * Positions with one angle per axis, in double precision as the reference. ids [rows, axes]; out [rows, Σ axesDim/2].
 * Source: Ovis-U1 EmbedND.
 */
export function axesRope(ids: Float32Array, axesDim: readonly number[], theta: number): RopeValues {
  const axes = axesDim.length;
  const pairs = axesDim.reduce((a, b) => a + b, 0) / 2;
  const axisOf: number[] = [];
  const frequencies: number[] = [];
  axesDim.forEach((width, axis) => {
    for (let i = 0; i < width / 2; i++) {
      axisOf.push(axis);
      frequencies.push(1 / theta ** ((2 * i) / width));
    }
  });
  return table(ids.length / axes, pairs, (row, pair) => (ids[row * axes + (axisOf[pair] as number)] as number) * (frequencies[pair] as number));
}
