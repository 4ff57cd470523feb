import { useCanvas } from '../project/canvasStore.ts';
import css from './Selection.module.css';
import { usePixelSelection } from './selection.ts';

/** What is selected, as a line of light and dark dashes over the canvas; its width stays the same however near one looks. */
export function SelectionLines() {
  const selection = usePixelSelection((state) => state.selection);
  const view = useCanvas((state) => state.transient.view);
  if (selection === null) return null;
  const path = selection.lines.map((line) => `M${pairs(line)}Z`).join('');
  return (
    <svg className={css.lines} aria-hidden data-testid="selection">
      <g transform={`translate(${view.x} ${view.y}) scale(${view.zoom})`}>
        <path d={path} className={css.light} vectorEffect="non-scaling-stroke" />
        <path d={path} className={css.dark} vectorEffect="non-scaling-stroke" />
      </g>
    </svg>
  );
}

function pairs(line: readonly number[]): string {
  const out: string[] = [];
  for (let i = 0; i + 1 < line.length; i += 2) out.push(`${line[i]} ${line[i + 1]}`);
  return out.join('L');
}
