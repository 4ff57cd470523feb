import { Toast } from '@base-ui/react/toast';

/** Things that went well and can be undone. Errors never come here: they stand beside their cause. */
export const toasts = Toast.createToastManager();

/** Says what happened and, where it can be undone, offers that. */
export function say(title: string, action?: { readonly label: string; readonly run: () => void }): void {
  const id = toasts.add({
    title, timeout: action === undefined ? 4000 : 8000,
    ...(action === undefined ? {} : { actionProps: { children: action.label, onClick: () => { toasts.close(id); action.run(); } } }),
  });
}
