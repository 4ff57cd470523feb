/** Pixels of stored pictures, and pictures of pixels: the imaging worker on top of the asset store. */
import type { AssetStore, Pictures } from './services.ts';
import type { Imaging } from './imaging/imaging.ts';

export function storedPictures(assets: Pick<AssetStore, 'file' | 'put'>, imaging: Pick<Imaging, 'decode' | 'decodeMask' | 'encodePng'>): Pictures {
  return {
    rgb: async (hash) => imaging.decode((await assets.file(hash)).path),
    mask: async (hash) => imaging.decodeMask((await assets.file(hash)).path),
    // What the file says of itself is enough to make its row again, should the history be lost.
    save: async (image, { request, seed, modelName, reproduce }) => assets.put(await imaging.encodePng(image, JSON.stringify({ request, seed, modelName, reproduce }))),
  };
}
