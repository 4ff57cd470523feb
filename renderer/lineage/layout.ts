import type { Lineage } from '../../preload/contract/project.ts';

export type LineageNode = Lineage['nodes'][number];

export interface Placed {
  readonly node: LineageNode;
  readonly column: number;
  readonly row: number;
}

/**
 * Places pictures in columns by how many steps lie before them, and in rows so that what came of a picture stands beside it.
 * The chain through `centre` keeps one row: it is the line that the eye follows.
 */
export function layOut(graph: Lineage, centre: string): readonly Placed[] {
  const parents = new Map<string, string[]>();
  for (const edge of graph.edges) parents.set(edge.to, [...(parents.get(edge.to) ?? []), edge.from]);
  const known = new Set(graph.nodes.map((node) => node.id));
  const columns = new Map<string, number>();
  const columnOf = (id: string, trail: ReadonlySet<string>): number => {
    const done = columns.get(id);
    if (done !== undefined) return done;
    // A picture cannot come from itself; a damaged history must not hang the page.
    const from = (parents.get(id) ?? []).filter((parent) => known.has(parent) && !trail.has(parent));
    const column = from.length === 0 ? 0 : 1 + Math.max(...from.map((parent) => columnOf(parent, new Set([...trail, id]))));
    columns.set(id, column);
    return column;
  };
  for (const node of graph.nodes) columnOf(node.id, new Set());

  const rows = new Map<string, number>();
  const taken = new Set<string>();
  const put = (node: LineageNode, wanted: number): void => {
    const column = columns.get(node.id) ?? 0;
    for (let away = 0; ; away++) {
      for (const row of away === 0 ? [wanted] : [wanted + away, wanted - away]) {
        if (row < 0 || taken.has(`${column}:${row}`)) continue;
        taken.add(`${column}:${row}`);
        rows.set(node.id, row);
        return;
      }
    }
  };
  const middle = graph.nodes.find((node) => node.id === centre);
  if (middle !== undefined) put(middle, 1);
  const order = graph.nodes.filter((node) => node.id !== centre).toSorted((a, b) => Math.abs(a.distance) - Math.abs(b.distance) || a.createdAt - b.createdAt);
  for (const node of order) {
    const near = graph.edges.filter((edge) => edge.role === 'source' && (edge.to === node.id || edge.from === node.id)).map((edge) => rows.get(edge.to === node.id ? edge.from : edge.to)).find((row) => row !== undefined);
    put(node, near ?? rows.size);
  }
  return graph.nodes.map((node) => ({ node, column: columns.get(node.id) ?? 0, row: rows.get(node.id) ?? 0 }));
}

/** Where an arrow key leads: along an edge sideways, to the nearest in the column up and down. */
export function walkFrom(placed: readonly Placed[], edges: Lineage['edges'], id: string, key: string): string | undefined {
  const here = placed.find((one) => one.node.id === id);
  if (here === undefined) return placed[0]?.node.id;
  const nearest = (list: readonly Placed[]): string | undefined => list.toSorted((a, b) => Math.abs(a.row - here.row) - Math.abs(b.row - here.row))[0]?.node.id;
  const linked = (ids: readonly string[]): readonly Placed[] => placed.filter((one) => ids.includes(one.node.id));
  switch (key) {
    case 'ArrowLeft': return nearest(linked(edges.filter((edge) => edge.to === id).map((edge) => edge.from)));
    case 'ArrowRight': return nearest(linked(edges.filter((edge) => edge.from === id).map((edge) => edge.to)));
    case 'ArrowUp': return nearest(placed.filter((one) => one.column === here.column && one.row < here.row));
    case 'ArrowDown': return nearest(placed.filter((one) => one.column === here.column && one.row > here.row));
    default: return undefined;
  }
}
