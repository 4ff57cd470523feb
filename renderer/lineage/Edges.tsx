import type { Lineage } from '../../preload/contract/project.ts';
import { cx } from '../ui/cx.ts';
import type { Placed } from './layout.ts';
import css from './Lineage.module.css';

const [left, top, columnWidth, rowHeight, width, height] = [24, 20, 168, 148, 120, 80];

export const nodeX = (column: number): number => left + column * columnWidth;
export const nodeY = (row: number): number => top + row * rowHeight;

export function sheetSize(placed: readonly Placed[]): { readonly width: number; readonly height: number } {
  return { width: nodeX(Math.max(0, ...placed.map((one) => one.column))) + width + left, height: nodeY(Math.max(0, ...placed.map((one) => one.row))) + rowHeight };
}

/** The edges on the way from one picture to another, walking backwards. */
function pathBetween(edges: Lineage['edges'], from: string | undefined, to: string | undefined): ReadonlySet<string> {
  if (from === undefined || to === undefined) return new Set();
  const seen = new Set<string>();
  const back = (id: string): readonly string[] | undefined => {
    if (id === from) return [];
    if (seen.has(id)) return undefined;
    seen.add(id);
    for (const edge of edges) {
      if (edge.to !== id) continue;
      const rest = back(edge.from);
      if (rest !== undefined) return [...rest, `${edge.from}>${edge.to}`];
    }
    return undefined;
  };
  return new Set(back(to) ?? []);
}

const styles: Readonly<Partial<Record<Lineage['edges'][number]['role'], string | undefined>>> = { reference: css.reference, control: css.control, mask: css.mask };

/** Lines between pictures: solid for edits, dashed for references, dotted for controls and masks. */
export function Edges({ graph, placed, from, to }: { readonly graph: Lineage; readonly placed: readonly Placed[]; readonly from: string | undefined; readonly to: string | undefined }) {
  const at = new Map(placed.map((one) => [one.node.id, one]));
  const path = pathBetween(graph.edges, from, to);
  return (
    <svg width="1" height="1" aria-hidden>
      {graph.edges.map((edge) => {
        const [a, b] = [at.get(edge.from), at.get(edge.to)];
        if (a === undefined || b === undefined) return null;
        const [x1, y1, x2, y2] = [nodeX(a.column) + width, nodeY(a.row) + height / 2, nodeX(b.column), nodeY(b.row) + height / 2];
        const bend = Math.max(20, Math.min(40, (x2 - x1) / 2));
        const onPath = path.has(`${edge.from}>${edge.to}`);
        return <path key={`${edge.from} ${edge.to} ${edge.role}`} className={cx(css.edge, styles[edge.role], onPath && css.path)} d={`M${x1 + 2} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 3} ${y2}`} />;
      })}
    </svg>
  );
}
