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
  // Outwards from the centre, edits before references: each picture stands as near as it can to the one it is tied to.
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const reach = (start: LineageNode, wanted: number): void => {
    put(start, wanted);
    const queue = [start];
    for (let here = queue.shift(); here !== undefined; here = queue.shift()) {
      const { id } = here;
      const tied = graph.edges.filter((edge) => edge.from === id || edge.to === id)
        .map((edge) => ({ node: byId.get(edge.from === id ? edge.to : edge.from), aside: edge.role === 'source' ? 0 : 1 }))
        .sort((a, b) => a.aside - b.aside || (a.node?.createdAt ?? 0) - (b.node?.createdAt ?? 0));
      for (const { node, aside } of tied) {
        if (node === undefined || rows.has(node.id)) continue;
        put(node, (rows.get(id) ?? 0) + aside);
        queue.push(node);
      }
    }
  };
  const middle = byId.get(centre);
  if (middle !== undefined) reach(middle, 1);
  for (const node of graph.nodes) if (!rows.has(node.id)) reach(node, Math.max(0, ...rows.values()) + 1);
  const top = Math.min(...rows.values());
  return graph.nodes.map((node) => ({ node, column: columns.get(node.id) ?? 0, row: (rows.get(node.id) ?? 0) - top }));
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
