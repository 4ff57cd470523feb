/** Pixels of stored pictures, and pictures of pixels: the imaging worker on top of the asset store. */
import type { Generation } from '../preload/contract/project.ts';
import type { Imaging } from './imaging/imaging.ts';
import type { AssetStore, Pictures } from './services.ts';

/** What a PNG of ours says of itself: enough to make its row again, should the history be lost. The same generation gives the same text, so that the same pixels stay one file. */
export function parametersText({ request, seed, modelName, reproduce }: Pick<Generation, 'request' | 'seed' | 'modelName' | 'reproduce'>): string {
  return JSON.stringify({ request, seed, modelName, reproduce });
}

export function storedPictures(assets: Pick<AssetStore, 'file' | 'put'>, imaging: Pick<Imaging, 'decode' | 'decodeMask' | 'encodePng'>): Pictures {
  return {
    rgb: async (hash) => imaging.decode((await assets.file(hash)).path),
    mask: async (hash) => imaging.decodeMask((await assets.file(hash)).path),
    save: async (image, generation) => assets.put(await imaging.encodePng(image, parametersText(generation))),
  };
}
