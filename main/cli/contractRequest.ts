/** A request with pixels → the contract's, with every picture as a stored file named by its hash. */
import { generateInputSchema, type GenerateInput } from '../../preload/contract/generation.ts';
import type { GenerateRequest, GenerateResult, MaskImage, RgbImage } from '../engine/protocol.ts';
import { spelledOut } from '../jobs/generateJob.ts';
import type { Imaging } from '../imaging/imaging.ts';

/** Stores PNG bytes and tells their hash. */
export type Store = (png: Uint8Array, name: string) => Promise<{ readonly hash: string }>;

/** Stores every picture of the request. With a result, the defaults that were used are spelled out. */
export async function contractRequest(request: GenerateRequest, imaging: Pick<Imaging, 'encodePng'>, store: Store, result?: GenerateResult): Promise<GenerateInput> {
  const hashOf = async (image: RgbImage | MaskImage, name: string): Promise<string> => (await store(await imaging.encodePng(asRgb(image), ''), `${name}.png`)).hash;
  const named: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(request)) {
    if (field === 'previewEvery' || value === undefined) continue;
    if (Array.isArray(value)) {
      const hashes: string[] = [];
      for (const image of value as RgbImage[]) hashes.push(await hashOf(image, field));
      named[field] = hashes;
    } else named[field] = isImage(value) ? await hashOf(value, field) : value;
  }
  const input = generateInputSchema.parse(named);
  return result ? spelledOut(input, result) : input;
}

function isImage(value: unknown): value is RgbImage | MaskImage {
  return typeof value === 'object' && value !== null && 'data' in value;
}

/** A mask as a grey picture: its brightness is what is read back. */
function asRgb({ width, height, data }: RgbImage | MaskImage): RgbImage {
  if (data.length === width * height * 3) return { width, height, data };
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) rgb.fill(data[i] ?? 0, i * 3, i * 3 + 3);
  return { width, height, data: rgb };
}
