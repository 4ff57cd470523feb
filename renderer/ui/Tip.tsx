import { Tooltip } from '@base-ui/react/tooltip';
import type { ReactElement } from 'react';
import { keyLabel } from './keyLabel.ts';
import css from './Tip.module.css';

/** A tooltip with the action's key beside its name. */
export function Tip({ text, keys, children }: { readonly text: string; readonly keys?: string | undefined; readonly children: ReactElement }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className={css.layer}>
          <Tooltip.Popup className={css.tip}>{text}{keys && <kbd>{keyLabel(keys)}</kbd>}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
