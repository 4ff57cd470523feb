/** Tells a person who looks elsewhere that their work is done, or what it waits for. */
import { Notification, type BrowserWindow } from 'electron';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import type { StudioEvent } from '../../preload/contract/events.ts';

export interface NotifyParts {
  readonly events: AsyncIterable<StudioEvent>;
  /** Whether the person wants to be told. */
  readonly wanted: () => boolean;
  readonly window: () => BrowserWindow | undefined;
  readonly show: () => void;
}

/** Listens until the events end. One notification when the queue has run dry, one for each failure; none while the window has the focus. */
export async function notifyOfJobs({ events, wanted, window, show }: NotifyParts): Promise<void> {
  /** Done since the last word. */
  let done: JobRecord[] = [];
  for await (const event of events) {
    const away = window()?.isFocused() !== true;
    if (event.type === 'job' && event.job.state === 'failed' && away && wanted()) {
      say('A job failed', `“${titleOf(event.job)}”: ${event.job.failure?.message ?? ''} Open the studio to see what can be done.`, show);
    }
    if (event.type === 'job' && event.job.state === 'done') done.push(event.job);
    if (event.type !== 'queue' || event.queue.runningJobId !== null || (event.queue.counts.queued > 0 && !event.queue.paused)) continue;
    const finished = done;
    done = [];
    const [first] = finished;
    if (first === undefined || !away || !wanted()) continue;
    if (finished.length > 1) say(`${finished.length} jobs are done`, 'Their results wait in the studio.', show);
    else if (first.request.kind === 'understand') say('Your question is answered', titleOf(first), show);
    else say('Your picture is ready', titleOf(first), show);
  }
}

function say(title: string, body: string, show: () => void): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification({ title, body, silent: true });
  notification.on('click', show);
  notification.show();
}

function titleOf({ request }: JobRecord): string {
  return request.prompt.length <= 80 ? request.prompt : `${request.prompt.slice(0, 79)}…`;
}
