import { describe, expect, it } from 'vitest';
import type { Lineage } from '../../preload/contract/project.ts';
import { layOut, walkFrom } from './layout.ts';

const node = (id: string, distance: number) => ({ id, distance, createdAt: 0 }) as Lineage['nodes'][number];
const graph: Lineage = {
  nodes: [node('root', -1), node('ref', -1), node('mid', 0), node('leaf1', 1), node('leaf2', 1)],
  edges: [{ from: 'root', to: 'mid', role: 'source' }, { from: 'ref', to: 'mid', role: 'reference' }, { from: 'mid', to: 'leaf1', role: 'source' }, { from: 'mid', to: 'leaf2', role: 'source' }],
  truncated: false,
};

describe('layOut', () => {
  const placed = layOut(graph, 'mid');
  it('orders columns by generation and never stacks two pictures', () => {
    expect(placed.map((one) => [one.node.id, one.column])).toEqual([['root', 0], ['ref', 0], ['mid', 1], ['leaf1', 2], ['leaf2', 2]]);
    expect(new Set(placed.map((one) => `${one.column}:${one.row}`)).size).toBe(5);
  });
  it('survives a circle', () => {
    expect(layOut({ ...graph, edges: [{ from: 'a', to: 'b', role: 'source' }, { from: 'b', to: 'a', role: 'source' }], nodes: [node('a', 0), node('b', 1)] }, 'a')).toHaveLength(2);
  });
  it('is walked with arrows', () => {
    expect(walkFrom(placed, graph.edges, 'mid', 'ArrowLeft')).toBe('root');
    expect(walkFrom(placed, graph.edges, 'mid', 'ArrowRight')).toBe('leaf1');
    expect(walkFrom(placed, graph.edges, 'leaf1', 'ArrowRight')).toBeUndefined();
  });
});
