import { Select as Base } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import field from './Field.module.css';
import menu from './Menu.module.css';
import { cx } from './cx.ts';

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
}

/** One of many, shown as a field: label left, choice right. */
export function Select<T extends string>({ label, value, options, onChange, showLabel = true, className }: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T) => void;
  readonly showLabel?: boolean;
  readonly className?: string | undefined;
}) {
  const chosen = options.find((option) => option.value === value)?.label ?? value;
  return (
    <Base.Root items={options} value={value} modal={false} onValueChange={(next) => { if (next !== null) onChange(next); }}>
      <Base.Trigger className={cx(field.field, field.select, className)} aria-label={`${label} ${chosen}`}>
        {showLabel && <span className={cx(field.label, field.still)}>{label}</span>}
        <Base.Value className={menu.chosen} style={showLabel ? undefined : { textAlign: 'left' }} />
        <ChevronDown size={14} aria-hidden />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className={menu.layer}>
          <Base.Popup className={menu.popup} style={{ minWidth: 'var(--anchor-width)' }}>
            {options.map((option) => (
              <Base.Item key={option.value} value={option.value} className={menu.item}>
                <Base.ItemText>{option.label}</Base.ItemText>
                <Base.ItemIndicator className={menu.tick}><Check size={14} /></Base.ItemIndicator>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
