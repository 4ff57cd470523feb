/** Finding pictures again: filters, keyset paging, counts. */
import { z } from 'zod';
import { countSchema, hashSchema, idSchema, nameSchema, timeSchema } from './common.ts';
import { galleryItemSchema, taskSchema } from './project.ts';

const opt = z.exactOptional;

export const galleryFilterSchema = z.strictObject({
  /** Full text over prompts, notes, tags and file names; every word must occur, the last one may be a beginning. */
  text: opt(z.string().max(500)),
  projectId: opt(idSchema),
  tasks: opt(z.array(taskSchema)),
  modelNames: opt(z.array(z.string())),
  starred: opt(z.boolean()),
  /** All of them. */
  tags: opt(z.array(nameSchema)),
  batchId: opt(idSchema),
  hash: opt(hashSchema),
  withoutPrompt: opt(z.boolean()),
  /** createdAt within [from, to). */
  from: opt(timeSchema),
  to: opt(timeSchema),
  /** Default false: the trash is a place of its own. */
  trashed: opt(z.boolean()),
});
export type GalleryFilter = z.infer<typeof galleryFilterSchema>;

/** The last row of the page before. A page may also make one up to jump to a date. */
export const cursorSchema = z.strictObject({ createdAt: timeSchema, id: opt(idSchema) });
export type Cursor = z.infer<typeof cursorSchema>;

export const gallerySortSchema = z.enum(['newest', 'oldest']);

export const searchInputSchema = z.strictObject({
  filter: opt(galleryFilterSchema),
  sort: opt(gallerySortSchema),
  /** Rows strictly after this one in the sort's order. */
  after: opt(cursorSchema),
  limit: opt(z.int().min(1).max(500)),
});
export type SearchInput = z.infer<typeof searchInputSchema>;

export const searchPageSchema = z.object({
  items: z.array(galleryItemSchema),
  /** Null at the end. */
  next: cursorSchema.nullable(),
  tookMs: z.number(),
});
export type SearchPage = z.infer<typeof searchPageSchema>;

/** How many match, by local day: headings, the scroll bar's length, and where to jump. */
export const timelineSchema = z.object({
  total: countSchema,
  /** Newest first. `from` = its local midnight. */
  days: z.array(z.object({ from: timeSchema, to: timeSchema, count: countSchema })),
  tookMs: z.number(),
});
export type Timeline = z.infer<typeof timelineSchema>;

export const galleryCountsSchema = z.object({
  all: countSchema,
  starred: countSchema,
  trashed: countSchema,
  tasks: z.record(taskSchema, countSchema),
  projects: z.array(z.object({ projectId: idSchema.nullable(), count: countSchema })),
  tags: z.array(z.object({ tag: nameSchema, count: countSchema })),
  models: z.array(z.object({ modelName: z.string(), count: countSchema })),
  /** Of all stored files. */
  bytes: countSchema,
});
export type GalleryCounts = z.infer<typeof galleryCountsSchema>;

export const savedSearchSchema = z.object({ id: idSchema, name: nameSchema, filter: galleryFilterSchema });
export type SavedSearch = z.infer<typeof savedSearchSchema>;

export const exportFormatSchema = z.enum(['png', 'jpeg', 'webp']);
export type ExportFormat = z.infer<typeof exportFormatSchema>;

/** A picture as a file for others. Parameters are written as XMP and as an A1111-style text where the format can hold them. */
export const exportInputSchema = z.strictObject({
  id: idSchema,
  format: exportFormatSchema,
  /** JPEG and WebP, 1–100; default 92. */
  quality: opt(z.int().min(1).max(100)),
  /** Default true. */
  withParameters: opt(z.boolean()),
});
export type ExportInput = z.infer<typeof exportInputSchema>;
