/** What stands in a project's prompt and settings before it is sent: kept with the project, so that nobody has to set it twice. */
import { z } from 'zod';
import { textSchema } from './common.ts';
import { maskOptionsSchema, samplingFields, seedSchema } from './generation.ts';

const guidance = z.number().min(0).max(100);
const typed = z.string().max(200);
const { guidanceRange, stepCache } = samplingFields.common;
const { blend, fill, colourMatch, crop } = maskOptionsSchema.shape;

export const draftSchema = z.strictObject({
  task: z.enum(['create', 'edit', 'ask']),
  prompt: textSchema,
  modelId: z.string().max(200),
  sampling: z.strictObject({ steps: z.int().min(1).max(1_000), txtCfg: guidance, imgCfg: guidance, strength: z.number().min(0).max(1), seed: seedSchema, guidanceRange, stepCache }),
  seedLocked: z.boolean(),
  batch: z.int().min(1).max(1_000),
  /** Values as typed, e.g. "3, 5, 7.5". */
  sweep: z.exactOptional(z.strictObject({ txtCfg: typed, imgCfg: typed })),
  /** How a repaint joins what is kept. */
  join: z.strictObject({ blend, fill, colourMatch, crop }),
  /** More context pictures than the model was trained for. */
  experimental: z.boolean(),
  /** Prompts sent, newest first. */
  recent: z.array(textSchema).max(50),
});
export type Draft = z.infer<typeof draftSchema>;
