/** Everything that the studio says unasked, in one order. A page that comes back names the last seq it has seen. */
import { z } from 'zod';
import { countSchema, idSchema, timeSchema } from './common.ts';
import { batchRecordSchema, jobRecordSchema, previewSchema, progressSchema, queueStatusSchema } from './jobs.ts';
import { installSchema } from './models.ts';
import { packingSchema } from './precisions.ts';
import { engineStatusSchema, settingsSchema } from './system.ts';

const opt = z.exactOptional;

const change = z.enum(['added', 'changed', 'removed']);
const stamp = { seq: countSchema, at: timeSchema };

/** A new job, or any change of one but progress, preview and tokens. */
const jobEvent = z.object({ ...stamp, type: z.literal('job'), jobId: idSchema, job: jobRecordSchema });
const progressEvent = z.object({ ...stamp, type: z.literal('progress'), jobId: idSchema, progress: progressSchema });
const previewEvent = z.object({ ...stamp, type: z.literal('preview'), jobId: idSchema, preview: previewSchema });
const tokenEvent = z.object({
  ...stamp,
  type: z.literal('token'),
  jobId: idSchema,
  index: countSchema,
  text: z.string(),
  chatId: opt(idSchema),
  turnId: opt(idSchema),
});

/** Of one job; they carry its id. */
export const jobEventSchema = z.discriminatedUnion('type', [jobEvent, progressEvent, previewEvent, tokenEvent]);
export type JobEvent = z.infer<typeof jobEventSchema>;

/** The first word to a page that is new, or has been away for too long: forget what you knew, this is how things stand. */
const snapshotEvent = z.object({
  ...stamp,
  type: z.literal('snapshot'),
  epoch: idSchema,
  /** Everything unfinished, and the newest finished ones. */
  jobs: z.array(jobRecordSchema),
  queue: queueStatusSchema,
  engine: engineStatusSchema,
  settings: settingsSchema,
});

export const studioEventSchema = z.discriminatedUnion('type', [
  snapshotEvent,
  jobEvent,
  progressEvent,
  previewEvent,
  tokenEvent,
  z.object({ ...stamp, type: z.literal('jobsRemoved'), jobIds: z.array(idSchema) }),
  z.object({ ...stamp, type: z.literal('queue'), queue: queueStatusSchema }),
  z.object({ ...stamp, type: z.literal('batch'), batch: batchRecordSchema }),
  z.object({ ...stamp, type: z.literal('engine'), engine: engineStatusSchema }),
  z.object({ ...stamp, type: z.literal('settings'), settings: settingsSchema }),
  z.object({ ...stamp, type: z.literal('gallery'), change, ids: z.array(idSchema) }),
  z.object({ ...stamp, type: z.literal('projects'), change, ids: z.array(idSchema) }),
  z.object({ ...stamp, type: z.literal('chats'), change, ids: z.array(idSchema) }),
  /** Results that wait on a project's canvas: new, composited anew or kept, accepted or discarded. */
  z.object({ ...stamp, type: z.literal('staged'), change, projectId: idSchema, ids: z.array(idSchema) }),
  z.object({ ...stamp, type: z.literal('models') }),
  /** Of a download or a check, at most ten a second; its end is told as `models`. */
  z.object({ ...stamp, type: z.literal('install'), install: installSchema }),
  /** Of packing, at most ten a second; its end is told as `models`. */
  z.object({ ...stamp, type: z.literal('packing'), packing: packingSchema }),
  /** Another page took the project over: this one reads from now on. */
  z.object({ ...stamp, type: z.literal('projectLost'), projectId: idSchema, toPage: idSchema }),
  /** No page writes the project any more: the first that asks may. */
  z.object({ ...stamp, type: z.literal('projectFree'), projectId: idSchema }),
]);
export type StudioEvent = z.infer<typeof studioEventSchema>;
export type StudioEventType = StudioEvent['type'];

type WithoutStamp<T> = T extends unknown ? Omit<T, 'seq' | 'at'> : never;
/** An event before it has its place in the order. */
export type NewEvent = WithoutStamp<Exclude<StudioEvent, { type: 'snapshot' }>>;

/** Where a page left off. */
export const resumeSchema = z.strictObject({ epoch: idSchema, seq: countSchema });
export type Resume = z.infer<typeof resumeSchema>;
