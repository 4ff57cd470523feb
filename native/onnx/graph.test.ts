import { describe, expect, it } from 'vitest';
import { broadcast, product, sameDim, sum } from './dim.ts';
import { Graph, type Value } from './graph.ts';
import { add, concat, gemmTransposed, groupNorm, layerNorm, matMul, reshape, split, splitEvenly } from './ops.ts';
import { createSession, f32Tensor } from './session.ts';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
};

describe('dimensions', () => {
  it('multiplies numbers and unknowns into one canonical form', () => {
    expect(product([2, '3*h', 'w'])).toBe('6*h*w');
    expect(sameDim('w*h', 'h*w')).toBe(true);
    expect(sameDim('2*h', 'h')).toBe(false);
  });

  it('adds numbers, and joins unknowns', () => {
    expect(sum([2, 3])).toBe(5);
    expect(sum(['L', 'N'])).toBe('L+N');
  });

  it('broadcasts by the rules, or not at all', () => {
    expect(broadcast([1, 'L', 4], [4])).toEqual([1, 'L', 4]);
    expect(broadcast(['L', 4], ['N', 4])).toBeNull();
  });
});

describe('a graph refuses shapes that cannot fit, before the runtime sees it', () => {
  const g = new Graph('test');
  const x = g.input('x', 'f32', ['L', 6]);
  const half = g.input('half', 'f16', ['L', 6]);
  const w = g.constantF32(new Array<number>(8).fill(1), [2, 4]);
  it.each<[string, () => unknown]>([
    ['a product', () => matMul(g, x, w)],
    ['a product with the transposed weight', () => gemmTransposed(g, x, w, null)],
    ['a sum of other widths', () => add(g, x, w)],
    ['a sum of other types', () => add(g, x, half)],
    ['a reshape to another size', () => reshape(g, x, ['L', 7])],
    ['a reshape that moves two unknowns', () => reshape(g, { ...x, shape: ['a', 'b'] }, ['b', 'a'])],
    ['a split that does not add up', () => split(g, x, [2, 3], 1)],
    ['a concatenation of other widths', () => concat(g, [x, w], 0)],
    ['a norm of another width', () => layerNorm(g, x, g.constantF32([1, 1], [2]), null, 1e-6)],
    ['one name for two inputs', () => g.input('x', 'f32', [1])],
    ['one name for two constants', () => g.initializer('x2', 'f32', [1], { kind: 'inline', bytes: new Uint8Array(4) }) && g.initializer('x2', 'f32', [2], { kind: 'inline', bytes: new Uint8Array(8) })],
  ])('%s', (_, work) => {
    expect(codeOf(work)).toBe('GRAPH_INVALID');
  });
});

describe('a written graph runs', () => {
  async function run(make: (g: Graph, x: Value) => Value, data: Float32Array, shape: number[], dims: (number | string)[]): Promise<{ shape: readonly number[]; data: Float32Array }> {
    const g = new Graph('runs');
    g.output('y', make(g, g.input('x', 'f32', dims)));
    const session = await createSession(g.build(), { provider: 'cpu', threads: 1, externalRoot: '.' });
    const { y } = await session.run({ x: f32Tensor(data, shape) });
    await session.release();
    return { shape: y?.shape ?? [], data: y?.data as Float32Array };
  }

  it('with an unknown length, split unevenly and joined again', async () => {
    const data = Float32Array.from({ length: 14 }, (_, i) => i);
    const y = await run((g, x) => ({ ...concat(g, splitEvenly(g, x, 4, 0), 0), shape: ['L', 2] }), data, [7, 2], ['L', 2]);
    expect(y.data).toEqual(data);
  });

  it('with group norm over channels and places', async () => {
    const data = Float32Array.from({ length: 4 * 6 }, (_, i) => (i * i) % 11);
    const y = await run((g, x) => groupNorm(g, x, 2, g.constantF32([1, 2, 3, 4], [4]), g.constantF32([0, 1, 0, 1], [4]), 1e-6), data, [1, 4, 2, 3], [1, 4, 'h', 'w']);
    const expected = data.map((_, i) => {
      const group = data.subarray(i < 12 ? 0 : 12, i < 12 ? 12 : 24);
      const mean = group.reduce((a, b) => a + b) / 12;
      const variance = group.reduce((a, b) => a + (b - mean) ** 2, 0) / 12;
      const channel = Math.floor(i / 6);
      return ((data[i]! - mean) / Math.sqrt(variance + 1e-6)) * (channel + 1) + (channel % 2);
    });
    y.data.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  });

  it('and a wrong feed is a typed error that names the network', async () => {
    const g = new Graph('fussy network');
    g.output('y', add(g, g.input('x', 'f32', [2]), g.constantF32([1], [1])));
    const session = await createSession(g.build(), { provider: 'cpu', threads: 1, externalRoot: '.' });
    await expect(session.run({ x: f32Tensor(new Float32Array(3), [3]) })).rejects.toMatchObject({ code: 'GRAPH_INVALID', details: { network: 'fussy network' } });
    await session.release();
  });

  it('and a provider that is not there is a typed error', async () => {
    const g = new Graph('anywhere');
    g.output('y', add(g, g.input('x', 'f32', [2]), g.constantF32([1], [1])));
    await expect(createSession(g.build(), { provider: 'coreml', threads: 1, externalRoot: '.' })).rejects.toMatchObject({ code: 'SESSION_CREATE' });
  });
});
