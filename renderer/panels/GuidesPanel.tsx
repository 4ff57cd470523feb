import { Brush, Eye, EyeOff, Plus, RefreshCw, X } from 'lucide-react';
import { setControl, setReference } from '../document/ops/guides.ts';
import { removeLayer, select, setVisible } from '../document/ops/layers.ts';
import type { ControlLayer, Layer, ReferenceLayer } from '../document/records.ts';
import { runCommand } from '../palette/commands.ts';
import { canvas, change, layersFromTop, useCanvas } from '../project/canvasStore.ts';
import { explain } from '../studio/explain.ts';
import { fullUrl, thumbUrl } from '../studio/picture.ts';
import { IconButton } from '../ui/Button.tsx';
import { plural } from '../ui/format.ts';
import { Menu } from '../ui/Menu.tsx';
import { NumberField } from '../ui/NumberField.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { useControlMaps } from './controlMaps.ts';
import css from './Panels.module.css';
import { useThumbs } from './thumbs.ts';

function Head({ layer }: { readonly layer: Layer }) {
  return (
    <div className={css.gh}>
      <b title={layer.name}>{layer.name}</b>
      <IconButton tiny label={layer.visible ? `Leave ${layer.name} out` : `Use ${layer.name}`} onClick={() => { change(setVisible(layer.id, !layer.visible), { mark: layer.visible ? 'Leave out' : 'Use' }); }}>{layer.visible ? <Eye size={14} /> : <EyeOff size={14} />}</IconButton>
      <IconButton tiny label={`Remove ${layer.name}`} onClick={() => { change(removeLayer(layer.id), { mark: `Remove ${layer.name}` }); }}><X size={14} /></IconButton>
    </div>
  );
}

function Reference({ layer }: { readonly layer: ReferenceLayer }) {
  return (
    <div className={css.guide} data-guide={layer.id}>
      <span className={css.pic}><img src={thumbUrl(layer.hash)} alt="" /></span>
      <div className={css.fields}>
        <Head layer={layer} />
        <div className={css.two}>
          <Segmented label={`What to take from ${layer.name}`} value={layer.role} onChange={(role) => { change(setReference(layer.id, { role }), { mark: 'Reference' }); }} segments={[{ value: 'subject', label: 'Subject' }, { value: 'style', label: 'Style' }]} />
        </div>
        <NumberField track label="Reference" unit="%" value={Math.round(layer.strength * 100)} min={0} max={100} defaultValue={100} hint="How much a drawing takes from its references: the image guide times this, on average over all of them. With a picture in the frame, references count in full." onChange={(value) => { change(setReference(layer.id, { strength: value / 100 }), { mark: 'Reference strength', merge: `reference ${layer.id}` }); }} />
      </div>
    </div>
  );
}

function Control({ layer }: { readonly layer: ControlLayer }) {
  const making = useControlMaps((state) => state.making.has(layer.id));
  const problem = useControlMaps((state) => state.problems[layer.id]);
  const painted = useThumbs((state) => state.urls[layer.id]);
  const selected = useCanvas((state) => state.document.selected === layer.id);
  const set = (patch: Partial<ControlLayer['canny']>, name: string): void => { change(setControl(layer.id, { canny: { ...layer.canny, ...patch } }), { mark: 'Edges', merge: `${name} ${layer.id}` }); };
  // Untouched, the picture shown is the very file that the model receives.
  const shown = layer.items.length > 0 ? painted : layer.map === null ? undefined : fullUrl(layer.map);
  return (
    <div className={css.guide} data-guide={layer.id} data-map={layer.map ?? ''} aria-busy={making}>
      <button type="button" className={css.pic} aria-label={`Show ${layer.name} on the canvas`} aria-pressed={selected} onClick={() => { change(select(selected ? null : layer.id), {}); }}>{shown !== undefined && <img src={shown} alt={`What the model receives as ${layer.name}`} data-testid="control-map" />}</button>
      <div className={css.fields}>
        <Head layer={layer} />
        {layer.control === 'canny' && (
          <>
            <div className={css.two}>
              <NumberField track label="Low" value={layer.canny.low} min={0} max={Math.min(600, layer.canny.high)} defaultValue={100} onChange={(low) => set({ low }, 'low')} />
              <NumberField track label="High" value={layer.canny.high} min={layer.canny.low} max={600} defaultValue={200} onChange={(high) => set({ high }, 'high')} />
            </div>
            <NumberField track label="Blur" unit="px" value={layer.canny.blur} min={0} max={10} step={0.5} decimals={1} defaultValue={0} onChange={(blur) => set({ blur }, 'blur')} />
          </>
        )}
        <NumberField track label="Strength" unit="%" value={Math.round(layer.strength * 100)} min={0} max={100} defaultValue={100} hint="How closely the drawing follows the map: the image guide times this, for the steps between From and To" onChange={(value) => { change(setControl(layer.id, { strength: value / 100 }), { mark: 'Control strength', merge: `control ${layer.id}` }); }} />
        <div className={css.two}>
          <NumberField track label="From" unit="%" value={Math.round(layer.start * 100)} min={0} max={Math.round(layer.end * 100) - 1} defaultValue={0} onChange={(value) => { change(setControl(layer.id, { start: value / 100 }), { mark: 'Control start', merge: `start ${layer.id}` }); }} />
          <NumberField track label="To" unit="%" value={Math.round(layer.end * 100)} min={Math.round(layer.start * 100) + 1} max={100} defaultValue={100} onChange={(value) => { change(setControl(layer.id, { end: value / 100 }), { mark: 'Control end', merge: `end ${layer.id}` }); }} />
        </div>
        <div className={css.gh}>
          <IconButton tiny label="Take the canvas as it is now" onClick={() => runCommand(layer.control === 'canny' ? 'canvas.guides.edges' : 'canvas.guides.depth')}><RefreshCw size={14} /></IconButton>
          <IconButton tiny label="Paint on this map" aria-pressed={selected} onClick={() => { change(select(layer.id), {}); runCommand('canvas.guides.paint'); }}><Brush size={14} /></IconButton>
        </div>
        {problem !== undefined && <p className={css.problem} role="alert">{explain(problem).sentence}</p>}
      </div>
    </div>
  );
}

/** What steers the drawing beside the words: pictures to take from, maps to follow. */
export function GuidesPanel() {
  const document = useCanvas((state) => state.document);
  const guides = layersFromTop(document).filter((layer): layer is ControlLayer | ReferenceLayer => layer.kind === 'reference' || layer.kind === 'control');
  const references = guides.filter((layer) => layer.kind === 'reference').length;
  const controls = guides.length - references;
  const counts = [references > 0 ? plural(references, 'reference') : '', controls > 0 ? plural(controls, 'control') : ''].filter(Boolean).join(' · ');
  return (
    <section className={css.pan} data-section="guides" onPointerUp={() => canvas.settle()}>
      <h2>Guides<span>{counts}</span>
        <Menu
          align="end" trigger={<IconButton tiny label="Add a guide"><Plus size={14} /></IconButton>}
          items={[
            { label: 'Edges from the canvas', run: () => runCommand('canvas.guides.edges') },
            { label: 'Depth from the canvas', run: () => runCommand('canvas.guides.depth') },
            { label: 'The frame as a reference', run: () => runCommand('canvas.guides.reference') },
            { label: 'A picture file as a reference', run: () => runCommand('canvas.guides.file') },
          ]}
        />
      </h2>
      {guides.length === 0 && <p className={css.hint}>Drop a picture here as a reference, or take edges or depth from the canvas.</p>}
      {guides.map((layer) => (layer.kind === 'reference' ? <Reference key={layer.id} layer={layer} /> : <Control key={layer.id} layer={layer} />))}
    </section>
  );
}
