import { Switch } from '@base-ui/react/switch';
import { Dices, Lock, LockOpen, RotateCcw } from 'lucide-react';
import { useConnection } from '../studio/connection.ts';
import { IconButton } from '../ui/Button.tsx';
import field from '../ui/Field.module.css';
import { cx } from '../ui/cx.ts';
import { plural } from '../ui/format.ts';
import { NumberField } from '../ui/NumberField.tsx';
import { Select } from '../ui/Select.tsx';
import sw from '../ui/Switch.module.css';
import { resizeFrame } from '../canvas/fit.ts';
import { usePlan } from '../canvas/run.ts';
import { useCanvas } from '../project/canvasStore.ts';
import css from './Create.module.css';
import { FasterField } from './FasterField.tsx';
import { JoinFields } from './JoinFields.tsx';
import { chooseModel, defaultsOf, newSeed, setSampling, useComposer, useModel } from './composer.ts';
import { planBatch } from './request.ts';
import { wildcardCount } from './wildcards.ts';

function SweepField({ label, value, onChange }: { readonly label: string; readonly value: string; readonly onChange: (value: string) => void }) {
  return (
    <label className={field.field} title="Values with commas between them">
      <span className={cx(field.label, field.still)}>{label}</span>
      <input className={css.text} value={value} onChange={(event) => onChange(event.currentTarget.value)} placeholder="3, 5, 7.5" />
    </label>
  );
}

function Sweep() {
  const sweep = useComposer((state) => state.sweep);
  const { txtCfg, imgCfg } = useComposer((state) => state.sampling);
  const edits = useComposer((state) => state.task === 'edit');
  const set = (patch: Partial<NonNullable<typeof sweep>>): void => {
    useComposer.setState((state) => (state.sweep === undefined ? {} : { sweep: { ...state.sweep, ...patch } }));
  };
  const values = (around: number): string => [around - 2, around, around + 2].filter((value) => value > 0).join(', ');
  return (
    <>
      <label className={sw.line}>
        <span>Guidance sweep</span>
        <Switch.Root
          className={sw.switch} checked={sweep !== undefined}
          onCheckedChange={(on) => useComposer.setState({ sweep: on ? { txtCfg: values(txtCfg), imgCfg: edits ? '1, 1.5, 2' : String(imgCfg) } : undefined })}
        ><Switch.Thumb className={sw.thumb} /></Switch.Root>
      </label>
      {sweep !== undefined && (
        <>
          <SweepField label="Text guide" value={sweep.txtCfg} onChange={(value) => set({ txtCfg: value })} />
          {edits && <SweepField label="Image guide" value={sweep.imgCfg} onChange={(value) => set({ imgCfg: value })} />}
        </>
      )}
    </>
  );
}

/** How many pictures one press makes, whenever it is not simply one. */
function BatchHint() {
  const state = useComposer();
  const { jobs, sweep } = planBatch(state);
  const alternatives = wildcardCount(state.prompt);
  const parts = [alternatives > 1 ? `${alternatives} prompts` : '', state.batch > 1 ? plural(state.batch, 'seed') : '', sweep === undefined ? '' : 'guidance values'].filter(Boolean);
  if (state.task === 'ask') return null;
  if (jobs === 1) return <p className={css.hint}>Write {'{red|blue}'} in the prompt to draw one of each.</p>;
  return <p className={css.hint}>One press makes {plural(jobs, 'picture')}: {parts.join(' × ')}.{sweep === undefined ? '' : ' They come back as one labelled grid, too.'}</p>;
}

/** Every setting of the next run. */
export function GenerationPanel() {
  const { task, sampling, batch, seedLocked, modelId } = useComposer();
  const models = useConnection((state) => state.models);
  const model = useModel();
  const defaults = defaultsOf(model);
  const edits = task === 'edit';
  const plan = usePlan();
  // References and maps are pictures to follow, too: their strengths are shares of this.
  const guided = edits || (plan.ok && (plan.references.length > 0 || plan.control !== null || plan.raster !== null));
  const frame = useCanvas((state) => state.document.frame);
  const maxSide = Math.max(1024, ...(model?.sizes ?? []).flat());
  return (
    <section className={css.pan}>
      <h2>Generation<span />
        <IconButton tiny label="Reset all to the model’s defaults" onClick={() => { setSampling({ ...defaults, seed: sampling.seed }); useComposer.setState({ batch: 1, sweep: undefined }); }}><RotateCcw size={14} /></IconButton>
      </h2>
      <div className={css.pb}>
        <Select
          label="Model" value={modelId} onChange={chooseModel}
          options={models.filter((one) => one.state === 'ready').map((one) => ({ value: one.id, label: one.name }))}
        />
        {(edits || (plan.ok && plan.usesStrength)) && (
          <NumberField
            track label="Strength" unit="%" value={Math.round(sampling.strength * 100)} min={5} max={100} defaultValue={100}
            hint="100 % for instructions; 30 to 70 % refines what is there" onChange={(value) => setSampling({ strength: value / 100 })}
          />
        )}
        <div className={css.two}>
          <NumberField track label="Steps" value={sampling.steps} min={1} max={100} defaultValue={defaults.steps} onChange={(steps) => setSampling({ steps })} />
          <NumberField track label="Images" value={batch} min={1} max={64} defaultValue={1} onChange={(next) => useComposer.setState({ batch: next })} />
        </div>
        <div className={guided ? css.two : undefined}>
          <NumberField
            track label="Text guide" value={sampling.txtCfg} min={1} max={20} step={0.5} decimals={1} defaultValue={defaults.txtCfg}
            hint="How closely the picture follows the words" onChange={(txtCfg) => setSampling({ txtCfg })}
          />
          {guided && (
            <NumberField
              track label="Image guide" value={sampling.imgCfg} min={1} max={10} step={0.1} decimals={1} defaultValue={defaults.imgCfg}
              hint="How closely the result follows the pictures that it is given: the one in the frame, references, maps" onChange={(imgCfg) => setSampling({ imgCfg })}
            />
          )}
        </div>
        <div className={css.two}>
          <NumberField label="Width" value={frame.width} min={64} max={maxSide} step={32} snap={32} defaultValue={model?.sizes[0]?.[0] ?? 512} hint="Of the frame" onChange={(width) => resizeFrame(width, frame.height, 'frame size')} />
          <NumberField label="Height" value={frame.height} min={64} max={maxSide} step={32} snap={32} defaultValue={model?.sizes[0]?.[1] ?? 512} hint="Of the frame" onChange={(height) => resizeFrame(frame.width, height, 'frame size')} />
        </div>
        <NumberField label="Seed" value={sampling.seed} min={0} max={2 ** 31 - 1} onChange={(seed) => { setSampling({ seed }); useComposer.setState({ seedLocked: true }); }}>
          <IconButton tiny label="Draw a new seed" keys="Alt+R" onClick={() => setSampling({ seed: newSeed() })}><Dices size={14} /></IconButton>
          <IconButton tiny label={seedLocked ? 'Unlock: every run draws a new seed' : 'Lock: every run uses this seed'} keys="Alt+L" aria-pressed={seedLocked} onClick={() => useComposer.setState({ seedLocked: !seedLocked })}>
            {seedLocked ? <Lock size={14} /> : <LockOpen size={14} />}
          </IconButton>
        </NumberField>
        {task !== 'ask' && <FasterField />}
        {task !== 'ask' && <JoinFields />}
        <Sweep />
        <BatchHint />
      </div>
    </section>
  );
}
