import { Popover } from '@base-ui/react/popover';
import { Switch } from '@base-ui/react/switch';
import { Check, ChevronLeft, ChevronRight, Clock, MoreHorizontal, SlidersHorizontal, TriangleAlert } from 'lucide-react';
import type { Staged } from '../../preload/contract/canvas.ts';
import { again } from '../canvas/again.ts';
import { attempt } from '../canvas/verbs.ts';
import { recallFrom } from '../gallery/verbs.ts';
import { keysOf } from '../palette/commands.ts';
import { jobTitle } from '../queue/describe.ts';
import { progressShare, progressText } from '../queue/progress.ts';
import { cancelJobs, isRunning, useJobs, useLive } from '../queue/jobs.ts';
import { PreviewImage } from '../queue/PreviewImage.tsx';
import { openLineage, openViewer } from '../shell/view.ts';
import { explain } from '../studio/explain.ts';
import { thumbUrl } from '../studio/picture.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import { count, seedText } from '../ui/format.ts';
import { keyLabel } from '../ui/keyLabel.ts';
import { Menu } from '../ui/Menu.tsx';
import { Notice } from '../ui/Notice.tsx';
import { NumberField } from '../ui/NumberField.tsx';
import bar from '../ui/Progress.module.css';
import sw from '../ui/Switch.module.css';
import css from './Staging.module.css';
import { accept, browse, discardAll, discardShown, keepShown, lookAt, recomposite, shownResult, useSlots, useStaging } from './staging.ts';
import type { Slot } from './staging.ts';

function SlotButton({ slot, index, shown }: { readonly slot: Slot; readonly index: number; readonly shown: boolean }) {
  const live = useLive((state) => (slot.type === 'job' ? state.byJob[slot.job.id] : undefined));
  if (slot.type === 'result') {
    return (
      <button type="button" className={css.slot} aria-pressed={shown} aria-label={`Result ${index + 1}, seed ${slot.staged.seed}`} onClick={() => lookAt(slot.staged.id)}>
        <img src={thumbUrl(slot.staged.result)} alt="" /><span className={css.n}>{index + 1}</span>
      </button>
    );
  }
  const running = isRunning(slot.job);
  return (
    <button type="button" className={css.slot} aria-label={running ? `${index + 1}, being drawn: ${progressText(live)}. Press to cancel` : 'Waiting. Press to cancel'} title={running ? progressText(live) : 'Waiting'} data-testid={running ? 'drawing' : undefined} onClick={() => { void cancelJobs([slot.job.id]); }}>
      {running && live?.preview !== undefined ? <PreviewImage preview={live.preview} alt="" testId="preview" fallback={<Clock size={16} />} /> : <Clock size={16} aria-hidden />}
      {running && <span className={css.n}>{index + 1}</span>}
      {running && <i className={cx(bar.bar, bar.thick)} style={{ width: `${progressShare(live) * 100}%` }} />}
    </button>
  );
}

/** "Outside the mask: 0 pixels changed · seam ΔE 1.2" */
function Facts({ staged, index }: { readonly staged: Staged; readonly index: number }) {
  const { changedOutside, seamDeltaE } = staged.facts;
  const parts = [
    changedOutside === null ? '' : `Outside the mask: ${changedOutside === 1 ? '1 pixel' : `${count(changedOutside)} pixels`} changed`,
    seamDeltaE === null ? '' : `seam ΔE ${seamDeltaE.toFixed(1)}`,
  ].filter(Boolean);
  const wrong = (changedOutside ?? 0) > 0;
  return (
    <div className={css.facts} data-testid="facts">
      <div><b>Result {index + 1}</b> · seed {seedText(staged.seed)}</div>
      <small className={cx(wrong && css.wrong)}>{parts.length === 0 ? `${staged.frame.width} × ${staged.frame.height}` : <>{wrong ? <TriangleAlert size={14} aria-hidden /> : <Check size={14} aria-hidden />}{parts.join(' · ')}</>}</small>
    </div>
  );
}

/** Blend and colour match of the same drawing, without drawing it again. */
function Join({ staged }: { readonly staged: Staged }) {
  const busy = useStaging((state) => state.recompositing);
  if (staged.blend === null && staged.colourMatch === null) return null;
  return (
    <Popover.Root>
      <Popover.Trigger render={<IconButton label="Blend and colours"><SlidersHorizontal size={16} /></IconButton>} />
      <Popover.Portal>
        <Popover.Positioner side="top" sideOffset={8} className={css.layer}>
          <Popover.Popup className={css.panel} aria-label="Blend and colours" aria-busy={busy}>
            {staged.blend !== null && <NumberField track label="Blend" unit="px" value={Math.round(staged.blend)} min={0} max={25} defaultValue={25} onChange={(blend) => { void recomposite(staged.id, { blend }); }} />}
            {staged.colourMatch !== null && (
              <label className={sw.line}>
                <span>Match the colours around</span>
                <Switch.Root className={sw.switch} checked={staged.colourMatch} onCheckedChange={(colourMatch) => { void recomposite(staged.id, { colourMatch }); }}><Switch.Thumb className={sw.thumb} /></Switch.Root>
              </label>
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function More({ staged }: { readonly staged: Staged }) {
  const id = staged.generationId;
  return (
    <Menu
      align="end" side="top" trigger={<IconButton label="More about this result"><MoreHorizontal size={16} /></IconButton>}
      items={[
        { label: staged.kept ? 'Saved to the gallery' : 'Save to the gallery', disabled: staged.kept, run: keepShown },
        { label: 'Discard this one', run: discardShown },
        ...(id === null ? [] : [
          { kind: 'separator' as const },
          { label: 'Again, but …', run: () => { void attempt(() => again(staged)); } },
          { label: 'Use its seed', run: () => { void recallFrom(id, 'seed'); } },
          { label: 'Look closer', run: () => openViewer(id) },
          { label: 'Show its lineage', run: () => openLineage(id) },
        ]),
      ]}
    />
  );
}

function Verbs({ staged }: { readonly staged: Staged }) {
  const original = useStaging((state) => state.original);
  const hold = (on: boolean): void => useStaging.setState({ original: on });
  return (
    <div className={css.verbs}>
      <Join staged={staged} />
      <More staged={staged} />
      <Button kind="ghost" onClick={discardAll}>Discard all <kbd>{keyLabel(keysOf('canvas.staging.discard') ?? '')}</kbd></Button>
      <Button aria-pressed={original} onPointerDown={() => hold(true)} onPointerUp={() => hold(false)} onPointerLeave={() => hold(false)}>Original <kbd>hold {keyLabel(keysOf('canvas.hold.original') ?? '')}</kbd></Button>
      <Button kind="primary" onClick={accept}>Accept <kbd>{keyLabel(keysOf('canvas.staging.accept') ?? '')}</kbd></Button>
    </div>
  );
}

/** Results in place: browse, compare with the original, accept. */
export function StagingBar() {
  const slots = useSlots();
  const state = useStaging();
  const list = useJobs((jobs) => jobs.list);
  const staged = shownResult(state);
  const running = slots.find((slot) => slot.type === 'job' && isRunning(slot.job));
  const live = useLive((now) => (running?.type === 'job' ? now.byJob[running.job.id] : undefined));
  const index = slots.findIndex((slot) => slot.type === 'result' && slot.staged === staged);
  return (
    <>
      {state.problem !== undefined && <div className={css.problem}><Notice code={state.problem.code} more={state.problem.message} action={<Button size="sm" kind="ghost" onClick={() => useStaging.setState({ problem: undefined })}>Close</Button>}>{explain(state.problem).sentence}</Notice></div>}
      {slots.length > 0 && (
        <div className={css.bar} role="group" aria-label="Results" data-testid="staging">
          <div className={css.group}>
            <IconButton tiny label="Result before" keys="ArrowLeft" onClick={() => browse(-1)}><ChevronLeft size={16} /></IconButton>
            <div className={css.slots}>{slots.map((slot, at) => <SlotButton key={slot.type === 'result' ? slot.staged.jobId : slot.job.id} slot={slot} index={at} shown={slot.type === 'result' && slot.staged === staged} />)}</div>
            <IconButton tiny label="Next result" keys="ArrowRight" onClick={() => browse(1)}><ChevronRight size={16} /></IconButton>
          </div>
          <span className={css.vr} />
          {staged !== undefined ? <Facts staged={staged} index={index} /> : (
            <div className={css.facts}><div><b>{running?.type === 'job' ? jobTitle(running.job, list) : 'Waiting'}</b></div><small>{running === undefined ? 'for its turn' : progressText(live)}</small></div>
          )}
          {staged !== undefined && <><span className={css.vr} /><Verbs staged={staged} /></>}
        </div>
      )}
    </>
  );
}
