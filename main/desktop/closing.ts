/** Closing with work in hand asks first. */
import { dialog, type BrowserWindow } from 'electron';

/** True when the window may close: nothing is unfinished, or the person says so. */
export function mayClose(window: BrowserWindow, unfinishedJobs: number): boolean {
  if (unfinishedJobs === 0) return true;
  const jobs = unfinishedJobs === 1 ? '1 job is' : `${unfinishedJobs} jobs are`;
  const choice = dialog.showMessageBoxSync(window, {
    type: 'question',
    title: 'Ovis Studio',
    message: `${jobs} not finished.`,
    detail: 'What waits is kept and goes on when the studio opens again. What runs now is interrupted and can be retried.',
    buttons: ['Keep open', 'Close'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  return choice === 1;
}
