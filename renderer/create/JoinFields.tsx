import { Switch } from '@base-ui/react/switch';
import { defaultJoin, setJoin, usePlan, useRunSettings } from '../canvas/run.ts';
import { NumberField } from '../ui/NumberField.tsx';
import { Select } from '../ui/Select.tsx';
import sw from '../ui/Switch.module.css';

const fills = [{ value: 'edge', label: 'Stretch the edge' }, { value: 'blur', label: 'Blur outwards' }, { value: 'neutral', label: 'Neutral grey' }, { value: 'telea', label: 'Inpaint (Telea)' }] as const;

/** How a repaint joins what is kept: only while there is something to keep. */
export function JoinFields() {
  const plan = usePlan();
  const { join, experimental } = useRunSettings();
  if (!plan.ok || (plan.mask === null && plan.kind !== 'outpaint')) return null;
  return (
    <>
      <NumberField track label="Blend" unit="px" value={join.blend} min={0} max={25} defaultValue={defaultJoin.blend} hint="How far new pixels fade into kept ones" onChange={(blend) => setJoin({ blend })} />
      <label className={sw.line}>
        <span>Match the colours around</span>
        <Switch.Root className={sw.switch} checked={join.colourMatch} onCheckedChange={(colourMatch) => setJoin({ colourMatch })}><Switch.Thumb className={sw.thumb} /></Switch.Root>
      </label>
      {plan.kind === 'outpaint' && <Select label="Unknown area" value={join.fill} options={fills} onChange={(fill) => setJoin({ fill })} />}
      {experimental && (
        <label className={sw.line}>
          <span>More pictures than it was trained for</span>
          <Switch.Root className={sw.switch} checked onCheckedChange={(on) => useRunSettings.setState({ experimental: on })}><Switch.Thumb className={sw.thumb} /></Switch.Root>
        </label>
      )}
    </>
  );
}
