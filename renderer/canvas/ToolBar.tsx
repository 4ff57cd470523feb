import { BoxSelect, Brush, Eraser, Hand, Lasso, Move, PaintBucket, Pipette, Redo2, Scaling, Shapes, Undo2, WandSparkles, ZoomIn } from 'lucide-react';
import type { ReactNode } from 'react';
import { keysOf, runCommand } from '../palette/commands.ts';
import { useCanvas } from '../project/canvasStore.ts';
import type { Colour } from '../document/records.ts';
import type { ToolId } from '../tools/tool.ts';
import { IconButton } from '../ui/Button.tsx';
import css from './Canvas.module.css';
import { css as colourText } from './stamp.ts';
import { takeTool } from './toolHost.ts';
import { setOptions, useTools } from './tools.ts';

interface Entry {
  readonly id: ToolId;
  readonly name: string;
  readonly icon: ReactNode;
}

export const toolNames: readonly (readonly Entry[])[] = [
  [{ id: 'move', name: 'Move', icon: <Move size={18} /> }, { id: 'transform', name: 'Transform', icon: <Scaling size={18} /> }, { id: 'frame', name: 'Frame', icon: <BoxSelect size={18} /> }],
  [
    { id: 'brush', name: 'Brush', icon: <Brush size={18} /> }, { id: 'eraser', name: 'Eraser', icon: <Eraser size={18} /> }, { id: 'lasso', name: 'Lasso', icon: <Lasso size={18} /> },
    { id: 'shapes', name: 'Shapes', icon: <Shapes size={18} /> }, { id: 'smartSelect', name: 'Smart select', icon: <WandSparkles size={18} /> }, { id: 'fill', name: 'Fill', icon: <PaintBucket size={18} /> },
  ],
  [{ id: 'picker', name: 'Picker', icon: <Pipette size={18} /> }, { id: 'hand', name: 'Hand', icon: <Hand size={18} /> }, { id: 'zoom', name: 'Zoom', icon: <ZoomIn size={18} /> }],
];

export function toolEntry(id: ToolId): Entry | undefined {
  return toolNames.flat().find((tool) => tool.id === id);
}

const hex = ({ r, g, b }: Colour): string => `#${[r, g, b].map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
const fromHex = (text: string): Colour => ({ r: Number.parseInt(text.slice(1, 3), 16), g: Number.parseInt(text.slice(3, 5), 16), b: Number.parseInt(text.slice(5, 7), 16), a: 1 });

function Colours() {
  const { colour, background } = useTools((state) => state.options);
  return (
    <div className={css.colours}>
      <span className={css.front} style={{ background: colourText(colour) }}>
        <input type="color" aria-label="Colour of the brush" value={hex(colour)} onChange={(event) => setOptions({ colour: fromHex(event.currentTarget.value) })} />
      </span>
      <button type="button" className={css.back} style={{ background: colourText(background) }} aria-label={`Swap with the other colour, ${hex(background)}`} title="Swap colours (X)" onClick={() => runCommand('canvas.brush.swapColours')} />
    </div>
  );
}

/** The tools, undo and redo. */
export function ToolBar() {
  const tool = useTools((state) => state.effective);
  // One by one: the whole state changes with every move of the pointer.
  const canUndo = useCanvas((state) => state.canUndo);
  const canRedo = useCanvas((state) => state.canRedo);
  const undoLabel = useCanvas((state) => state.undoLabel);
  const redoLabel = useCanvas((state) => state.redoLabel);
  return (
    <div className={css.tools} role="toolbar" aria-label="Tools" aria-orientation="vertical" data-region="tools">
      {toolNames.map((group, index) => (
        [index > 0 ? <hr key={`line ${index}`} /> : null, ...group.map(({ id, name, icon }) => (
          <IconButton key={id} label={name} keys={keysOf(`canvas.tool.${id}`)} aria-pressed={tool === id} onClick={() => takeTool(id)}>{icon}</IconButton>
        ))]
      ))}
      <Colours />
      <span className={css.grow} />
      <IconButton label={undoLabel === null ? 'Undo' : `Undo: ${undoLabel}`} keys={keysOf('canvas.edit.undo')} disabled={!canUndo} onClick={() => runCommand('canvas.edit.undo')}><Undo2 size={18} /></IconButton>
      <IconButton label={redoLabel === null ? 'Redo' : `Redo: ${redoLabel}`} keys={keysOf('canvas.edit.redo')} disabled={!canRedo} onClick={() => runCommand('canvas.edit.redo')}><Redo2 size={18} /></IconButton>
    </div>
  );
}
