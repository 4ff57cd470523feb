import { Blend, Crop, Dices, ImagePlus, Lock, Mountain, Spline, WandSparkles, X } from 'lucide-react';
import { useRef } from 'react';
import { bringIn } from '../studio/bringIn.ts';
import { useConnection } from '../studio/connection.ts';
import { letter, thumbUrl } from '../studio/picture.ts';
import { toProblem } from '../studio/problem.ts';
import { cx } from '../ui/cx.ts';
import { plural, seedText } from '../ui/format.ts';
import { Menu } from '../ui/Menu.tsx';
import { Tip } from '../ui/Tip.tsx';
import css from './Composer.module.css';
import { resizeFrame } from '../canvas/fit.ts';
import { clearPreset, usePreset } from '../canvas/presetTasks.ts';
import { usePlan } from '../canvas/run.ts';
import { removeLayer } from '../document/ops/layers.ts';
import { change, useCanvas } from '../project/canvasStore.ts';
import { useView } from '../shell/view.ts';
import { addPictures, chooseModel, newSeed, removePicture, setSampling, useComposer, useModel } from './composer.ts';

/** Sizes a menu offers: what the model was trained for. */
function SizeChip() {
  const model = useModel();
  const { width, height } = useCanvas((state) => state.document.frame);
  const sizes = model?.sizes ?? [];
  return (
    <Menu
      side="top" trigger={<button type="button" className={css.chip}><Crop size={14} aria-hidden /><span className="visually-hidden">Size </span><b>{width} × {height}</b></button>}
      items={sizes.map(([w, h]) => ({ label: `${w} × ${h}`, run: () => resizeFrame(w, h) }))}
    />
  );
}

function CountChip() {
  const batch = useComposer((state) => state.batch);
  return (
    <Menu
      side="top" trigger={<button type="button" className={css.chip}><b>{plural(batch, 'image')}</b></button>}
      items={[1, 2, 4, 8, 16].map((n) => ({ label: plural(n, 'image'), run: () => useComposer.setState({ batch: n }) }))}
    />
  );
}

function SeedChip() {
  const { seed } = useComposer((state) => state.sampling);
  const locked = useComposer((state) => state.seedLocked);
  return (
    <Menu
      side="top" trigger={<button type="button" className={cx(css.chip, css.second)}>{locked ? <Lock size={14} aria-hidden /> : <Dices size={14} aria-hidden />}Seed <b>{locked ? seedText(seed) : 'any'}</b></button>}
      items={[
        { label: locked ? 'Draw a new seed for every run' : `Keep seed ${seedText(seed)}`, icon: locked ? <Dices size={14} /> : <Lock size={14} />, run: () => useComposer.setState({ seedLocked: !locked }) },
        { label: 'Draw another seed', icon: <Dices size={14} />, run: () => setSampling({ seed: newSeed() }) },
      ]}
    />
  );
}

function ModelChip() {
  const model = useModel();
  const models = useConnection((state) => state.models);
  return (
    <Menu
      side="top" trigger={<button type="button" className={cx(css.chip, css.second)}><b>{model?.name ?? 'No model'}</b></button>}
      items={models.map((one) => ({ label: one.state === 'ready' ? one.name : `${one.name} (not on this computer)`, disabled: one.state !== 'ready', run: () => chooseModel(one.id) }))}
    />
  );
}

function AddChip() {
  const input = useRef<HTMLInputElement>(null);
  const add = async (files: readonly File[]): Promise<void> => {
    try {
      addPictures((await bringIn(files)).map((one) => one.picture));
    } catch (thrown) {
      useComposer.setState({ problem: toProblem(thrown) });
    }
  };
  return (
    <>
      <button type="button" className={css.chip} onClick={() => input.current?.click()}><ImagePlus size={14} aria-hidden />Add</button>
      <input
        ref={input} type="file" accept="image/*" multiple hidden aria-label="Choose pictures"
        onChange={(event) => { void add([...(event.currentTarget.files ?? [])]); event.currentTarget.value = ''; }}
      />
    </>
  );
}

/** Where the run will act, and the guides that steer it. */
function PlanChips() {
  const plan = usePlan();
  const masked = plan.ok && plan.mask !== null;
  return (
    <>
      <span className={cx(css.chip, masked && css.mask)} data-testid="scope">{masked ? <Blend size={14} aria-hidden /> : <Crop size={14} aria-hidden />}<b>{plan.scope}</b></span>
      {plan.ok && plan.references.map((reference) => (
        <span key={reference.layerId} className={css.chip}>
          <img src={thumbUrl(reference.hash)} alt="" /><b>{reference.name}</b>
          <Tip text={`Remove ${reference.name}`}>
            <button type="button" className={css.x} aria-label={`Remove ${reference.name}`} onClick={() => { change(removeLayer(reference.layerId), { mark: `Remove ${reference.name}` }); }}><X size={12} /></button>
          </Tip>
        </span>
      ))}
      {plan.ok && plan.control !== null && <span className={cx(css.chip, css.ctl)}>{plan.control.control === 'canny' ? <Spline size={14} aria-hidden /> : <Mountain size={14} aria-hidden />}<b>{plan.control.control === 'canny' ? 'Edges' : 'Depth'}</b></span>}
    </>
  );
}

/** The task whose wording stands around the prompt, and the way out of it. */
function PresetChip() {
  const preset = usePreset();
  if (preset === undefined) return null;
  return (
    <span className={css.chip} data-testid="preset">
      <WandSparkles size={14} aria-hidden /><b>{preset.title}</b>
      <Tip text={`Without ${preset.title}`}>
        <button type="button" className={css.x} aria-label={`Without ${preset.title}`} onClick={clearPreset}><X size={12} /></button>
      </Tip>
    </span>
  );
}

/** Whatever will be sent beside the words. */
export function Chips() {
  const task = useComposer((state) => state.task);
  const state = useComposer();
  const place = useView((view) => view.place);
  const asks = task === 'ask' && place !== 'canvas';
  const sweep = state.sweep !== undefined && task !== 'ask';
  return (
    <>
      {task === 'edit' && <PresetChip />}
      {!asks && <PlanChips />}
      {asks && state.askPictures.map((picture, index) => (
        <span key={picture.hash} className={css.chip}>
          <img src={thumbUrl(picture.hash)} alt="" />
          <b>{letter(index)}</b>
          <Tip text={`Remove ${picture.name}`}>
            <button type="button" className={css.x} aria-label={`Remove ${picture.name}`} onClick={() => removePicture(picture.hash)}><X size={12} /></button>
          </Tip>
        </span>
      ))}
      {asks && <AddChip />}
      {task === 'create' && <SizeChip />}
      {task !== 'ask' && <CountChip />}
      {task !== 'ask' && <SeedChip />}
      {sweep && <span className={css.chip}><b>Guidance sweep</b></span>}
      <ModelChip />
    </>
  );
}
