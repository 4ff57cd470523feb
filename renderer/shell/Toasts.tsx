import { Toast } from '@base-ui/react/toast';
import { useEffect } from 'react';
import { keysOf, runCommand } from '../palette/commands.ts';
import css from './Toasts.module.css';

export function Toasts() {
  const { toasts } = Toast.useToastManager();
  useEffect(() => {
    const controller = new AbortController();
    // The library takes F6 for itself while something is told, and then no other part of the window could be reached.
    window.addEventListener('keydown', (event) => {
      if (event.key !== 'F6' || keysOf('view.nextRegion') !== 'F6') return;
      event.preventDefault();
      event.stopImmediatePropagation();
      runCommand(event.shiftKey ? 'view.previousRegion' : 'view.nextRegion');
    }, { capture: true, signal: controller.signal });
    return () => controller.abort();
  }, []);
  return (
    <Toast.Portal>
      <Toast.Viewport className={css.viewport} aria-label="Notifications" data-region={toasts.length > 0 ? 'notifications' : undefined}>
        {toasts.map((toast) => (
          <Toast.Root key={toast.id} toast={toast} className={css.toast} swipeDirection={[]}>
            <Toast.Title render={<span />} />
            {toast.actionProps !== undefined && <Toast.Action className={css.action} />}
          </Toast.Root>
        ))}
      </Toast.Viewport>
    </Toast.Portal>
  );
}
