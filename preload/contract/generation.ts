/** What the engine can be asked to do. Mirrors native's requests, with every picture and mask named by its hash. */
import { z } from 'zod';
import { hashSchema, idSchema, textSchema } from './common.ts';

const opt = z.exactOptional;

export const precisionSchema = z.enum(['fp32', 'fp16', 'int8', 'q4']);
export const providerSchema = z.enum(['cpu', 'webgpu', 'cuda', 'dml', 'coreml']);
export const attentionSchema = z.enum(['auto', 'fused', 'decomposed']);
export type Precision = z.infer<typeof precisionSchema>;
export type Provider = z.infer<typeof providerSchema>;

/** The largest side that a request may ask for; what a model really can draw is its own affair. */
export const maxSide = 8_192;

const side = z.int().min(16).max(maxSide);
const cfg = z.number().min(0).max(100);
const strength = z.number().gt(0).max(1);
const references = opt(z.array(hashSchema).max(16));
const margin = z.int().nonnegative().max(maxSide);

export const seedSchema = z.int().nonnegative();

const sampling = {
  prompt: textSchema,
  steps: opt(z.int().min(1).max(1_000)),
  /** Drawn by the queue where it is missing, so a stored request always has one. */
  seed: opt(seedSchema),
  txtCfg: opt(cfg),
  /** Overrides the checkpoint's timestep shift: false = none, a number = a fixed mu. */
  shift: opt(z.union([z.boolean(), z.number()])),
  noiseStream: opt(z.enum(['torch-f32', 'torch-bf16'])),
};

/** Draws from words, alone or with pictures to take a subject or style from. */
export const textToImageSchema = z.strictObject({
  ...sampling,
  kind: z.literal('textToImage'),
  width: opt(side),
  height: opt(side),
  references,
  referenceTask: opt(z.enum(['subject', 'style'])),
  imgCfg: opt(cfg),
  experimental: opt(z.boolean()),
});

/** Follows an instruction on a whole picture. */
export const editSchema = z.strictObject({
  ...sampling,
  kind: z.literal('edit'),
  image: hashSchema,
  references,
  imgCfg: opt(cfg),
  /** `exact`: padded and cropped back, never resampled; `published`: as the published scripts resize. */
  sizing: opt(z.enum(['published', 'exact'])),
  strength: opt(strength),
  task: opt(z.string().max(100)),
  experimental: opt(z.boolean()),
});

/** Repaints the masked part. Masks are 8-bit grey PNGs of the image's size: 255 = repaint, 0 = keep. */
export const inpaintSchema = z.strictObject({
  ...sampling,
  kind: z.literal('inpaint'),
  image: hashSchema,
  denoiseMask: hashSchema,
  /** Through which the result is composited; default: the denoise mask. */
  compositeMask: opt(hashSchema),
  references,
  imgCfg: opt(cfg),
  strength: opt(strength),
  experimental: opt(z.boolean()),
});

/** Continues a picture beyond its edges, by pixels per side. */
export const outpaintSchema = z.strictObject({
  ...sampling,
  kind: z.literal('outpaint'),
  image: hashSchema,
  left: margin,
  top: margin,
  right: margin,
  bottom: margin,
  fill: opt(z.enum(['edge', 'blur', 'neutral', 'telea'])),
  /** Pixels inside the original's border over which old and new are blended. */
  blend: opt(margin),
  imgCfg: opt(cfg),
  strength: opt(strength),
});

/** Draws along a prepared control map: the very bytes of `map` are what the model receives. */
export const controlSchema = z.strictObject({
  ...sampling,
  kind: z.literal('control'),
  control: z.enum(['canny', 'depth']),
  map: hashSchema,
  references,
  imgCfg: opt(cfg),
  experimental: opt(z.boolean()),
});

export const generateInputSchema = z.discriminatedUnion('kind', [textToImageSchema, editSchema, inpaintSchema, outpaintSchema, controlSchema]);
export type GenerateInput = z.infer<typeof generateInputSchema>;
export type GenerateKind = GenerateInput['kind'];

export const answerOptionsSchema = z.strictObject({
  maxTokens: opt(z.int().min(1).max(8_192)),
  /** 0 = greedy. */
  temperature: opt(z.number().min(0).max(10)),
  topP: opt(z.number().gt(0).max(1)),
  topK: opt(z.int().min(0)),
  repetitionPenalty: opt(z.number().gt(0).max(10)),
  stop: opt(z.array(z.string().min(1).max(200)).max(16)),
  seed: opt(seedSchema),
});
export type AnswerOptions = z.infer<typeof answerOptionsSchema>;

export const historyTurnSchema = z.strictObject({ role: z.enum(['user', 'assistant']), text: textSchema });

/** Answers a question about pictures. Within a chat, main fills in history and pictures from its rows. */
export const understandSchema = z.strictObject({
  kind: z.literal('understand'),
  prompt: textSchema,
  images: z.array(hashSchema).max(16),
  history: opt(z.array(historyTurnSchema).max(1_000)),
  options: opt(answerOptionsSchema),
  /** The chat that the answer belongs to, and the turn that it fills. */
  chatId: opt(idSchema),
  turnId: opt(idSchema),
});
export type UnderstandInput = z.infer<typeof understandSchema>;

/** Everything that the queue can run. */
export const jobRequestSchema = z.discriminatedUnion('kind', [...generateInputSchema.options, understandSchema]);
export type JobRequest = z.infer<typeof jobRequestSchema>;

/** What must be stored beside a result so that the same bytes can be made again. */
export const reproductionSchema = z.object({
  engineVersion: z.string(),
  provider: providerSchema,
  precision: precisionSchema,
  threads: z.int().nonnegative(),
  attention: z.enum(['fused', 'decomposed']),
  modelHash: z.string(),
});
export type Reproduction = z.infer<typeof reproductionSchema>;
