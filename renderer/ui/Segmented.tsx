import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import type { ReactNode } from 'react';
import css from './Segmented.module.css';
import { cx } from './cx.ts';

export interface Segment<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly icon?: ReactNode;
  readonly disabled?: boolean;
  /** Why it is disabled, or what it does. */
  readonly hint?: string;
}

/** One of a few: exactly one segment is always chosen. `inset` sits inside a well (the composer). */
export function Segmented<T extends string>({ label, value, onChange, segments, inset, iconsOnly }: {
  readonly label: string;
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly segments: readonly Segment<T>[];
  readonly inset?: boolean;
  readonly iconsOnly?: boolean;
}) {
  return (
    <ToggleGroup
      aria-label={label}
      className={cx(css.seg, inset && css.inset)}
      value={[value]}
      onValueChange={(next: readonly T[]) => { if (next[0] !== undefined) onChange(next[0]); }}
    >
      {segments.map((s) => (
        <Toggle key={s.value} value={s.value} disabled={s.disabled ?? false} title={s.hint} aria-label={iconsOnly ? s.label : undefined}>
          {s.icon}{!iconsOnly && s.label}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
