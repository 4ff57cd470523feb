import { create } from 'zustand';
import type { Rect } from '../document/records.ts';
import { useProject } from '../project/project.ts';
import { isRunning, useJobs, useLive } from '../queue/jobs.ts';
import { previewBlob } from '../queue/previewUrls.ts';
import { previewRect } from '../staging/staging.ts';

interface Draft {
  readonly jobId: string;
  readonly image: ImageBitmap;
  readonly rect: Rect;
}

/** The picture so far of what is being drawn for this canvas. */
export const useDrafts = create<{ readonly drafts: readonly Draft[] }>(() => ({ drafts: [] }));

let showing = '';

async function show(jobId: string, path: string, rect: Rect): Promise<void> {
  const blob = await previewBlob(path);
  if (blob === undefined) return;
  const image = await createImageBitmap(blob);
  if (showing !== jobId) return image.close();
  for (const old of useDrafts.getState().drafts) old.image.close();
  useDrafts.setState({ drafts: [{ jobId, image, rect }] });
}

function clear(): void {
  showing = '';
  const { drafts } = useDrafts.getState();
  if (drafts.length === 0) return;
  useDrafts.setState({ drafts: [] });
  for (const { image } of drafts) image.close();
}

/** Follows the job that runs for the open canvas. */
export function followDrafts(): () => void {
  let lastPath = '';
  const look = (): void => {
    const projectId = useProject.getState().project?.id;
    const job = useJobs.getState().list.find((one) => isRunning(one) && one.canvas !== undefined && one.projectId === projectId);
    const rect = job === undefined ? undefined : previewRect(job);
    if (job === undefined || rect === undefined) return clear();
    if (showing !== job.id) clear();
    showing = job.id;
    const path = useLive.getState().byJob[job.id]?.preview?.path;
    if (path === undefined || path === lastPath) return;
    lastPath = path;
    void show(job.id, path, rect).catch(() => undefined);
  };
  const stops = [useJobs.subscribe(look), useLive.subscribe(look), useProject.subscribe(look)];
  look();
  return () => { for (const stop of stops) stop(); clear(); };
}
