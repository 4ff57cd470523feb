import { ContextMenu } from '@base-ui/react/context-menu';
import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import css from './Menu.module.css';
import { cx } from './cx.ts';
import { keyLabel } from './keyLabel.ts';

export type MenuEntry =
  | { readonly kind?: 'item'; readonly label: string; readonly keys?: string | undefined; readonly icon?: ReactNode; readonly disabled?: boolean; readonly danger?: boolean; readonly run: () => void }
  | { readonly kind: 'separator' };

function entries(list: readonly MenuEntry[]): ReactNode {
  return list.map((entry, index) => entry.kind === 'separator'
    ? <Base.Separator key={`separator-${index}`} className={css.sep} />
    : (
      <Base.Item key={entry.label} className={cx(css.item, entry.danger && css.danger)} disabled={entry.disabled ?? false} onClick={entry.run}>
        {entry.icon}{entry.label}{entry.keys && <kbd>{keyLabel(entry.keys)}</kbd>}
      </Base.Item>
    ));
}

/** A menu that drops from its trigger. */
export function Menu({ trigger, items, align = 'start', side = 'bottom' }: {
  readonly trigger: ReactElement;
  readonly items: readonly MenuEntry[];
  readonly align?: 'start' | 'end';
  readonly side?: 'top' | 'bottom';
}) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align={align} side={side} className={css.layer}>
          <Base.Popup className={css.popup}>{entries(items)}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** The same menu at the pointer, for what lies under it. */
export function PointerMenu({ children, items }: { readonly children: ReactElement; readonly items: readonly MenuEntry[] }) {
  return (
    <ContextMenu.Root>
      <ContextMenu.Trigger render={children} />
      <ContextMenu.Portal>
        <ContextMenu.Positioner className={css.layer}>
          <ContextMenu.Popup className={css.popup}>{entries(items)}</ContextMenu.Popup>
        </ContextMenu.Positioner>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}
