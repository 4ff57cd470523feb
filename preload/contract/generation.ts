/** What the engine can be asked to do. Mirrors native's requests, with every picture and mask named by its hash. */
import { z } from 'zod';
import { hashSchema, idSchema, textSchema } from './common.ts';

const opt = z.exactOptional;

export const precisionSchema = z.enum(['fp32', 'fp16', 'int8', 'q4', 'q4b128']);
export const providerSchema = z.enum(['cpu', 'webgpu', 'cuda', 'dml', 'coreml']);
export const attentionSchema = z.enum(['auto', 'fused', 'decomposed']);
export type Precision = z.infer<typeof precisionSchema>;
export type Provider = z.infer<typeof providerSchema>;

/** The largest side that a request may ask for; what a model really can draw is its own affair. */
export const maxSide = 8_192;

const side = z.int().min(16).max(maxSide);
const cfg = z.number().min(0).max(100);
const strength = z.number().gt(0).max(1);
/** How far known pixels and masks may fade or grow, in pixels. */
const reach = z.number().min(0).max(2_000);
const references = opt(z.array(hashSchema).max(16));
const margin = z.int().nonnegative().max(maxSide);

export const seedSchema = z.int().nonnegative();

/** Side of the pieces in which the autoencoder may work, pixels. */
export const vaeTileSchema = z.int().min(128).max(maxSide).multipleOf(32);

const sampling = {
  prompt: textSchema,
  steps: opt(z.int().min(1).max(1_000)),
  /** Drawn by the queue where it is missing, so a stored request always has one. */
  seed: opt(seedSchema),
  txtCfg: opt(cfg),
  /** Overrides the checkpoint's timestep shift: false = none, a number = a fixed mu. */
  shift: opt(z.union([z.boolean(), z.number()])),
  noiseStream: opt(z.enum(['torch-f32', 'torch-bf16'])),
  /** Takes less memory, and the picture differs a little. Filled in from the settings when the job runs, so that a row has it. */
  vaeTile: opt(vaeTileSchema),
  /** The size at which the model works; the picture is scaled there and back. Filled in where the result is larger than what the model knows, so that a row has it. */
  work: opt(z.strictObject({ width: side, height: side })),
  /** Guidance acts between these shares of the steps alone, which takes less time; the picture differs. */
  guidanceRange: opt(z.strictObject({ start: z.number().min(0).max(1), end: z.number().min(0).max(1) })),
  /** Steps that are foretold to change less than this are drawn on instead of computed; the picture differs. */
  stepCache: opt(z.number().min(0).max(0.5)),
};

/** For requests elsewhere in the contract that sample in the same way. */
export const samplingFields = { common: sampling, imgCfg: opt(cfg) };

/** What stands in unknown pixels before the model paints them. */
export const unknownFillSchema = z.enum(['edge', 'blur', 'neutral', 'telea']);
export type UnknownFill = z.infer<typeof unknownFillSchema>;

/** A rectangle of whole canvas pixels; its corner may lie anywhere. */
export const rectSchema = z.strictObject({ x: z.int().min(-1_000_000).max(1_000_000), y: z.int().min(-1_000_000).max(1_000_000), width: z.int().min(1).max(65_536), height: z.int().min(1).max(65_536) });
export type CanvasRect = z.infer<typeof rectSchema>;

const frameSide = z.int().min(32).max(maxSide).multipleOf(32);

/** How a painted selection becomes the two masks of a repaint. Pixels. */
export const maskOptionsSchema = z.strictObject({
  /** Over which the denoise mask fades; default a tenth of the selection's diagonal. */
  feather: opt(reach),
  /** Added around the selection first; default 0. */
  grow: opt(reach),
  /** Over which the result fades into what is kept; default: as wide as leaves the selection whole. Of an outpaint, also over which known pixels may fade; there 0. */
  blend: opt(z.number().min(0).max(25)),
  /** Default `edge`. */
  fill: opt(unknownFillSchema),
  /** Gives what is new the colours of what is kept around it; default true. */
  colourMatch: opt(z.boolean()),
  /** Works on the mask and its surroundings only; default true. False = the whole frame. */
  crop: opt(z.boolean()),
});
export type MaskOptions = z.infer<typeof maskOptionsSchema>;

/** Where on a canvas a job's result belongs, and what it was made of. */
export const canvasPlaceSchema = z.strictObject({
  frame: rectSchema.extend({ width: frameSide, height: frameSide }),
  raster: hashSchema.nullable(),
  mask: hashSchema.nullable(),
  options: maskOptionsSchema,
});
export type CanvasPlace = z.infer<typeof canvasPlaceSchema>;

/** What a repaint is: words for what is masked, words for what lies beyond the picture, or an instruction about what is masked. */
export const inpaintTaskSchema = z.enum(['inpaint', 'outpaint', 'edit']);

/** How closely, and over which part of the steps, a drawing follows its map. */
export const controlRangeSchema = z.strictObject({
  /** 0–1: a factor of imgCfg; default 1. */
  strength: opt(z.number().min(0).max(1)),
  /** Shares of the steps, from 0 to 1; outside of them only the words count. Default 0 and 1. */
  start: opt(z.number().min(0).max(1)),
  end: opt(z.number().min(0).max(1)),
});

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
  /** Default `inpaint`. With `edit` the model sees what is under the mask, and the prompt is an instruction. */
  task: opt(inpaintTaskSchema),
  /** The wording of an `edit`, as for whole pictures. */
  editTask: opt(z.string().max(100)),
  /** The part of the picture that the model works on, in pixels from its top left corner; default all of it. */
  crop: opt(z.strictObject({ left: margin, top: margin, width: side, height: side })),
  /** Gives the result the colours of what is kept around the composite mask; default false. */
  colourMatch: opt(z.boolean()),
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
  fill: opt(unknownFillSchema),
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
  ...controlRangeSchema.shape,
  references,
  imgCfg: opt(cfg),
  experimental: opt(z.boolean()),
});

export const generateInputSchema = z.discriminatedUnion('kind', [textToImageSchema, editSchema, inpaintSchema, outpaintSchema, controlSchema]);
export type GenerateInput = z.infer<typeof generateInputSchema>;
export type GenerateKind = GenerateInput['kind'];
export type InpaintInput = z.infer<typeof inpaintSchema>;

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
