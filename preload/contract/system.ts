/** The studio itself: what it runs on, its settings, the engine, the models. */
import { z } from 'zod';
import { countSchema, hashSchema, idSchema, timeSchema } from './common.ts';
import { failureSchema } from './errors.ts';
import { modelSourceSchema } from './models.ts';
import { attentionSchema, generateInputSchema, precisionSchema, providerSchema, vaeTileSchema } from './generation.ts';

const opt = z.exactOptional;

export const systemInfoSchema = z.object({
  version: z.string(),
  /** New with every start of the studio: events of another epoch cannot be resumed. */
  epoch: idSchema,
  host: z.enum(['electron', 'browser']),
  platform: z.string(),
  arch: z.string(),
  nodeVersion: z.string(),
  electronVersion: z.string().nullable(),
  cores: countSchema,
  memoryBytes: countSchema,
  freeDiskBytes: countSchema.nullable(),
  dataDir: z.string(),
  startedAt: timeSchema,
  /** Requests to the outside since the start; 0 unless a download was asked for. */
  outboundRequests: countSchema,
});
export type SystemInfo = z.infer<typeof systemInfoSchema>;

/** `absent`: no process; it starts with the next job. */
export const engineStateSchema = z.enum(['absent', 'starting', 'loading', 'ready', 'running', 'crashed']);

export const engineStatusSchema = z.object({
  state: engineStateSchema,
  pid: z.int().nullable(),
  modelId: z.string().nullable(),
  /** Resident memory of the engine process; null where there is none. */
  memoryBytes: countSchema.nullable(),
  provider: providerSchema.nullable(),
  precision: precisionSchema.nullable(),
  /** Why it fell, until the next job succeeds. */
  failure: failureSchema.nullable(),
  /** When it will be unloaded if nothing is asked of it. */
  unloadsAt: timeSchema.nullable(),
});
export type EngineStatus = z.infer<typeof engineStatusSchema>;

const kernelErrors = z.object({
  /** Largest error over largest value, against the processor; null = no such kernel. */
  matrixProduct: z.number(),
  fusedAttention: z.number().nullable(),
  decomposedAttention: z.number().nullable(),
  halfConvolution: z.number().nullable(),
  gigaflops: z.number(),
});

/** What is known of a provider on this machine. */
export const providerProbeSchema = z.object({
  provider: providerSchema,
  /** `crashed` (or hung, or talked nonsense): not tried again until somebody asks. `absent`: no driver or library. */
  state: z.enum(['untested', 'testing', 'right', 'wrong', 'absent', 'crashed']),
  reason: z.string().nullable(),
  testedAt: timeSchema.nullable(),
  report: kernelErrors.nullable(),
  /** The form of attention that it gets right. */
  attention: z.enum(['fused', 'decomposed']).nullable(),
});
export type ProviderProbe = z.infer<typeof providerProbeSchema>;

export const providersStateSchema = z.object({ probes: z.array(providerProbeSchema), chosen: providerSchema, reason: z.string() });
export type ProvidersState = z.infer<typeof providersStateSchema>;

export const themeSchema = z.enum(['system', 'dark', 'light']);

export const settingsSchema = z.object({
  theme: themeSchema,
  modelId: z.string().max(200),
  /** Null = every core. */
  threads: z.int().min(1).max(1_024).nullable(),
  /** Null = chosen by the engine. */
  provider: providerSchema.nullable(),
  precision: precisionSchema.nullable(),
  /** Model → its own precision, in place of the one for all. */
  precisions: opt(z.record(z.string().max(200), precisionSchema)),
  attention: attentionSchema,
  /** A preview every n steps; 0 = never. */
  previewEvery: z.int().min(0).max(100),
  /** The engine process ends after this long without a job; 0 = never. */
  idleUnloadMinutes: z.number().min(0).max(10_080),
  notifications: z.boolean(),
  /** Days after which the trash is emptied; 0 = never. */
  trashDays: z.int().min(0).max(3_650),
  lastProjectId: idSchema.nullable(),
  /** The most private memory that the engine's networks may take together; null = what is free. */
  memoryLimitBytes: opt(z.int().min(0).max(2 ** 50).nullable()),
  /** The autoencoder works in pieces of this side, pixels, where a request does not say; null = all at once. */
  vaeTile: opt(vaeTileSchema.nullable()),
  /** Pictures larger than what the model knows are worked on as they are, instead of at its own size and scaled back. */
  atFullSize: opt(z.boolean()),
  /** Action → key, where it is not the default. */
  keys: z.record(z.string().max(100), z.string().max(100)),
});
export type Settings = z.infer<typeof settingsSchema>;

export const settingsChangeSchema = settingsSchema.partial().strict();
export type SettingsChange = z.infer<typeof settingsChangeSchema>;

export const modelEntrySchema = z.object({
  id: z.string(),
  name: z.string(),
  summary: z.string(),
  builtIn: z.boolean(),
  /** `absent`: could be fetched or imported. `damaged`: see failure. */
  state: z.enum(['ready', 'absent', 'damaged']),
  inUse: z.boolean(),
  dir: z.string().nullable(),
  bytes: countSchema.nullable(),
  modelHash: z.string().nullable(),
  parameters: countSchema.nullable(),
  contextImages: countSchema,
  sizes: z.array(z.tuple([countSchema, countSchema])),
  defaults: z.object({ steps: countSchema, txtCfg: z.number(), imgCfg: z.number() }),
  tasks: z.array(z.object({ name: z.string(), experimental: z.boolean() })),
  /** What it knows, in a sentence; null = no limits are stated. */
  knows: z.string().nullable(),
  /** Every word that the built-in model has learnt; null = it has an open vocabulary. */
  vocabulary: z.array(z.string()).nullable(),
  failure: failureSchema.nullable(),
  /** Where it was, or could be, fetched from; left out for the built-in one and for folders. */
  source: opt(modelSourceSchema),
  licence: opt(z.string()),
  /** The studio keeps its files: removing it removes them. */
  owned: opt(z.boolean()),
  /** When its bytes were last found to be the hub's. */
  verifiedAt: opt(timeSchema),
});
export type ModelEntry = z.infer<typeof modelEntrySchema>;

/** A start that is one click away. */
export const exampleSchema = z.object({
  id: z.string(),
  place: z.enum(['create', 'edit', 'ask']),
  title: z.string(),
  text: z.string(),
  /** Opened along with it, where there is one. */
  image: hashSchema.nullable(),
  request: opt(generateInputSchema),
  question: opt(z.string()),
});
export type Example = z.infer<typeof exampleSchema>;
