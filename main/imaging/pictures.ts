/** Stored pictures as pixels, and pixels as stored pictures: the asset store and the imaging worker, put together. */
import type { Hash } from '../../preload/contract/common.ts';
import type { AssetInfo, Generation } from '../../preload/contract/project.ts';
import type { MaskImage, RgbImage } from '../engine/protocol.ts';
import type { AssetStore, Pictures } from '../services.ts';
import type { Imaging } from './imaging.ts';

/** What a PNG of ours remembers. */
export type CarriedGeneration = Pick<Generation, 'request' | 'seed' | 'modelName' | 'reproduce'>;

/** The text of the `ovis-studio` chunk. The same generation gives the same text, so that the same pixels stay one file. */
export function parametersText({ request, seed, modelName, reproduce }: CarriedGeneration): string {
  return JSON.stringify({ request, seed, model: modelName, ...reproduce });
}

/** Errors: ASSET_MISSING for a hash that is not stored, DISK_FULL. */
export class StoredPictures implements Pictures {
  readonly #assets: Pick<AssetStore, 'file' | 'put'>;
  readonly #imaging: Pick<Imaging, 'decode' | 'decodeMask' | 'encodePng'>;

  constructor(assets: Pick<AssetStore, 'file' | 'put'>, imaging: Pick<Imaging, 'decode' | 'decodeMask' | 'encodePng'>) {
    this.#assets = assets;
    this.#imaging = imaging;
  }

  async rgb(hash: Hash): Promise<RgbImage> {
    return this.#imaging.decode((await this.#assets.file(hash)).path);
  }

  async mask(hash: Hash): Promise<MaskImage> {
    return this.#imaging.decodeMask((await this.#assets.file(hash)).path);
  }

  async save(image: RgbImage, generation: CarriedGeneration): Promise<AssetInfo> {
    return this.#assets.put(await this.#imaging.encodePng(image, parametersText(generation)));
  }
}
