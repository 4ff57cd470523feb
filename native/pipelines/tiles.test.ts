import { describe, expect, it } from 'vitest';
import { cut, Patchwork, piecesOf, pieceStarts } from './tiles.ts';

describe('pieces', () => {
  it.each([[128, 64, 16], [100, 64, 16], [64, 64, 16], [40, 64, 16], [65, 64, 16], [1000, 64, 24]])('cover %d places in pieces of %d', (length, piece, overlap) => {
    const starts = pieceStarts(length, piece, overlap);
    expect(starts[0]).toBe(0);
    expect(Math.max(length, starts.at(-1)! + piece) - length).toBe(piece > length ? piece - length : 0);
    for (let i = 1; i < starts.length; i++) {
      expect(starts[i]! - starts[i - 1]!).toBeGreaterThan(0);
      expect(starts[i - 1]! + piece - starts[i]!).toBeGreaterThanOrEqual(overlap - 1);
    }
  });

  it('cut and put together are the same picture', () => {
    const grid = { width: 50, height: 37 };
    const planes = Float32Array.from({ length: 3 * 50 * 37 }, (_, i) => Math.sin(i));
    const work = new Patchwork(grid, 3, 5);
    const pieces = piecesOf(grid, 16, 5);
    expect(pieces.length).toBeGreaterThan(6);
    for (const piece of pieces) work.add(cut(planes, grid, piece), piece);
    const worst = Math.max(...work.whole().map((value, i) => Math.abs(value - planes[i]!)));
    expect(worst).toBeLessThan(1e-6);
  });

  it('pieces that disagree fade into one another with no step', () => {
    const grid = { width: 60, height: 8 };
    const work = new Patchwork(grid, 1, 8);
    piecesOf(grid, 24, 8).forEach((piece, i) => work.add(new Float32Array(piece.width * piece.height).fill(i), piece));
    const row = work.whole().subarray(0, 60);
    for (let x = 1; x < 60; x++) expect(row[x]! - row[x - 1]!).toBeLessThan(0.2);
    expect([row[0], row[59]]).toEqual([0, piecesOf(grid, 24, 8).filter(({ top }) => top === 0).length - 1]);
  });
});
