/** In which precisions a model can run here: what each takes and costs, and the packing that some of them need. */
import { z } from 'zod';
import { countSchema } from './common.ts';
import { failureSchema } from './errors.ts';
import { precisionSchema, providerSchema } from './generation.ts';
import { modelIdSchema } from './models.ts';

/** Weights that are packed for a precision, once. The end is told as `models`; what failed or was stopped goes on when it is asked for again. */
export const packingSchema = z.object({
  modelId: modelIdSchema,
  precision: precisionSchema,
  state: z.enum(['packing', 'failed']),
  /** Of stored weights. */
  doneBytes: countSchema,
  totalBytes: countSchema,
  bytesPerSecond: countSchema.nullable(),
  leftMs: countSchema.nullable(),
  failure: failureSchema.nullable(),
});
export type Packing = z.infer<typeof packingSchema>;

export const precisionChoiceSchema = z.object({
  precision: precisionSchema,
  /** Of its packed weights once they are made; 0 = it runs from the weights as they are stored. */
  packBytes: countSchema,
  /** That it takes of the disk now, beside the model; older packs of this precision are in it. */
  diskBytes: countSchema,
  /** Nothing is left to be packed. */
  ready: z.boolean(),
  /** One picture at the size below, as planned: with everything loaded, and with one part after the other. `fits` is null where no card tells what it has. */
  memory: z.object({
    wholeBytes: countSchema, oneByOneBytes: countSchema, fits: z.enum(['whole', 'oneByOne', 'no']).nullable(),
    /** With the autoencoder in pieces of so many pixels, without which it would not fit; null = as the settings say. */
    tile: countSchema.nullable(),
  }),
  /** Of this model's own weights, measured: the difference over the weights, root mean squares. 0 = none. */
  error: z.number().nonnegative(),
  /** What should be known before it is taken. */
  note: z.string().nullable(),
});
export type PrecisionChoice = z.infer<typeof precisionChoiceSchema>;

export const modelPrecisionsSchema = z.object({
  modelId: modelIdSchema,
  /** For which the memory is planned. Pixels. */
  width: countSchema,
  height: countSchema,
  provider: providerSchema,
  /** Of the machine's memory, or the card's; null where no card tells. */
  freeBytes: countSchema.nullable(),
  /** What the next picture is drawn with. */
  used: precisionSchema,
  /** Chosen for this model alone; null = as for all models. */
  own: precisionSchema.nullable(),
  /** From the most exact to the least. */
  choices: z.array(precisionChoiceSchema),
  recommended: z.object({ precision: precisionSchema, reason: z.string() }),
  packing: packingSchema.nullable(),
});
export type ModelPrecisions = z.infer<typeof modelPrecisionsSchema>;
