/** The canvas behind the page: its saved document, jobs for its frame, results that wait on it, masks, maps, and files for others. */
import { z } from 'zod';
import { countSchema, hashSchema, idSchema, nameSchema, pixelsSchema, textSchema, timeSchema } from './common.ts';
import { exportFormatSchema } from './gallery.ts';
import {
  canvasPlaceSchema, controlRangeSchema, maskOptionsSchema, rectSchema, samplingFields, unknownFillSchema,
} from './generation.ts';
import { laneSchema } from './jobs.ts';

const opt = z.exactOptional;

/** Characters of one journal entry, of the entries of one call, and of a snapshot. */
export const journalLimits = { entry: 16 * 1024 * 1024, call: 32 * 1024 * 1024, snapshot: 64 * 1024 * 1024 } as const;

/**
 * One committed change. `text` is JSON of the page's own making (an object): it comes back byte for byte. Every stored picture whose
 * hash stands in it as a string is kept for as long as the canvas, or an undo of its page, can still show it: upload first.
 */
export const journalEntrySchema = z.strictObject({ seq: z.int().positive(), text: z.string().min(2).max(journalLimits.entry) });
export type JournalRow = z.infer<typeof journalEntrySchema>;

export const snapshotSchema = z.object({
  /** Holds every entry up to this one; 0 = the empty journal. */
  seq: countSchema,
  text: z.string().min(2).max(journalLimits.snapshot),
  savedAt: timeSchema,
});
export type CanvasSnapshot = z.infer<typeof snapshotSchema>;

/** Measured on the whole frame, after compositing. */
export const stagedFactsSchema = z.object({
  /** Pixels that differ from before where the composite mask is 0: none, or it is a bug. Null where nothing was masked. */
  changedOutside: countSchema.nullable(),
  /** How many pixels were to be kept. */
  keptPixels: countSchema.nullable(),
  /** Median CIEDE2000 between neighbours across the composite mask's border, and the same of the picture before. */
  seamDeltaE: z.number().nullable(),
  seamDeltaEBefore: z.number().nullable(),
});
export type StagedFacts = z.infer<typeof stagedFactsSchema>;

/** A result that waits on the canvas. It survives a crash, and is told by `staged` events. */
export const stagedSchema = z.object({
  id: idSchema,
  projectId: idSchema,
  jobId: idSchema,
  /** Its row in the gallery; null once that was removed for good. */
  generationId: idSchema.nullable(),
  createdAt: timeSchema,
  state: z.enum(['waiting', 'accepted', 'discarded']),
  /** Where it lies on the canvas; the result has this size. */
  frame: rectSchema,
  /** Opaque: what was before, with what is new composited onto it. */
  result: hashSchema,
  /** Only what was repainted: opaque there and empty elsewhere, at `rect` on the canvas. Laid over the picture it gives `result`, byte for byte. Null = the whole frame is new. */
  patch: z.object({ hash: hashSchema, rect: rectSchema }).nullable(),
  /** As the model drew it, before colour match and compositing. */
  raw: hashSchema,
  /** What the page sent: the frame below the masks, and the mask. */
  raster: hashSchema.nullable(),
  mask: hashSchema.nullable(),
  /** Null where there is nothing to composite again. */
  blend: z.number().nullable(),
  colourMatch: z.boolean().nullable(),
  facts: stagedFactsSchema,
  prompt: textSchema,
  seed: countSchema,
  /** Saved to the gallery by hand, as it stands after compositing. */
  kept: z.boolean(),
});
export type Staged = z.infer<typeof stagedSchema>;

export const canvasStateSchema = z.object({
  projectId: idSchema,
  /** Null = nothing was ever saved. */
  snapshot: snapshotSchema.nullable(),
  /** After the snapshot, without gaps. */
  entries: z.array(journalEntrySchema),
  /** Of the last entry, or of the snapshot: the next one is this plus 1. */
  seq: countSchema,
  /** Those that wait, oldest first. */
  staged: z.array(stagedSchema),
});
export type CanvasState = z.infer<typeof canvasStateSchema>;

const writing = { projectId: idSchema, pageId: idSchema };

export const appendInputSchema = z.strictObject({ ...writing, entries: z.array(journalEntrySchema).min(1).max(10_000) });
export const snapshotInputSchema = z.strictObject({ ...writing, seq: countSchema, text: snapshotSchema.shape.text });

const strength = z.number().min(0.05).max(1);
const references = opt(z.array(hashSchema).max(16));
const pictured = { references, imgCfg: samplingFields.imgCfg, experimental: opt(z.boolean()) };

/** The frame as the page draws it: a PNG of the frame's size. Where it is not opaque, the picture is unknown. */
const raster = hashSchema;

/** What a person asks of the frame. */
export const canvasRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...samplingFields.common, kind: z.literal('textToImage'), ...pictured, referenceTask: opt(z.enum(['subject', 'style'])) }),
  /** An instruction. With a mask, only what it covers may change, and the model sees what is under it. */
  z.strictObject({ ...samplingFields.common, kind: z.literal('edit'), raster, mask: opt(hashSchema), ...maskOptionsSchema.shape, ...pictured, strength: opt(strength), task: opt(z.string().max(100)) }),
  /** Repaints the mask; the model does not see what is under it. Unknown pixels count as masked. */
  z.strictObject({ ...samplingFields.common, kind: z.literal('inpaint'), raster, mask: hashSchema, ...maskOptionsSchema.shape, ...pictured, strength: opt(strength) }),
  /** Draws what is unknown; known pixels stay, but for `blend` pixels along the border. */
  z.strictObject({ ...samplingFields.common, kind: z.literal('outpaint'), raster, mask: opt(hashSchema), ...maskOptionsSchema.shape, ...pictured, strength: opt(strength) }),
  /** Along a map of the frame's size: its very bytes are what the model receives. */
  z.strictObject({ ...samplingFields.common, kind: z.literal('control'), control: z.enum(['canny', 'depth']), map: hashSchema, ...controlRangeSchema.shape, ...pictured }),
]);
export type CanvasRequest = z.infer<typeof canvasRequestSchema>;

export const canvasSubmitSchema = z.strictObject({
  projectId: idSchema,
  frame: canvasPlaceSchema.shape.frame,
  request: canvasRequestSchema,
  /** How many, each with a seed of its own counted up from the request's; default 1. */
  count: opt(z.int().min(1).max(16)),
  /** The stored pictures that the raster was drawn from: the lineage leads on to them. */
  sources: opt(z.array(hashSchema).max(1_000)),
  lane: opt(laneSchema),
  toFront: opt(z.boolean()),
  modelId: opt(z.string().max(200)),
});
export type CanvasSubmit = z.infer<typeof canvasSubmitSchema>;

export const recompositeInputSchema = z.strictObject({ id: idSchema, blend: opt(maskOptionsSchema.shape.blend.unwrap()), colourMatch: opt(z.boolean()) });

/** Canny of a picture (thresholds 0–1530, blur = sigma in pixels), or a given depth map made fit: grey, stretched to the whole range, near = white. */
export const controlMapInputSchema = z.discriminatedUnion('control', [
  z.strictObject({ control: z.literal('canny'), hash: hashSchema, low: opt(z.number().min(0).max(1530)), high: opt(z.number().min(0).max(1530)), blur: opt(z.number().min(0).max(50)) }),
  z.strictObject({ control: z.literal('depth'), hash: hashSchema, from: z.enum(['map', 'picture']), invert: opt(z.boolean()) }),
]);
export type ControlMapInput = z.infer<typeof controlMapInputSchema>;

export const storedPictureSchema = z.object({ hash: hashSchema, width: pixelsSchema, height: pixelsSchema });

/** A mask: brightness, white = selected. Bounds within it; null = nothing is selected. */
export const maskInfoSchema = storedPictureSchema.extend({
  bounds: z.object({ x: countSchema, y: countSchema, width: pixelsSchema, height: pixelsSchema }).nullable(),
  /** Pixels at least half selected. */
  selectedPixels: countSchema,
});
export type MaskInfo = z.infer<typeof maskInfoSchema>;

export const smartSelectInputSchema = z.strictObject({
  hash: hashSchema,
  /** Pixel of the picture that was clicked. */
  x: countSchema,
  y: countSchema,
  /** 0–100: how far a colour may stray and still belong; default 32. */
  tolerance: opt(z.number().min(0).max(100)),
});

const distance = z.number().min(0).max(2_000);
export const maskFilterSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('grow'), radius: distance }),
  z.strictObject({ type: z.literal('shrink'), radius: distance }),
  z.strictObject({ type: z.literal('feather'), width: distance }),
  z.strictObject({ type: z.literal('invert') }),
]);
export type MaskFilter = z.infer<typeof maskFilterSchema>;

/** Filters one after the other. `from`: brightness of a mask (default), or the alpha of any picture. */
export const maskFilterInputSchema = z.strictObject({ hash: hashSchema, from: opt(z.enum(['brightness', 'alpha'])), filters: z.array(maskFilterSchema).max(32) });

/**
 * An uploaded raster as a file for others; transparency stays where the format knows it (JPEG: on white). `generationIds`: rows that can be
 * seen in it; the file carries the parameters of the newest that was drawn, and says that it was edited since.
 */
export const exportPictureSchema = z.strictObject({
  hash: hashSchema,
  format: exportFormatSchema,
  /** JPEG and WebP, 1–100; default 92. */
  quality: opt(z.int().min(1).max(100)),
  /** Only this part of it. */
  rect: opt(z.strictObject({ x: countSchema, y: countSchema, width: pixelsSchema, height: pixelsSchema })),
  generationIds: opt(z.array(idSchema).max(1_000)),
});

const offset = z.int().min(-1_000_000).max(1_000_000);

/** Lowest first. Each layer is an uploaded raster, placed by its top left corner. */
export const exportLayersSchema = z.strictObject({
  format: z.enum(['psd', 'ora']),
  width: z.int().min(1).max(30_000),
  height: z.int().min(1).max(30_000),
  layers: z.array(z.strictObject({
    name: z.string().max(500), hash: hashSchema, x: offset, y: offset, opacity: z.number().min(0).max(1), visible: z.boolean(),
    blendMode: z.enum(['normal', 'multiply', 'screen', 'overlay']),
  })).min(1).max(500),
});
export type ExportLayers = z.infer<typeof exportLayersSchema>;

export const canvasCapabilitiesSchema = z.object({
  /** Whether `controlMap` can make depth from a picture; else only from a depth map. */
  depthEstimator: z.boolean(),
  unknownFills: z.array(unknownFillSchema),
  /** Widest blend in pixels. */
  maxBlend: z.number(),
});

/** A project as one file (`.ovis`), for another machine. */
export const importProjectSchema = z.strictObject({ file: z.instanceof(Blob), name: opt(nameSchema) });
