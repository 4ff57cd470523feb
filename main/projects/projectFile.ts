/** The records of an `.ovis` file: a zip of these and of every picture that they name. */
import { z } from 'zod';
import { journalEntrySchema, snapshotSchema, stagedSchema } from '../../preload/contract/canvas.ts';
import { hashSchema, nameSchema, timeSchema } from '../../preload/contract/common.ts';
import { draftSchema } from '../../preload/contract/draft.ts';
import { maskOptionsSchema } from '../../preload/contract/generation.ts';
import { generationSchema } from '../../preload/contract/project.ts';

/** Rises when an older studio could not read what a newer one writes. */
export const fileVersion = 1;

export const manifestName = 'ovis.json';
export const recordNames = { document: 'document.json', generations: 'generations.json', staged: 'staged.json' } as const;

/** Read before anything else: a newer version may look different in everything but this. */
export const headSchema = z.object({ format: z.literal('ovis-project'), version: z.int().positive() });

const imageEnding = z.enum(['png', 'jpg', 'webp', 'gif', 'avif', 'tiff']);

export const manifestSchema = headSchema.extend({
  name: nameSchema,
  createdAt: timeSchema,
  exportedAt: timeSchema,
  /** SHA-256 of each record. */
  records: z.object({ document: hashSchema, generations: hashSchema, staged: hashSchema }),
  /** Pictures are their own check sums. */
  assets: z.array(z.object({ hash: hashSchema, extension: imageEnding })).max(200_000),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const documentSchema = z.object({
  snapshot: snapshotSchema.pick({ seq: true, text: true }).nullable(),
  entries: z.array(journalEntrySchema),
  seq: z.int().nonnegative(),
  sources: z.array(z.object({ hash: hashSchema, source: hashSchema, how: z.string().max(100) })).max(1_000_000),
  /** What stands in its prompt and settings. One of another version, that cannot be read, is no reason to refuse a project. */
  draft: draftSchema.nullable().catch(null),
});

export const generationsSchema = z.array(generationSchema).max(1_000_000);

const sourceSchema = z.object({
  image: hashSchema, denoiseMask: hashSchema, compositeMask: hashSchema,
  crop: z.object({ left: z.int().nonnegative(), top: z.int().nonnegative(), width: z.int().positive(), height: z.int().positive() }).nullable(),
  task: z.enum(['inpaint', 'outpaint', 'edit']), options: maskOptionsSchema,
});
export const stagedRecordsSchema = z.array(stagedSchema.extend({ source: sourceSchema.nullable() })).max(10_000);

export function assetName({ hash, extension }: { readonly hash: string; readonly extension: string }): string {
  return `assets/${hash}.${extension}`;
}
