import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NoiseStream } from '../types.ts';
import { normalNoise } from './noise.ts';

interface Golden {
  seed: number;
  count: number;
  stream: NoiseStream;
  first: number[];
  last: number[];
  sha256: string;
}

/** Draws of torch 1.13 on a CPU with AVX2. */
const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'noise.golden.json'), 'utf8')) as Golden[];

describe('normalNoise', () => {
  it.each(golden.map((g) => [g.stream, g.seed, g.count, g] as const))('is torch to the bit: %s, seed %i, %i values', (stream, seed, count, g) => {
    const noise = normalNoise(count, seed, stream);
    expect([...noise.subarray(0, g.first.length)]).toEqual(g.first);
    expect([...noise.subarray(-g.last.length)]).toEqual(g.last);
    expect(createHash('sha256').update(new Uint8Array(noise.buffer)).digest('hex')).toBe(g.sha256);
  });

  it('looks normal', () => {
    const noise = normalNoise(65536, 7);
    const mean = noise.reduce((sum, x) => sum + x, 0) / noise.length;
    const variance = noise.reduce((sum, x) => sum + (x - mean) ** 2, 0) / noise.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  });

  it('depends on the low 32 bits of the seed', () => {
    expect(normalNoise(32, 2 ** 32 + 5)).toEqual(normalNoise(32, 5));
    expect(normalNoise(32, 6)).not.toEqual(normalNoise(32, 5));
  });

  it.each([[-1], [0.5], [2 ** 53], [NaN]])('refuses the seed %d', (seed) => {
    expect(() => normalNoise(16, seed)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });

  it('refuses an empty draw', () => {
    expect(() => normalNoise(0, 1)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
