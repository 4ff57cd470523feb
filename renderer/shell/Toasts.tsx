import { Toast } from '@base-ui/react/toast';
import css from './Toasts.module.css';

export function Toasts() {
  const { toasts } = Toast.useToastManager();
  return (
    <Toast.Portal>
      <Toast.Viewport className={css.viewport} aria-label="Notifications">
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
