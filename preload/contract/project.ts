/** What the studio remembers: projects, generations with every input, chats, lineage. */
import { z } from 'zod';
import { draftSchema } from './draft.ts';
import { countSchema, hashSchema, idSchema, nameSchema, pixelsSchema, textSchema, timeSchema, timingsMsSchema } from './common.ts';
import { failureSchema } from './errors.ts';
import { answerOptionsSchema, generateInputSchema, reproductionSchema, seedSchema } from './generation.ts';
import { jobStateSchema } from './jobs.ts';

const opt = z.exactOptional;

/** A stored file. */
export const assetInfoSchema = z.object({
  hash: hashSchema,
  mime: z.enum(['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif', 'image/tiff']),
  width: pixelsSchema,
  height: pixelsSchema,
  bytes: countSchema,
});
export type AssetInfo = z.infer<typeof assetInfoSchema>;

export const projectSchema = z.object({
  id: idSchema,
  name: nameSchema,
  createdAt: timeSchema,
  updatedAt: timeSchema,
  openedAt: timeSchema.nullable(),
  generations: countSchema,
  /** The newest picture. */
  cover: hashSchema.nullable(),
});
export type Project = z.infer<typeof projectSchema>;

/** One page writes a project, others read and can take over. `writer`: the page that writes, where it is another one. `draft`: what stood in its prompt and settings. */
export const openProjectSchema = z.object({ project: projectSchema, access: z.enum(['write', 'read']), writer: opt(idSchema), draft: opt(draftSchema) });
export type OpenProject = z.infer<typeof openProjectSchema>;

/** How a row came to be. `grid`: the labelled sheet of a sweep; `import`: brought in. */
export const taskSchema = z.enum(['textToImage', 'edit', 'inpaint', 'outpaint', 'control', 'grid', 'import']);
export type Task = z.infer<typeof taskSchema>;

/** As what an earlier picture went into a later one. */
export const lineageRoleSchema = z.enum(['source', 'mask', 'reference', 'control', 'cell']);
export type LineageRole = z.infer<typeof lineageRoleSchema>;

/** An input of a generation; `generationId` where that picture was itself made or brought in here. */
export const parentSchema = z.object({ hash: hashSchema, role: lineageRoleSchema, generationId: idSchema.nullable() });
export type Parent = z.infer<typeof parentSchema>;

/** What the grid of the gallery draws: small, so that pages of it are cheap. */
export const galleryItemSchema = z.object({
  id: idSchema,
  hash: hashSchema,
  width: pixelsSchema,
  height: pixelsSchema,
  mime: assetInfoSchema.shape.mime,
  task: taskSchema,
  /** The beginning of the prompt, or a file's name. */
  title: z.string(),
  seed: seedSchema.nullable(),
  starred: z.boolean(),
  batchId: idSchema.nullable(),
  projectId: idSchema.nullable(),
  createdAt: timeSchema,
  trashedAt: timeSchema.nullable(),
});
export type GalleryItem = z.infer<typeof galleryItemSchema>;

/** A row with every input by value or hash: enough to make the same bytes again. */
export const generationSchema = galleryItemSchema.extend({
  bytes: countSchema,
  prompt: textSchema,
  /** Null for what was brought in without parameters. */
  request: generateInputSchema.nullable(),
  modelId: z.string().nullable(),
  modelName: z.string().nullable(),
  reproduce: reproductionSchema.nullable(),
  steps: countSchema.nullable(),
  timingsMs: timingsMsSchema,
  tags: z.array(nameSchema),
  note: textSchema,
  jobId: idSchema.nullable(),
  label: z.string(),
  /** The name of the file that was brought in. */
  fileName: z.string().nullable(),
  parents: z.array(parentSchema),
});
export type Generation = z.infer<typeof generationSchema>;

export const lineageNodeSchema = galleryItemSchema.extend({
  /** Steps away from the picture that was asked about; negative = it came from there. */
  distance: z.int(),
});
export const lineageEdgeSchema = z.object({ from: idSchema, to: idSchema, role: lineageRoleSchema });
export const lineageSchema = z.object({
  nodes: z.array(lineageNodeSchema),
  edges: z.array(lineageEdgeSchema),
  /** More lies beyond `depth` or `limit`. */
  truncated: z.boolean(),
});
export type Lineage = z.infer<typeof lineageSchema>;

/** A question or an answer. An answer grows while its job runs. */
export const turnSchema = z.object({
  id: idSchema,
  role: z.enum(['user', 'assistant']),
  text: textSchema,
  createdAt: timeSchema,
  /** Of an answer: the job that writes it and how that stands. */
  jobId: idSchema.nullable(),
  state: jobStateSchema.nullable(),
  tokens: countSchema.nullable(),
  stopReason: z.enum(['eos', 'length', 'stop']).nullable(),
  timingsMs: timingsMsSchema,
  failure: failureSchema.nullable(),
});
export type Turn = z.infer<typeof turnSchema>;

export const chatSummarySchema = z.object({
  id: idSchema,
  title: z.string(),
  projectId: idSchema.nullable(),
  /** In order: A, B, … */
  images: z.array(hashSchema).max(16),
  questions: countSchema,
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type ChatSummary = z.infer<typeof chatSummarySchema>;

export const chatSchema = chatSummarySchema.extend({ turns: z.array(turnSchema) });
export type Chat = z.infer<typeof chatSchema>;

export const sendInputSchema = z.strictObject({
  chatId: idSchema,
  text: textSchema.min(1),
  /** Replaces the pictures of the chat from this turn on. */
  images: opt(z.array(hashSchema).max(16)),
  options: opt(answerOptionsSchema),
});
export type SendInput = z.infer<typeof sendInputSchema>;
