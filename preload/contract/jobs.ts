/** The queue: jobs, their progress, batches. */
import { z } from 'zod';
import { countSchema, hashSchema, idSchema, textSchema, timeSchema } from './common.ts';
import { failureSchema } from './errors.ts';
import { canvasPlaceSchema, generateInputSchema, jobRequestSchema, precisionSchema, seedSchema, vaeTileSchema } from './generation.ts';

const opt = z.exactOptional;

/** queued → running → done | failed | cancelled | interrupted. Cancelled is a state, not an error; interrupted = the engine or the studio died under it. */
export const jobStateSchema = z.enum(['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted']);
export type JobState = z.infer<typeof jobStateSchema>;

/** The foreground lane runs before the batch lane. */
export const laneSchema = z.enum(['foreground', 'batch']);
export type Lane = z.infer<typeof laneSchema>;

export const stageSchema = z.enum(['load', 'condition', 'encode', 'denoise', 'decode', 'understand', 'save']);

export const progressSchema = z.object({
  stage: stageSchema,
  /** 0 before the first step. */
  step: countSchema,
  steps: countSchema,
  stepMs: z.number().nonnegative().nullable(),
  leftMs: z.number().nonnegative().nullable(),
  /** Tokens of an answer so far. */
  tokens: opt(countSchema),
  tokensPerSecond: opt(z.number().nonnegative()),
  /** Weights are being packed for the chosen precision, once: bytes of them. */
  packing: opt(z.object({ done: countSchema, total: countSchema, perSecond: countSchema })),
  /** A network is being made ready; `alone`: memory does not hold all of them, so others had to go. */
  loading: opt(z.object({ network: z.string(), alone: z.boolean() })),
  /** A cancel was asked for and takes effect after this step. */
  stopping: opt(z.boolean()),
});
export type Progress = z.infer<typeof progressSchema>;

/** The picture so far. `path` is fetched like an asset, e.g. `/preview/<jobId>/<step>`; older steps may be gone. */
export const previewSchema = z.object({ step: countSchema, path: z.string() });
export type Preview = z.infer<typeof previewSchema>;

export const jobRecordSchema = z.object({
  id: idSchema,
  /** As submitted, with the seed filled in. */
  request: jobRequestSchema,
  modelId: z.string(),
  projectId: idSchema.nullable(),
  state: jobStateSchema,
  lane: laneSchema,
  /** Position within the lane, ascending; not contiguous, may be fractional. */
  order: z.number(),
  batchId: idSchema.nullable(),
  /** What sets this job apart in its batch: `seed 82`, `txtCfg 5 · imgCfg 1.5`. */
  label: z.string(),
  createdAt: timeSchema,
  startedAt: timeSchema.nullable(),
  finishedAt: timeSchema.nullable(),
  progress: progressSchema.nullable(),
  preview: previewSchema.nullable(),
  /** Set when done: the rows that it made. An answer makes none. */
  generationIds: z.array(idSchema),
  /** The answer so far, for `understand`. */
  text: z.string().nullable(),
  failure: failureSchema.nullable(),
  /** The job of which this one is a retry or duplicate. */
  originJobId: idSchema.nullable(),
  /** Set where the result will wait on the project's canvas. */
  canvas: opt(canvasPlaceSchema),
  /** Of the last event that concerned it. */
  seq: countSchema,
});
export type JobRecord = z.infer<typeof jobRecordSchema>;

export const queueStatusSchema = z.object({
  paused: z.boolean(),
  runningJobId: idSchema.nullable(),
  counts: z.record(jobStateSchema, countSchema),
  /** Until everything waiting is done; null when nothing of that kind has been measured. */
  leftMs: z.number().nonnegative().nullable(),
});
export type QueueStatus = z.infer<typeof queueStatusSchema>;

export const submitInputSchema = z.strictObject({
  requests: z.array(jobRequestSchema).min(1).max(1_000),
  lane: opt(laneSchema),
  /** Before everything that waits in its lane. */
  toFront: opt(z.boolean()),
  /** Default: the model of the settings. */
  modelId: opt(z.string().max(200)),
  projectId: opt(idSchema.nullable()),
});
export type SubmitInput = z.infer<typeof submitInputSchema>;

export const jobFilterSchema = z.strictObject({
  states: opt(z.array(jobStateSchema)),
  batchId: opt(idSchema),
  projectId: opt(idSchema),
  limit: opt(z.int().min(1).max(5_000)),
});
export type JobFilter = z.infer<typeof jobFilterSchema>;

/** Puts a job into a lane, before another one of it; null = last. */
export const moveInputSchema = z.strictObject({ jobId: idSchema, lane: opt(laneSchema), before: idSchema.nullable() });
export type MoveInput = z.infer<typeof moveInputSchema>;

export const warningSchema = z.object({
  /** `notKnown`: the built-in model has never seen such a thing; `tooManyImages`, `size`, `memory`: what it says. */
  kind: z.enum(['notKnown', 'tooManyImages', 'size', 'memory', 'experimental', 'slow']),
  message: z.string(),
  /** The words or values at fault. */
  items: z.array(z.string()),
});
export type Warning = z.infer<typeof warningSchema>;

/** The same job in a way that fits: what would have to change. */
export const fittingPlanSchema = z.object({
  precision: opt(precisionSchema),
  vaeTile: opt(vaeTileSchema),
  width: opt(countSchema),
  height: opt(countSchema),
  /** Networks come and go one by one within this: on a card, where they otherwise all stay. */
  memoryLimitBytes: opt(countSchema),
  neededBytes: countSchema,
});
export type FittingPlan = z.infer<typeof fittingPlanSchema>;

/** What a job will take of memory: private memory of the engine process; weight files that are only mapped are not in it. */
export const memoryOutlookSchema = z.object({
  /** `oneByOne`: each network is loaded when it is needed and lets the others' memory go first. */
  fits: z.enum(['whole', 'oneByOne', 'no']),
  /** The most, in the way that it would run. */
  neededBytes: countSchema,
  /** With everything staying loaded. */
  wholeBytes: countSchema,
  /** What the engine can have: of the machine, of a control group, of a card, or by the settings. Null where no card tells. */
  freeBytes: countSchema.nullable(),
  /** The most in each part of the job, one network at a time. */
  phases: z.array(z.object({ phase: z.enum(['understand', 'encode', 'denoise', 'decode']), bytes: countSchema })),
  /** Where it does not fit: what would; null where nothing does. */
  plan: fittingPlanSchema.nullable(),
});
export type MemoryOutlook = z.infer<typeof memoryOutlookSchema>;

/** What is known before anything runs. */
export const estimateSchema = z.object({
  /** Left out where it cannot be foretold: on a graphics card that tells nothing. */
  memory: opt(memoryOutlookSchema),
  /** Null when this kind of job was never measured here. */
  totalMs: z.number().nonnegative().nullable(),
  basis: z.enum(['measured', 'scaled', 'none']),
  warnings: z.array(warningSchema),
});
export type Estimate = z.infer<typeof estimateSchema>;

const values = z.array(z.number().min(0).max(100)).min(1).max(20);

/** One request, many jobs: seeds × prompt wildcards × guidance values. */
export const batchInputSchema = z.strictObject({
  request: generateInputSchema,
  /** How many seeds, counted up from the request's; or the seeds themselves. */
  seeds: opt(z.union([z.int().min(1).max(1_000), z.array(seedSchema).min(1).max(1_000)])),
  /** Every alternative of `{a|b}` in the prompt becomes a job; otherwise braces are words. */
  wildcards: opt(z.boolean()),
  /** The guidance study: every pair becomes a job, and all of them come back as one labelled grid. */
  sweep: opt(z.strictObject({ txtCfg: opt(values), imgCfg: opt(values) })),
  label: opt(z.string().max(200)),
  lane: opt(laneSchema),
  modelId: opt(z.string().max(200)),
  projectId: opt(idSchema.nullable()),
});
export type BatchInput = z.infer<typeof batchInputSchema>;

export const batchRecordSchema = z.object({
  id: idSchema,
  label: z.string(),
  input: batchInputSchema,
  createdAt: timeSchema,
  jobIds: z.array(idSchema),
  counts: z.record(jobStateSchema, countSchema),
  /** The labelled grid of a sweep, once all its cells are there. */
  grid: z.object({ hash: hashSchema, generationId: idSchema, columns: z.array(z.string()), rows: z.array(z.string()) }).nullable(),
});
export type BatchRecord = z.infer<typeof batchRecordSchema>;

/** What a batch would become, for showing its size before it is sent. */
export const expansionSchema = z.object({ jobs: countSchema, prompts: z.array(textSchema).max(1_000) });
export type Expansion = z.infer<typeof expansionSchema>;
