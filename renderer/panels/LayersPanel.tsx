import { Eye, EyeOff, Lock, LockOpen, MoreHorizontal, Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import type { DragEvent, KeyboardEvent } from 'react';
import { contentBounds } from '../document/bounds.ts';
import { removeLayer, renameLayer, reorderLayer, select, setBlendMode, setLocked, setOpacity, setVisible } from '../document/ops/layers.ts';
import type { Layer, RasterLayer } from '../document/records.ts';
import { keysOf, runCommand } from '../palette/commands.ts';
import { canvas, change, layersFromTop, selectedLayer, useCanvas } from '../project/canvasStore.ts';
import { IconButton } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import { plural } from '../ui/format.ts';
import { Menu, PointerMenu } from '../ui/Menu.tsx';
import type { MenuEntry } from '../ui/Menu.tsx';
import { NumberField } from '../ui/NumberField.tsx';
import { Select } from '../ui/Select.tsx';
import css from './Panels.module.css';
import { useThumbs } from './thumbs.ts';

const dragType = 'application/x-ovis-layer';
const modes = [{ value: 'normal', label: 'Normal' }, { value: 'multiply', label: 'Multiply' }, { value: 'screen', label: 'Screen' }, { value: 'overlay', label: 'Overlay' }] as const;

function describe(layer: Layer): string {
  const box = contentBounds(layer);
  if (layer.kind === 'mask') return box === null ? 'Empty' : `Feather ${layer.feather === null ? Math.round(Math.hypot(box.width, box.height) / 10) : Math.round(layer.feather)} px`;
  if (box === null) return 'Empty';
  const size = `${Math.round(box.width)} × ${Math.round(box.height)}`;
  return layer.kind === 'paint' ? `Paint · ${plural(layer.items.length, 'mark')}` : size;
}

function menuOf(layer: Layer): readonly MenuEntry[] {
  const entry = (label: string, id: string, disabled = false): MenuEntry => ({ label, keys: keysOf(id), disabled, run: () => { change(select(layer.id), {}); runCommand(id); } });
  return [
    entry('Duplicate', 'canvas.layer.duplicate'), entry('Merge down', 'canvas.layer.mergeDown'), entry('Clear', 'canvas.layer.clear', layer.locked),
    ...(layer.kind === 'mask' ? [entry('Invert', 'canvas.mask.invert'), entry('Selection from this mask', 'canvas.selection.fromMask')] : [entry('Mask from this layer', 'canvas.mask.fromAlpha')]),
    { kind: 'separator' }, entry('Move up', 'canvas.layer.raise'), entry('Move down', 'canvas.layer.lower'), entry('Transform', 'canvas.tool.transform', layer.locked),
    entry('Flip sideways', 'canvas.layer.flipHorizontal', layer.locked), entry('Flip upright', 'canvas.layer.flipVertical', layer.locked),
    { kind: 'separator' }, { label: 'Delete', keys: keysOf('canvas.layer.delete'), danger: true, disabled: layer.locked, run: () => { change(removeLayer(layer.id), { mark: `Delete ${layer.name}` }); } },
  ];
}

function Name({ layer, renaming, onDone }: { readonly layer: Layer; readonly renaming: boolean; readonly onDone: () => void }) {
  if (!renaming) return <div className={css.nm}><span title={layer.name}>{layer.name}</span><small>{describe(layer)}</small></div>;
  const commit = (text: string): void => { onDone(); if (text.trim() !== '' && text !== layer.name) change(renameLayer(layer.id, text), { mark: 'Rename' }); };
  return (
    <div className={css.nm}>
      <input
        autoFocus aria-label="Name of the layer" defaultValue={layer.name} onFocus={(event) => event.currentTarget.select()} onBlur={(event) => commit(event.currentTarget.value)}
        onKeyDown={(event) => { event.stopPropagation(); if (event.key === 'Enter') commit(event.currentTarget.value); if (event.key === 'Escape') onDone(); }}
      />
    </div>
  );
}

function Row({ layer, selected, index, total, onDropAt }: { readonly layer: Layer; readonly selected: boolean; readonly index: number; readonly total: number; readonly onDropAt: (id: string, index: number) => void }) {
  const thumb = useThumbs((state) => state.urls[layer.id]);
  const [renaming, setRenaming] = useState(false);
  const [over, setOver] = useState<'into' | 'after'>();
  const sideOf = (event: DragEvent): 'into' | 'after' => { const box = event.currentTarget.getBoundingClientRect(); return event.clientY < box.top + box.height / 2 ? 'into' : 'after'; };
  return (
    <PointerMenu items={menuOf(layer)}>
      <div
        className={cx(css.row, !layer.visible && css.hidden, over === 'into' && css.into, over === 'after' && css.after)} role="treeitem" aria-selected={selected} aria-level={1} aria-posinset={index + 1} aria-setsize={total}
        aria-label={`${layer.name}, ${layer.kind}${layer.visible ? '' : ', hidden'}${layer.locked ? ', locked' : ''}`} tabIndex={selected || (index === 0) ? 0 : -1} data-layer={layer.id} draggable={!renaming}
        onClick={(event) => { change(select(layer.id), {}); if ((event.ctrlKey || event.metaKey) && layer.kind === 'mask') runCommand('canvas.selection.fromMask'); }} onDoubleClick={() => setRenaming(true)}
        onKeyDown={(event) => { if (event.key === 'F2') { event.preventDefault(); setRenaming(true); } }}
        onDragStart={(event) => { event.dataTransfer.setData(dragType, layer.id); event.dataTransfer.effectAllowed = 'move'; }}
        onDragOver={(event) => { if (event.dataTransfer.types.includes(dragType)) { event.preventDefault(); event.stopPropagation(); setOver(sideOf(event)); } }}
        onDragLeave={() => setOver(undefined)}
        onDrop={(event) => { const id = event.dataTransfer.getData(dragType); if (id !== '') { event.preventDefault(); event.stopPropagation(); onDropAt(id, index + (sideOf(event) === 'after' ? 1 : 0)); } setOver(undefined); }}
      >
        <IconButton tiny label={layer.visible ? `Hide ${layer.name}` : `Show ${layer.name}`} tabIndex={-1} onClick={(event) => { event.stopPropagation(); change(setVisible(layer.id, !layer.visible), { mark: layer.visible ? 'Hide' : 'Show' }); }}>{layer.visible ? <Eye size={16} /> : <EyeOff size={16} />}</IconButton>
        <div className={css.th}>{thumb !== undefined && <img src={thumb} alt="" draggable={false} />}</div>
        <Name layer={layer} renaming={renaming} onDone={() => setRenaming(false)} />
        <div className={css.act}>
          <IconButton tiny label={layer.locked ? `Unlock ${layer.name}` : `Lock ${layer.name}`} tabIndex={-1} className={cx(!layer.locked && css.quiet)} onClick={(event) => { event.stopPropagation(); change(setLocked(layer.id, !layer.locked), { mark: layer.locked ? 'Unlock' : 'Lock' }); }}>{layer.locked ? <Lock size={14} /> : <LockOpen size={14} />}</IconButton>
          {layer.kind === 'mask' && <i className={css.dot} title="Mask" />}
        </div>
      </div>
    </PointerMenu>
  );
}

function Appearance({ layer }: { readonly layer: Layer | undefined }) {
  const raster = layer !== undefined && (layer.kind === 'picture' || layer.kind === 'paint') ? layer : undefined;
  return (
    <div className={css.pb}>
      <div className={css.two}>
        <Select<RasterLayer['blendMode']> label="Blend" value={raster?.blendMode ?? 'normal'} options={modes} onChange={(mode) => { if (raster !== undefined) change(setBlendMode(raster.id, mode), { mark: 'Blend mode' }); }} />
        <NumberField track label="Opacity" unit="%" value={Math.round((layer?.opacity ?? 1) * 100)} min={0} max={100} defaultValue={100} disabled={layer === undefined || layer.locked} onChange={(value) => { if (layer !== undefined) change(setOpacity(layer.id, value / 100), { mark: 'Opacity', merge: `opacity ${layer.id}` }); }} />
      </div>
    </div>
  );
}

/** Moves a layer to a place of the list as it is shown, topmost first. */
function moveTo(id: string, index: number): void {
  const shown = listed(canvas.getState().document);
  const others = shown.filter((layer) => layer.id !== id);
  const before = shown.findIndex((layer) => layer.id === id);
  const at = Math.max(0, Math.min(others.length, before >= 0 && before < index ? index - 1 : index));
  // Drawing order counts from below; guides in between keep their place.
  const above = others[at - 1];
  const { order } = canvas.getState().document;
  const rest = order.filter((one) => one !== id);
  const to = above === undefined ? rest.length : rest.indexOf(above.id);
  change(reorderLayer(id, to), { mark: 'Reorder' });
}

function listed(document: Parameters<typeof layersFromTop>[0]): readonly Layer[] {
  return layersFromTop(document).filter((layer) => layer.kind !== 'reference' && layer.kind !== 'control');
}

/** The layers as a tree: arrows walk, Alt with arrows moves, Del deletes, F2 or a double click renames. */
export function LayersPanel() {
  const document = useCanvas((state) => state.document);
  const tree = useRef<HTMLDivElement>(null);
  const layers = listed(document);
  const selected = selectedLayer(document);
  const focus = (id: string | undefined): void => {
    if (id === undefined) return;
    change(select(id), {});
    requestAnimationFrame(() => tree.current?.querySelector<HTMLElement>(`[data-layer="${id}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement) return;
    const at = layers.findIndex((layer) => layer.id === selected?.id);
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by !== 0) {
      event.preventDefault();
      if (event.altKey && selected !== undefined) { moveTo(selected.id, by > 0 ? at + 2 : at - 1); focus(selected.id); } else focus(layers[Math.max(0, Math.min(layers.length - 1, at + by))]?.id);
    } else if (event.key === 'Home' || event.key === 'End') {
      event.preventDefault();
      focus(layers.at(event.key === 'Home' ? 0 : -1)?.id);
    } else if (event.key === ' ' && selected !== undefined) {
      event.preventDefault();
      change(setVisible(selected.id, !selected.visible), { mark: 'Show or hide' });
    }
  };
  return (
    <section className={css.pan} onPointerUp={() => canvas.settle()}>
      <h2>Layers<span>{layers.length === 0 ? '' : layers.length}</span>
        <Menu align="end" trigger={<IconButton tiny label="New layer"><Plus size={14} /></IconButton>} items={[{ label: 'Paint layer', run: () => runCommand('canvas.layer.newPaint') }, { label: 'Mask', run: () => runCommand('canvas.layer.newMask') }]} />
        <Menu align="end" trigger={<IconButton tiny label="More about the layer" disabled={selected === undefined}><MoreHorizontal size={14} /></IconButton>} items={selected === undefined ? [] : menuOf(selected)} />
      </h2>
      {layers.length > 0 && <Appearance layer={selected} />}
      {layers.length === 0
        ? <p className={css.hint}>A picture that is dropped, a stroke and an accepted result each become a layer.</p>
        : <div ref={tree} className={css.tree} role="tree" aria-label="Layers, topmost first" onKeyDown={onKeyDown}>{layers.map((layer, index) => <Row key={layer.id} layer={layer} selected={layer.id === selected?.id} index={index} total={layers.length} onDropAt={moveTo} />)}</div>}
    </section>
  );
}
