/** The shape of a request as it crosses the process boundary. What the numbers mean is checked by the engine. */
import { isUint8Array } from 'node:util/types';
import { z } from 'zod';
import type {
  ControlRequest, EditRequest, EngineOptions, GenerateRequest, InpaintRequest, MaskImage, OutpaintRequest, PackTarget, RgbImage, TextToImageRequest, UnderstandRequest,
} from './protocol.ts';

const opt = z.exactOptional;
// zod's number refuses NaN and infinities, which is what a boundary wants.
const number = z.number();
const flag = z.boolean();

/** What the picture codec also refuses: gigabytes are not worth carrying over to be refused there. */
const maxPixels = 64_000_000;

function pixels(channels: number): z.ZodType<RgbImage> {
  return z
    .strictObject({
      width: z.int().positive(),
      height: z.int().positive(),
      data: z.custom<Uint8Array>(isUint8Array, 'expected bytes'),
    })
    .refine((image) => image.width * image.height <= maxPixels, {
      abort: true,
      error: (issue) => {
        const { width, height } = issue.input as RgbImage;
        return `${width}×${height} pixels; ${maxPixels / 1e6} megapixels are the limit`;
      },
    })
    .refine((image) => image.data.length === image.width * image.height * channels, {
      error: (issue) => {
        const { width, height, data } = issue.input as RgbImage;
        return `${data.length} bytes do not make a picture of ${width}×${height} with ${channels} bytes a pixel`;
      },
    });
}

const precisionSchema = z.enum(['fp32', 'fp16', 'int8', 'q4', 'q4b128']);

/** What is to be packed, as the engine process is told. */
export const packTargetSchema: z.ZodType<PackTarget> = z.strictObject({ precision: precisionSchema, packedDir: z.string().min(1), threads: opt(z.int().positive()) } satisfies FieldsOf<PackTarget>);

export const imageSchema: z.ZodType<RgbImage> = pixels(3);
const maskSchema: z.ZodType<MaskImage> = pixels(1);

/** Every field of T, named once: a request type that gains a field does not compile until its schema has it. */
type FieldsOf<T> = Readonly<Record<keyof T, z.ZodType>>;

export const engineOptionsSchema = z.strictObject({
  threads: opt(z.int()),
  provider: opt(z.enum(['cpu', 'webgpu', 'cuda', 'dml', 'coreml'])),
  precision: opt(precisionSchema),
  attention: opt(z.enum(['auto', 'fused', 'decomposed'])),
  packedDir: opt(z.string().min(1)),
  memoryBytes: opt(z.int().nonnegative()),
} satisfies FieldsOf<EngineOptions>);

const sampling = {
  prompt: z.string(),
  steps: opt(number),
  seed: opt(number),
  txtCfg: opt(number),
  shift: opt(z.union([flag, number])),
  noiseStream: opt(z.enum(['torch-f32', 'torch-bf16'])),
  previewEvery: opt(z.int().nonnegative()),
  vaeTile: opt(number),
  work: opt(z.strictObject({ width: number, height: number })),
  guidanceRange: opt(z.strictObject({ start: number, end: number })),
  stepCache: opt(number),
};
const references = opt(z.array(imageSchema));

const textToImage = z.strictObject({
  ...sampling,
  kind: z.literal('textToImage'),
  width: opt(number),
  height: opt(number),
  references,
  referenceTask: opt(z.enum(['subject', 'style'])),
  imgCfg: opt(number),
  experimental: opt(flag),
} satisfies FieldsOf<TextToImageRequest>);

const edit = z.strictObject({
  ...sampling,
  kind: z.literal('edit'),
  image: imageSchema,
  references,
  imgCfg: opt(number),
  sizing: opt(z.enum(['published', 'exact'])),
  strength: opt(number),
  task: opt(z.string()),
  experimental: opt(flag),
} satisfies FieldsOf<EditRequest>);

const inpaint = z.strictObject({
  ...sampling,
  kind: z.literal('inpaint'),
  image: imageSchema,
  denoiseMask: maskSchema,
  compositeMask: opt(maskSchema),
  task: opt(z.enum(['inpaint', 'outpaint', 'edit'])),
  editTask: opt(z.string()),
  raw: opt(flag),
  references,
  imgCfg: opt(number),
  strength: opt(number),
  experimental: opt(flag),
} satisfies FieldsOf<InpaintRequest>);

const outpaint = z.strictObject({
  ...sampling,
  kind: z.literal('outpaint'),
  image: imageSchema,
  left: number,
  top: number,
  right: number,
  bottom: number,
  fill: opt(z.enum(['edge', 'blur', 'neutral', 'telea'])),
  blend: opt(number),
  strength: opt(number),
  imgCfg: opt(number),
} satisfies FieldsOf<OutpaintRequest>);

const control = z.strictObject({
  ...sampling,
  kind: z.literal('control'),
  control: z.enum(['canny', 'depth']),
  map: imageSchema,
  strength: opt(number),
  start: opt(number),
  end: opt(number),
  references,
  imgCfg: opt(number),
  experimental: opt(flag),
} satisfies FieldsOf<ControlRequest>);

export const generateRequestSchema: z.ZodType<GenerateRequest> = z.discriminatedUnion('kind', [textToImage, edit, inpaint, outpaint, control]);

export const understandRequestSchema: z.ZodType<UnderstandRequest> = z.strictObject({
  prompt: z.string(),
  images: z.array(imageSchema),
  history: opt(z.array(z.strictObject({ role: z.enum(['user', 'assistant']), text: z.string() }))),
  maxTokens: opt(number),
  temperature: opt(number),
  topP: opt(number),
  topK: opt(number),
  repetitionPenalty: opt(number),
  stop: opt(z.array(z.string())),
  seed: opt(number),
} satisfies FieldsOf<UnderstandRequest>);
