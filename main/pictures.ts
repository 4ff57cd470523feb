/** Pixels of stored pictures, and pictures of pixels: the imaging worker on top of the asset store. */
import { generateInputSchema } from '../preload/contract/generation.ts';
import type { Generation } from '../preload/contract/project.ts';
import type { Imaging } from './imaging/imaging.ts';
import type { AssetStore, Pictures } from './services.ts';

/** What a PNG of ours says of itself: enough to make its row again, should the history be lost. The same generation gives the same text, so that the same pixels stay one file. */
export function parametersText({ request, seed, modelName, reproduce }: Pick<Generation, 'request' | 'seed' | 'modelName' | 'reproduce'>): string {
  // Fields in the order of the schema, however the request came about.
  return JSON.stringify({ request: request && generateInputSchema.parse(request), seed, modelName, reproduce });
}

export function storedPictures(assets: Pick<AssetStore, 'file' | 'put'>, imaging: Pick<Imaging, 'decode' | 'decodeMask' | 'encodePng' | 'encodePlain' | 'composite'>): Pictures {
  const path = async (hash: string): Promise<string> => (await assets.file(hash)).path;
  return {
    rgb: async (hash, part) => imaging.decode(await path(hash), part ?? undefined),
    mask: async (hash, part) => imaging.decodeMask(await path(hash), part ?? undefined),
    composite: async (request, drawn, generation) => {
      const { image, denoiseMask, compositeMask = denoiseMask, crop, colourMatch = false } = request;
      const { result, patch, ...measured } = await imaging.composite({
        image: await path(image), compositeMask: await path(compositeMask), raw: typeof drawn === 'string' ? await path(drawn) : drawn, crop, colourMatch, text: parametersText(generation),
      });
      const { changedOutside, keptPixels, seamDeltaE = null, seamDeltaEBefore = null } = measured;
      return {
        result: await assets.put(result),
        patch: patch === undefined ? null : { hash: (await assets.put(patch.image)).hash, rect: { x: patch.rect.left, y: patch.rect.top, width: patch.rect.width, height: patch.rect.height } },
        facts: { changedOutside, keptPixels, seamDeltaE, seamDeltaEBefore },
      };
    },
    savePlain: async (image) => assets.put(await imaging.encodePlain(image)),
    save: async (image, generation) => assets.put(await imaging.encodePng(image, parametersText(generation))),
  };
}
