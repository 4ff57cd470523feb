import { useCanvas } from '../project/canvasStore.ts';
import css from './Selection.module.css';
import { usePixelSelection } from './chosenPixels.ts';

/** What is selected, as a line of dashes that walk around it; its width stays the same however near one looks. */
export function SelectionLines() {
  const selection = usePixelSelection((state) => state.selection);
  const view = useCanvas((state) => state.transient.view);
  // While something is drawn, time is the drawing's.
  const still = useCanvas((state) => state.transient.preview !== null);
  if (selection === null) return null;
  const path = selection.lines.map((line) => `M${pairs(line)}Z`).join('');
  return (
    <svg className={css.lines} aria-hidden data-still={still} data-testid="selection">
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
