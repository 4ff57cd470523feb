/** A picture in overlapping pieces, and one picture again. Pure. */

/** Where pieces of one length lie along an axis: from its beginning to its end, each overlapping the next by at least `overlap`. */
export function pieceStarts(length: number, piece: number, overlap: number): number[] {
  if (piece >= length) return [0];
  const count = Math.ceil((length - overlap) / (piece - overlap));
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - piece)) / (count - 1)));
}

/** A rectangle of places. */
export interface Piece {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** All pieces of a grid, row by row. */
export function piecesOf(grid: { readonly width: number; readonly height: number }, side: number, overlap: number): Piece[] {
  const [width, height] = [Math.min(side, grid.width), Math.min(side, grid.height)];
  return pieceStarts(grid.height, height, overlap).flatMap((top) => pieceStarts(grid.width, width, overlap).map((left) => ({ left, top, width, height })));
}

/** Cuts a piece out of planes. planes [channels, height, width] → [channels, piece.height, piece.width] */
export function cut(planes: Float32Array, grid: { readonly width: number; readonly height: number }, { left, top, width, height }: Piece): Float32Array {
  const channels = planes.length / (grid.width * grid.height);
  const out = new Float32Array(channels * width * height);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const from = (c * grid.height + top + y) * grid.width + left;
      out.set(planes.subarray(from, from + width), (c * height + y) * width);
    }
  }
  return out;
}

/** Along one axis: a piece counts fully in its middle and fades towards a neighbour. */
function fade(start: number, length: number, whole: number, overlap: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const fromStart = start === 0 ? 1 : (i + 0.5) / overlap;
    const fromEnd = start + length === whole ? 1 : (length - i - 0.5) / overlap;
    return Math.min(1, fromStart, fromEnd);
  });
}

/** Puts pieces together; where they overlap, each fades into the next. */
export class Patchwork {
  private readonly grid: { readonly width: number; readonly height: number };
  private readonly channels: number;
  private readonly overlap: number;
  private readonly sum: Float32Array;
  private readonly weight: Float32Array;

  /** @param overlap places over which neighbours fade into one another */
  constructor(grid: { readonly width: number; readonly height: number }, channels: number, overlap: number) {
    this.grid = grid;
    this.channels = channels;
    this.overlap = overlap;
    this.sum = new Float32Array(channels * grid.width * grid.height);
    this.weight = new Float32Array(grid.width * grid.height);
  }

  /** planes [channels, piece.height, piece.width] */
  add(planes: Float32Array, { left, top, width, height }: Piece): void {
    const across = fade(left, width, this.grid.width, this.overlap);
    const down = fade(top, height, this.grid.height, this.overlap);
    for (let y = 0; y < height; y++) {
      const row = (top + y) * this.grid.width + left;
      for (let x = 0; x < width; x++) {
        const w = (across[x] as number) * (down[y] as number);
        this.weight[row + x]! += w;
        for (let c = 0; c < this.channels; c++) this.sum[c * this.weight.length + row + x]! += w * (planes[(c * height + y) * width + x] as number);
      }
    }
  }

  /** [channels, height, width] */
  whole(): Float32Array {
    const { sum, weight } = this;
    for (let c = 0, at = 0; c < this.channels; c++) for (let i = 0; i < weight.length; i++, at++) sum[at]! /= weight[i] as number;
    return sum;
  }
}
