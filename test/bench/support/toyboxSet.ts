import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { decodeImage } from '../../../native/image/codec.ts';
import { crop } from '../../../native/image/preprocess.ts';
import type { Engine, GenerateRequest, MaskImage, RgbImage } from '../../../native/types.ts';

/** The evaluation set that training/evaluate.py writes: items, what each asks of the engine, and what must be seen then. */

const kind = z.tuple([z.string(), z.string().nullable()]);
const share = z.number().min(0).max(1);
const cells = z.base64();

export const expectationSchema = z.strictObject({
  /** [shape, colour]: each must be seen, as often as it stands here. */
  has: z.array(kind).optional(),
  absent: z.array(kind).optional(),
  /** So many of a kind, no more and no fewer. */
  count: z.tuple([z.string(), z.string().nullable(), z.int()]).optional(),
  /** Things in the whole picture. */
  total: z.int().optional(),
  /** The first stands to the left of the second. */
  left: z.tuple([kind, kind]).optional(),
  /** A kind and where its middle must be. */
  at: z.tuple([z.string(), z.string().nullable(), share, share]).optional(),
  floor: z.string().optional(),
  sky: z.string().optional(),
  /** A kind whose middle must lie in the painted area. */
  inside: kind.optional(),
  thing: z.tuple([z.string(), z.string(), z.string()]).optional(),
  /** Cells that may change; all others must stay as they were. */
  rest: cells.optional(),
  /** Pictures: the result must be nearest to the first. */
  closest: z.array(z.string()).min(2).optional(),
  answer: z.string().optional(),
});
export type Expectation = z.infer<typeof expectationSchema>;

const name = z.string();
const requestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('textToImage'), prompt: z.string(), references: z.array(name).optional(), referenceTask: z.enum(['subject', 'style']).optional() }),
  z.strictObject({ kind: z.literal('edit'), prompt: z.string(), image: name, task: z.string().optional() }),
  z.strictObject({ kind: z.literal('inpaint'), prompt: z.string(), image: name, mask: cells }),
  z.strictObject({ kind: z.literal('outpaint'), prompt: z.string(), image: name, sides: z.tuple([z.int(), z.int(), z.int(), z.int()]) }),
  z.strictObject({ kind: z.literal('control'), prompt: z.string(), control: z.enum(['canny', 'depth']), map: name }),
  z.strictObject({ kind: z.literal('understand'), prompt: z.string(), images: z.array(name) }),
  z.strictObject({ kind: z.literal('reconstruct'), image: name }),
]);

export const itemSchema = z.strictObject({ id: z.string(), row: z.string(), request: requestSchema, expect: expectationSchema });
export type Item = z.infer<typeof itemSchema>;
const setSchema = z.strictObject({ version: z.literal(1), items: z.array(itemSchema) });

/** Cells a side of a stored mask. */
const CELLS = 32;

/** What is drawn for an item, besides its own words. */
export interface Draw {
  readonly seed: number;
  readonly txtCfg?: number;
  readonly imgCfg?: number;
}

export class EvaluationSet {
  readonly items: readonly Item[];
  readonly #folder: string;
  readonly #pictures = new Map<string, Promise<RgbImage>>();

  private constructor(folder: string, items: readonly Item[]) {
    this.#folder = folder;
    this.items = items;
  }

  static async open(folder: string): Promise<EvaluationSet> {
    return new EvaluationSet(folder, setSchema.parse(JSON.parse(await readFile(path.join(folder, 'set.json'), 'utf8'))).items);
  }

  picture(file: string): Promise<RgbImage> {
    const known = this.#pictures.get(file) ?? readFile(path.join(this.#folder, path.basename(file))).then((bytes) => decodeImage(bytes));
    this.#pictures.set(file, known);
    return known;
  }

  /** A picture that some item edits. */
  async editedPicture(): Promise<RgbImage> {
    for (const { request } of this.items) if (request.kind === 'edit') return this.picture(request.image);
    throw new Error('the set holds no edit');
  }

  /** The engine's request of an item, or null for what it does not draw. */
  async request({ request }: Item, draw: Draw): Promise<GenerateRequest | null> {
    const sampling = { prompt: 'prompt' in request ? request.prompt : '', ...draw };
    switch (request.kind) {
      case 'textToImage': {
        const references = await Promise.all((request.references ?? []).map((file) => this.picture(file)));
        return { kind: 'textToImage', ...sampling, ...(references.length > 0 && { references, referenceTask: request.referenceTask ?? 'subject' }) };
      }
      case 'edit': return { kind: 'edit', ...sampling, image: await this.picture(request.image), ...(request.task !== undefined && { task: request.task }) };
      case 'inpaint': {
        const image = await this.picture(request.image);
        return { kind: 'inpaint', ...sampling, image, denoiseMask: cellMask(request.mask, image) };
      }
      case 'outpaint': {
        const [left, top, right, bottom] = request.sides;
        const whole = await this.picture(request.image);
        const image = crop(whole, { left, top, width: whole.width - left - right, height: whole.height - top - bottom });
        return { kind: 'outpaint', ...sampling, image, left, top, right, bottom };
      }
      case 'control': return { kind: 'control', ...sampling, control: request.control, map: await this.picture(request.map) };
      default: return null;
    }
  }

  async answer({ request }: Item, engine: Engine): Promise<string> {
    if (request.kind !== 'understand') return '';
    const images = await Promise.all(request.images.map((file) => this.picture(file)));
    return (await engine.understand({ prompt: request.prompt, images, maxTokens: 48 })).text.trim();
  }
}

/** A stored mask as pixels of a picture's size. */
export function cellMask(packed: string, size: { readonly width: number; readonly height: number }): MaskImage {
  const bits = Buffer.from(packed, 'base64');
  if (bits.length !== (CELLS * CELLS) / 8) throw new Error(`a mask of ${CELLS}×${CELLS} cells has ${(CELLS * CELLS) / 8} bytes, got ${bits.length}`);
  const { width, height } = size;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = Math.floor((y * CELLS) / height) * CELLS + Math.floor((x * CELLS) / width);
      if ((bits[cell >> 3]! >> (7 - (cell & 7))) & 1) data[y * width + x] = 255;
    }
  }
  return { width, height, data };
}

/** The area that an outpainting paints. */
export function frameMask(size: { readonly width: number; readonly height: number }, sides: readonly [number, number, number, number]): MaskImage {
  const { width, height } = size;
  const [left, top, right, bottom] = sides;
  const data = new Uint8Array(width * height).fill(255);
  for (let y = top; y < height - bottom; y++) data.fill(0, y * width + left, y * width + width - right);
  return { width, height, data };
}
