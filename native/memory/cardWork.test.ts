import { describe, expect, it } from 'vitest';
import { Graph, type Value } from '../onnx/graph.ts';
import { add, slice } from '../onnx/ops.ts';
import { createSession, f32Tensor, i64Tensor } from '../onnx/session.ts';
import { CardPool, LARGEST_KEPT } from './cardPool.ts';
import { outgrowsPool, workOnCard } from './cardWork.ts';

const MIB = 2 ** 20;

describe('buffers of a card', () => {
  it('come in sizes of their own, and a small one that was let go is used again', () => {
    const pool = new CardPool();
    const size = pool.take(3 * MIB);
    expect(size).toBe(4 * MIB);
    pool.release(size);
    pool.take(4 * MIB);
    expect(pool.bytes).toBe(4 * MIB);
  });

  it('larger than the largest size are not used again before the run is over', () => {
    const pool = new CardPool();
    for (let i = 0; i < 5; i++) pool.release(pool.take(LARGEST_KEPT + 16));
    expect(pool.peak()).toBe(5 * (LARGEST_KEPT + 16));
    pool.finish();
    expect(pool.bytes).toBe(0);
  });

  it('lying idle are kept in a number of each size only', () => {
    const pool = new CardPool();
    const sizes = Array.from({ length: 12 }, () => pool.take(8 * MIB));
    sizes.forEach((size) => pool.release(size));
    expect(pool.bytes).toBe(10 * 8 * MIB);
  });
});

/** Sums in a row, of a length that the runtime cannot know ahead. */
function chain(length: number): Graph {
  const g = new Graph('chain');
  let y: Value = slice(g, g.input('x', 'f32', ['n']), 0, g.input('end', 'i64', [1]), 0, 'm');
  for (let i = 0; i < length; i++) y = add(g, y, g.constantF32([i + 1], [1]));
  g.output('y', y);
  return g;
}

describe('what a network works in on a card', () => {
  const others = (mib: number): Readonly<Record<string, number>> => ({ m: mib * 2 ** 18 });
  const shapes = (mib: number): Record<string, number[]> => ({ x: [mib * 2 ** 18], end: [1] });

  it('is what lives at a time while its buffers are used again', () => {
    const pool = new CardPool();
    workOnCard(pool, chain(40).build(), shapes(64), others(64), false);
    // The input, the slice or a sum, and the next sum.
    expect(pool.peak() / MIB).toBeCloseTo(3 * 64, 0);
  });

  it('is everything that it ever asks for where they are not, unless its session is for these shapes alone', () => {
    const graph = chain(40).build();
    expect(outgrowsPool(graph, shapes(64), others(64))).toBe(false);
    expect(outgrowsPool(graph, shapes(200), others(200))).toBe(true);
    const pool = new CardPool();
    workOnCard(pool, graph, shapes(200), others(200), false);
    // Measured on software Vulkan: 8,645 MiB with the program and what is on its way.
    expect(pool.peak() / MIB).toBeCloseTo(42 * 200, 0);
    workOnCard(pool, graph, shapes(200), others(200), true);
    expect(pool.peak() / MIB).toBeLessThanOrEqual(4 * 200);
  });
});

it('a session for given shapes gives what one for all gives', async () => {
  const graph = chain(3).build();
  const x = f32Tensor(Float32Array.from({ length: 12 }, (_, i) => i), [12]);
  const feeds = { x, end: i64Tensor([5]) };
  const results = await Promise.all([undefined, { x: [12], end: [1] }].map(async (fixed) => {
    const session = await createSession(graph, { provider: 'cpu', threads: 1, externalRoot: '.', ...(fixed && { shapes: fixed }) });
    const { y } = await session.run(feeds);
    if (fixed) await expect(session.run({ ...feeds, x: f32Tensor(new Float32Array(4), [4]) })).rejects.toMatchObject({ code: 'GRAPH_INVALID' });
    await session.release();
    return [...(y?.data as Float32Array)];
  }));
  expect(results[1]).toEqual(results[0]);
  expect(results[0]).toEqual([6, 7, 8, 9, 10]);
});
