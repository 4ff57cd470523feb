/** Models that come from a hub or a folder: what a download would take, how it stands, where it comes from. */
import { z } from 'zod';
import { countSchema, timeSchema } from './common.ts';
import { failureSchema } from './errors.ts';
import { precisionSchema } from './generation.ts';

const opt = z.exactOptional;

export const modelIdSchema = z.string().min(1).max(200);

/** `OWNER/NAME`, as the hub writes it. */
export const repoSchema = z.string().max(200).regex(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/, 'expected OWNER/NAME');

/** A branch, tag or commit. */
export const revisionSchema = z.string().max(200).regex(/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/, 'expected a branch, tag or commit');

/** Address of a hub or of a mirror of it. */
export const endpointSchema = z.url({ protocol: /^https?$/ }).max(500);

export const modelSourceSchema = z.object({ repo: repoSchema, revision: revisionSchema, endpoint: endpointSchema });
export type ModelSource = z.infer<typeof modelSourceSchema>;

/** How the bytes of a file can be checked once they are here: by the hub's sha256, by its git id, or by their number alone. */
export const fileCheckSchema = z.enum(['sha256', 'git', 'size']);

export const planInputSchema = z.strictObject({ repo: repoSchema, revision: opt(revisionSchema), endpoint: opt(endpointSchema) });
export type PlanInput = z.infer<typeof planInputSchema>;

/** What a download would take, said before a byte of it is fetched. */
export const installPlanSchema = z.object({
  modelId: modelIdSchema,
  name: z.string(),
  /** `revision` is the commit that would be fetched. */
  source: modelSourceSchema,
  licence: z.string().nullable(),
  licenceUrl: z.string().nullable(),
  files: z.array(z.object({ name: z.string(), bytes: countSchema, check: fileCheckSchema })),
  bytes: countSchema,
  /** Of these, already here from a download that was not finished. */
  presentBytes: countSchema,
  /** Where it would go, and the room there. */
  dir: z.string(),
  freeDiskBytes: countSchema.nullable(),
  parameters: countSchema.nullable(),
  /** Memory of the weights by precision, against this machine's. */
  memory: z.array(z.object({ precision: precisionSchema, bytes: countSchema, fits: z.boolean() })),
  memoryBytes: countSchema,
  /** This very commit is here and whole. */
  installed: z.boolean(),
});
export type InstallPlan = z.infer<typeof installPlanSchema>;

export const installStateSchema = z.enum([
  'downloading',
  /** For the hub or the line to come back; see `retryAt` and `failure`. */
  'waiting',
  /** Everything is fetched, the last sums are being made. */
  'verifying',
  /** An installed model is read again against the hub's sums. */
  'checking',
  'paused',
  /** The studio ended in the middle; a press goes on. */
  'interrupted',
  'failed',
]);

/** A download or a check under way, or one that can go on. */
export const installSchema = z.object({
  modelId: modelIdSchema,
  name: z.string(),
  source: modelSourceSchema,
  state: installStateSchema,
  bytes: countSchema,
  doneBytes: countSchema,
  verifiedBytes: countSchema,
  bytesPerSecond: countSchema.nullable(),
  leftMs: countSchema.nullable(),
  files: countSchema,
  filesDone: countSchema,
  retryAt: timeSchema.nullable(),
  /** Why it failed, or what it waits out. */
  failure: failureSchema.nullable(),
});
export type Install = z.infer<typeof installSchema>;

export const hubSourceSchema = z.object({
  endpoint: endpointSchema,
  /** Whether a token is stored; it is never shown again. */
  hasToken: z.boolean(),
  /** Where models are kept. */
  modelsDir: z.string(),
  freeDiskBytes: countSchema.nullable(),
});
export type HubSource = z.infer<typeof hubSourceSchema>;

export const hubSourceChangeSchema = z.strictObject({
  endpoint: opt(endpointSchema),
  /** Null takes the stored one away. It is sent to the endpoint's own host alone. */
  token: opt(z.string().regex(/^[\x21-\x7e]{1,500}$/, 'expected one word').nullable()),
  /** Null = beside the studio's other data. Models that are there stay there. */
  modelsDir: opt(z.string().min(1).max(1_000).nullable()),
});
export type HubSourceChange = z.infer<typeof hubSourceChangeSchema>;

export const verifyReportSchema = z.object({
  modelId: modelIdSchema,
  bytes: countSchema,
  files: z.array(z.object({ name: z.string(), state: z.enum(['ok', 'changed', 'missing', 'unchecked']) })),
  /** Every file that can be checked is as the hub has it. */
  whole: z.boolean(),
});
export type VerifyReport = z.infer<typeof verifyReportSchema>;
