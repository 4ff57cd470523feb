/** What a half-done download remembers, in a small file beside the parts: enough to go on after the studio was killed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { failureSchema, type Failure } from '../../preload/contract/errors.ts';
import { modelSourceSchema } from '../../preload/contract/models.ts';
import { writeFileAtomic } from '../writeFile.ts';

export const stateName = '.install.json';

const count = z.int().nonnegative();
const fileSchema = z.object({
  name: z.string().regex(/^[A-Za-z0-9][\w.-]{0,200}$/),
  bytes: count,
  sha256: z.string().nullable(),
  gitSha1: z.string().nullable(),
  /** What the hub called this content when its first byte came. */
  etag: z.string().nullable(),
  /** False once the hub has answered a request for a range with the whole file. */
  ranges: z.boolean(),
  /** Bytes of each segment that are on the disk, from the segment's start. */
  done: z.array(count),
  verified: z.boolean(),
});
export type FileState = z.infer<typeof fileSchema>;

const stateSchema = z.object({
  version: z.literal(1),
  modelId: z.string(),
  name: z.string(),
  source: modelSourceSchema,
  licence: z.string().nullable(),
  parameters: count.nullable(),
  segmentBytes: z.int().min(1),
  /** A person stopped it, or it failed; null = it ran when this was written. */
  stopped: z.enum(['paused', 'failed']).nullable(),
  failure: failureSchema.nullable(),
  files: z.array(fileSchema).min(1),
}).refine(({ files, segmentBytes }) => files.every((file) => file.done.length === segmentsOf(file.bytes, segmentBytes) && file.done.every((done, i) => done <= segmentLength(file.bytes, segmentBytes, i))), 'segments do not fit the files');
export type InstallFile = z.infer<typeof stateSchema>;

/** An empty file has one segment of no bytes. */
export function segmentsOf(bytes: number, segmentBytes: number): number {
  return Math.max(1, Math.ceil(bytes / segmentBytes));
}

export function segmentLength(bytes: number, segmentBytes: number, index: number): number {
  return Math.min(segmentBytes, bytes - index * segmentBytes);
}

export function doneBytes(file: Pick<FileState, 'done'>): number {
  return file.done.reduce((sum, done) => sum + done, 0);
}

export function isComplete(file: FileState): boolean {
  return doneBytes(file) === file.bytes;
}

/** Forgets what was fetched of a file: its bytes turned out not to be the hub's. */
export function startOver(file: FileState): void {
  file.done.fill(0);
  file.etag = null;
  file.verified = false;
}

/** Undefined where there is none, or none that can be understood: then the download starts anew. */
export async function readState(dir: string): Promise<InstallFile | undefined> {
  const text = await readFile(join(dir, stateName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const parsed = stateSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** DISK_FULL. */
export function writeState(dir: string, state: InstallFile): Promise<void> {
  return writeFileAtomic(join(dir, stateName), Buffer.from(JSON.stringify(state)));
}

export function stoppedBy(state: InstallFile, stopped: InstallFile['stopped'], failure: Failure | null): void {
  state.stopped = stopped;
  state.failure = failure;
}
