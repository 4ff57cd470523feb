import { BoxSelect, ChevronDown, MoreHorizontal } from 'lucide-react';
import type { ReactNode } from 'react';
import { keysOf, runCommand } from '../palette/commands.ts';
import { setFeather, setGrow } from '../document/ops/items.ts';
import type { MaskLayer } from '../document/records.ts';
import { canvas, change, selectedLayer, useCanvas } from '../project/canvasStore.ts';
import { contentBounds } from '../document/bounds.ts';
import { defaultOptions } from '../tools/tool.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { keyLabel } from '../ui/keyLabel.ts';
import { Menu } from '../ui/Menu.tsx';
import { NumberField } from '../ui/NumberField.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import css from './Canvas.module.css';
import { usePixelSelection } from './chosenPixels.ts';
import { toolEntry } from './ToolBar.tsx';
import { setOptions, useTools } from './tools.ts';

function Target() {
  const target = useTools((state) => state.options.target);
  return (
    <Segmented
      label="Where marks go" value={target} onChange={(next) => setOptions({ target: next })}
      segments={[{ value: 'paint', label: 'Paint', hint: 'Marks go onto the picture (Q)' }, { value: 'mask', label: 'Mask', icon: <i className={css.dot} aria-hidden />, hint: 'Marks say what may change (Q)' }]}
    />
  );
}

function Field({ children }: { readonly children: ReactNode }) {
  return <div className={css.f}>{children}</div>;
}

/** What the model repaints is the mask, grown and faded by this much. */
function MaskFields({ mask }: { readonly mask: MaskLayer }) {
  const box = contentBounds(mask);
  const automatic = box === null ? 0 : Math.round(Math.hypot(box.width, box.height) / 10);
  const feather = mask.feather ?? automatic;
  return (
    <>
      <span className={css.vr} />
      <Field><NumberField track label="Feather" unit="px" value={Math.round(feather)} min={0} max={250} defaultValue={automatic} hint="How far the mask fades; by itself a tenth of its diagonal" onChange={(value) => { change(setFeather(mask.id, value === automatic ? null : value), { mark: 'Feather', merge: `feather ${mask.id}` }); }} /></Field>
      <Field><NumberField track label="Grow" unit="px" value={mask.grow} min={-250} max={250} defaultValue={0} onChange={(value) => { change(setGrow(mask.id, value), { mark: 'Grow', merge: `grow ${mask.id}` }); }} /></Field>
    </>
  );
}

function Settings() {
  const { effective: tool, options } = useTools();
  const brush = tool === 'brush' || tool === 'eraser';
  return (
    <>
      {(brush || tool === 'lasso' || tool === 'shapes' || tool === 'fill') && <Target />}
      {tool === 'shapes' && <Segmented label="Shape" value={options.shape} onChange={(shape) => setOptions({ shape })} segments={[{ value: 'rectangle', label: 'Rectangle' }, { value: 'ellipse', label: 'Ellipse' }]} />}
      {brush && (
        <>
          <Field><NumberField track label="Size" unit="px" value={options.size} min={1} max={500} defaultValue={defaultOptions.size} onChange={(size) => setOptions({ size })} /></Field>
          <Field><NumberField track label="Hardness" unit="%" value={Math.round(options.hardness * 100)} min={0} max={100} defaultValue={defaultOptions.hardness * 100} onChange={(value) => setOptions({ hardness: value / 100 })} /></Field>
          <Field><NumberField track label="Opacity" unit="%" value={Math.round(options.opacity * 100)} min={1} max={100} defaultValue={100} onChange={(value) => setOptions({ opacity: value / 100 })} /></Field>
        </>
      )}
      {(tool === 'fill' || tool === 'smartSelect') && <Field><NumberField track label="Tolerance" unit="%" value={options.tolerance} min={0} max={100} defaultValue={defaultOptions.tolerance} hint="How far a colour may stray and still belong" onChange={(tolerance) => setOptions({ tolerance })} /></Field>}
    </>
  );
}

const pixelVerbs = [['New layer', 'canvas.selection.lift'], ['Fill', 'canvas.selection.fill'], ['Erase', 'canvas.selection.erase']] as const;

const maskVerbs = [['Selection from it', 'canvas.selection.fromMask'], ['Clear', 'canvas.layer.clear'], ['Grow by 1 px', 'canvas.mask.grow'], ['Shrink by 1 px', 'canvas.mask.shrink'], ['Fit the frame to it', 'canvas.frame.fitMasks']] as const;

function MaskMenu() {
  return <Menu align="end" trigger={<IconButton tiny label="More about the mask"><MoreHorizontal size={14} /></IconButton>} items={maskVerbs.map(([label, id]) => ({ label, keys: keysOf(id), run: () => runCommand(id) }))} />;
}

/** What can be done with the pixels that are selected; where there is little room, a menu. */
function SelectionVerbs() {
  return (
    <>
      <Menu
        align="end" trigger={<Button size="sm"><BoxSelect size={14} aria-hidden />Selection <ChevronDown size={14} aria-hidden /></Button>}
        items={[
          ...pixelVerbs.map(([label, id]) => ({ label, keys: keysOf(id), run: () => runCommand(id) })),
          { label: 'Copy', keys: keysOf('canvas.edit.copy'), run: () => runCommand('canvas.edit.copy') },
          { kind: 'separator' as const },
          { label: 'Mask from it', run: () => runCommand('canvas.selection.toMask') },
          { label: 'Add it to the mask', run: () => runCommand('canvas.selection.addToMask') },
          { label: 'Take it from the mask', run: () => runCommand('canvas.selection.takeFromMask') },
          { kind: 'separator' as const },
          { label: 'Invert', keys: keysOf('canvas.selection.invert'), run: () => runCommand('canvas.selection.invert') },
        ]}
      />
      <Button size="sm" kind="ghost" onClick={() => runCommand('canvas.selection.none')}>Deselect <kbd>{keyLabel(keysOf('canvas.selection.none') ?? '')}</kbd></Button>
    </>
  );
}

/** What the tool in hand can be set to. */
export function OptionBar() {
  const { effective: tool, options } = useTools();
  const mask = useCanvas((state) => { const layer = selectedLayer(state.document); return layer?.kind === 'mask' ? layer : undefined; });
  const entry = toolEntry(tool);
  const selecting = usePixelSelection((state) => state.selection !== null);
  const verbs = tool === 'frame' ? [['Fit to layers', 'canvas.frame.fitLayers'], ['Fit to masks', 'canvas.frame.fitMasks']] as const
    : tool === 'transform' ? [['Flip sideways', 'canvas.layer.flipHorizontal'], ['Flip upright', 'canvas.layer.flipVertical']] as const
    : mask !== undefined && options.target === 'mask' ? [['Invert', 'canvas.mask.invert']] as const : [];
  return (
    <div className={css.opts} role="toolbar" aria-label="Tool settings" data-region="options" onPointerUp={() => canvas.settle()}>
      <span className={css.name}>{entry?.icon}<span>{entry?.name}</span></span>
      <span className={css.vr} />
      <Settings />
      {mask !== undefined && options.target === 'mask' && <MaskFields mask={mask} />}
      <span className={css.grow} />
      {selecting && <SelectionVerbs />}
      {!selecting && verbs.map(([title, id]) => { const keys = keysOf(id); return <Button key={id} size="sm" kind="ghost" className={css.wide} onClick={() => runCommand(id)}>{title} {keys !== undefined && <kbd>{keyLabel(keys)}</kbd>}</Button>; })}
      {!selecting && mask !== undefined && options.target === 'mask' && <MaskMenu />}
    </div>
  );
}
