/** A frame, what stands in it, and runs on it, for tests of the canvas through the contract. */
import { expect } from 'vitest';
import type { CanvasRequest, Staged } from '../../preload/contract/canvas.ts';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import type { Generation } from '../../preload/contract/project.ts';
import type { Pixels, WholeStudio } from './wholeStudio.ts';

export const frame = { x: -96, y: 32, width: 320, height: 288 };
export const area = frame.width * frame.height;

/** A picture in which every pixel differs from its neighbours. */
export function scene(change: (x: number, y: number) => number = () => 255): Pixels {
  const data = new Uint8Array(area * 4);
  for (let i = 0; i < area; i++) {
    const x = i % frame.width;
    const y = Math.floor(i / frame.width);
    data.set([(x * 7 + y) & 255, (y * 5 + 3 * x) & 255, (x ^ y) & 255, change(x, y)], i * 4);
  }
  return { width: frame.width, height: frame.height, data };
}

export function maskOf(inside: (x: number, y: number) => boolean): Pixels {
  const data = new Uint8Array(area);
  for (let i = 0; i < area; i++) data[i] = inside(i % frame.width, Math.floor(i / frame.width)) ? 255 : 0;
  return { width: frame.width, height: frame.height, data };
}

export const box = maskOf((x, y) => x >= 40 && x < 100 && y >= 50 && y < 90);

/** What the frame's requests become on a project of a studio. */
export function submitFrame(whole: WholeStudio, projectId: string, request: CanvasRequest, more: object = {}): Promise<JobRecord[]> {
  return whole.client.canvas.submit({ projectId, frame, request, ...more });
}

/** The same to its end, which must be a result. */
export async function runFrame(whole: WholeStudio, projectId: string, request: CanvasRequest, more: object = {}): Promise<{ readonly job: JobRecord; readonly staged: Staged; readonly generation: Generation }> {
  const [job] = await submitFrame(whole, projectId, request, more);
  const ended = await whole.ended(job?.id ?? '');
  expect(ended.failure).toBeNull();
  const staged = (await whole.client.canvas.staged({ projectId })).find(({ jobId }) => jobId === job?.id);
  if (staged === undefined) throw new Error('nothing waits on the canvas');
  return { job: ended, staged, generation: await whole.client.gallery.get({ id: ended.generationIds[0] ?? '' }) };
}
