/** A request of the contract, its pictures named by hash → the engine's, with their pixels. */
import type { GenerateInput, UnderstandInput } from '../../preload/contract/generation.ts';
import type { Pictures } from '../services.ts';
import type { GenerateRequest, RgbImage, UnderstandRequest } from './protocol.ts';

type Sources = Pick<Pictures, 'rgb' | 'mask'>;

/** Loads what the request names. ASSET_MISSING for a picture that is not stored any more. */
export async function toEngineRequest(input: GenerateInput, pictures: Sources, previewEvery: number): Promise<GenerateRequest> {
  switch (input.kind) {
    case 'textToImage': return { ...input, previewEvery, ...(await referencesOf(input, pictures)) };
    case 'edit': return { ...input, previewEvery, ...(await referencesOf(input, pictures)), image: await pictures.rgb(input.image) };
    case 'inpaint': {
      const { compositeMask: _mask, colourMatch: _match, crop = null, ...rest } = input;
      return {
        ...rest,
        previewEvery,
        ...(await referencesOf(input, pictures)),
        image: await pictures.rgb(input.image, crop),
        denoiseMask: await pictures.mask(input.denoiseMask, crop),
        // Composited on this side, where it can be done again in another way.
        raw: true,
      };
    }
    case 'outpaint': return { ...input, previewEvery, image: await pictures.rgb(input.image) };
    case 'control': return { ...input, previewEvery, ...(await referencesOf(input, pictures)), map: await pictures.rgb(input.map) };
  }
}

/** The same for a question. `history` stands in for the chat that the contract only names. */
export async function toEngineQuestion(input: UnderstandInput, history: UnderstandInput['history'], pictures: Sources): Promise<UnderstandRequest> {
  return {
    ...input.options,
    prompt: input.prompt,
    images: await all(input.images, pictures),
    ...(history === undefined || history.length === 0 ? {} : { history }),
  };
}

/** Always overwrites the hashes, or leaves the field out. */
async function referencesOf(input: { readonly references?: readonly string[] }, pictures: Sources): Promise<{ references: RgbImage[] }> {
  return { references: await all(input.references ?? [], pictures) };
}

async function all(hashes: readonly string[], pictures: Sources): Promise<RgbImage[]> {
  const images: RgbImage[] = [];
  // One by one: memory holds one decoder.
  for (const hash of hashes) images.push(await pictures.rgb(hash));
  return images;
}
