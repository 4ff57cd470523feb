/** Says why the studio could not start, when there is no page yet to say it. */
import { dialog } from 'electron';
import { toFailure } from '../errors.ts';

export function showStartFailure(error: unknown): void {
  const { code, message } = toFailure(error);
  dialog.showErrorBox('Ovis Studio could not start', `${message}\n\n${code}`);
}
