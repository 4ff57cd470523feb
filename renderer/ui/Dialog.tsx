import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { useRef } from 'react';
import type { ReactNode } from 'react';
import { IconButton } from './Button.tsx';
import css from './Dialog.module.css';
import { cx } from './cx.ts';

/** Settings, Export, Delete for ever: nothing else is modal. The header with the job strip stays uncovered. */
export function Dialog({ open, onClose, title, children, footer, narrow }: {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
  readonly narrow?: boolean;
}) {
  const popup = useRef<HTMLDivElement>(null);
  return (
    <Base.Root open={open} onOpenChange={(next) => { if (!next) onClose(); }}>
      <Base.Portal>
        <Base.Backdrop className={css.backdrop} />
        <Base.Popup ref={popup} initialFocus={popup} className={cx(css.popup, narrow && css.narrow)}>
          <div className={css.head}>
            <Base.Title className={css.title}>{title}</Base.Title>
            <Base.Close render={<IconButton label="Close" keys="Escape"><X size={16} /></IconButton>} />
          </div>
          <div className={css.body}>{children}</div>
          {footer && <div className={css.foot}>{footer}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
