import { NumberField as Base } from '@base-ui/react/number-field';
import { useEffect, useId, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import css from './Field.module.css';
import { cx } from './cx.ts';
import { parseAmount, roundTo } from './parseAmount.ts';

export interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  /** Values are rounded to multiples of this, and the rounding is announced. */
  readonly snap?: number;
  readonly decimals?: number;
  readonly unit?: string;
  readonly defaultValue?: number;
  /** Draws the value's place between min and max. */
  readonly track?: boolean;
  readonly disabled?: boolean;
  /** What 0 means, shown in its place until something is typed. */
  readonly zero?: string;
  readonly hint?: string;
  readonly children?: ReactNode;
}

/**
 * A number: drag its label to scrub, click to type (sums and units work), arrows step, Shift ×10, Alt ×0.1,
 * double-click the label to reset. Text that is no number stays where it was typed, with the reason.
 */
export function NumberField(props: NumberFieldProps) {
  const { label, value, onChange, min, max, step = 1, snap, decimals = 0, unit, defaultValue, track, disabled, zero, hint, children } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState<string>();
  const [reason, setReason] = useState<string>();
  const [note, setNote] = useState<string>();
  const inWords = draft === undefined && value === 0 ? zero : undefined;
  const shown = draft ?? inWords ?? value.toFixed(decimals);

  useEffect(() => {
    if (note === undefined) return;
    const timer = setTimeout(() => setNote(undefined), 2500);
    return () => clearTimeout(timer);
  }, [note]);

  const settle = (wanted: number): void => {
    const inRange = Math.min(max, Math.max(min, wanted));
    const next = snap === undefined ? roundTo(inRange, decimals) : Math.min(max, Math.max(min, Math.round(inRange / snap) * snap));
    if (next !== roundTo(wanted, decimals)) setNote(inRange === wanted ? `Snapped to ${next}` : `${label} goes from ${min} to ${max}`);
    onChange(next);
  };

  const commit = (): boolean => {
    if (draft === undefined) return true;
    const parsed = parseAmount(draft, unit);
    if (typeof parsed === 'string') {
      setReason(parsed);
      return false;
    }
    setDraft(undefined);
    setReason(undefined);
    settle(parsed);
    return true;
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Enter') {
      commit();
      // With Ctrl it also runs the prompt.
      if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
    } else if (event.key === 'Escape' && draft !== undefined) {
      setDraft(undefined);
      setReason(undefined);
      event.stopPropagation();
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      const factor = event.shiftKey ? 10 : event.altKey ? 0.1 : 1;
      const size = Math.max(step * factor, snap ?? 10 ** -decimals);
      setDraft(undefined);
      setReason(undefined);
      settle(value + (event.key === 'ArrowUp' ? size : -size));
    }
  };

  // A passive React wheel listener cannot keep the panel from scrolling under a focused field.
  useEffect(() => {
    const element = input.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent): void => {
      if (document.activeElement !== element) return;
      event.preventDefault();
      settle(value + (event.deltaY < 0 ? step : -step));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  });

  const changed = defaultValue !== undefined && value !== defaultValue;
  return (
    <div>
      <Base.Root
        value={value} min={min} max={max} step={step} disabled={disabled ?? false}
        onValueChange={(next, details) => { if (next !== null && details.reason === 'scrub') settle(next); }}
        className={cx(css.field, reason !== undefined && css.bad)} title={hint}
      >
        <Base.ScrubArea pixelSensitivity={4} onDoubleClick={() => { if (defaultValue !== undefined) onChange(defaultValue); }}>
          <label htmlFor={id} className={css.label}>{label}{changed && <i className={css.dot} title="Not the default" />}</label>
        </Base.ScrubArea>
        <input
          ref={input} id={id} className={css.value} role="spinbutton" autoComplete="off" spellCheck={false} disabled={disabled}
          aria-valuenow={value} aria-valuemin={min} aria-valuemax={max} aria-valuetext={`${shown}${unit && inWords === undefined ? ` ${unit}` : ''}`}
          aria-invalid={reason !== undefined} aria-describedby={reason ?? note ? `${id}-note` : undefined}
          value={shown}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={commit} onKeyDown={onKeyDown}
        />
        {unit && inWords === undefined && <span className={css.unit} aria-hidden>{unit}</span>}
        {children}
        {track && <span className={css.track} aria-hidden><i style={{ width: `${((value - min) / (max - min)) * 100}%` }} /></span>}
      </Base.Root>
      {(reason ?? note) && <p id={`${id}-note`} role="status" className={cx(css.note, reason !== undefined && css.reason)}>{reason ?? note}</p>}
    </div>
  );
}
