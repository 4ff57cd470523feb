/** Pictures that only the canvas needs: control maps, masks, files of the frame and of its layers. Stored by their content. */
import type { z } from 'zod';
import type { ControlMapInput, ExportLayers, maskFilterInputSchema, MaskInfo, smartSelectInputSchema, storedPictureSchema } from '../../preload/contract/canvas.ts';
import type { Hash } from '../../preload/contract/common.ts';
import type { Imaging } from '../imaging/imaging.ts';
import type { ControlMapTask, MadeMask } from '../imaging/messages.ts';
import type { AssetStore, CanvasRows, Pictures } from '../services.ts';
import { noEstimator, type DepthEstimator } from './depthEstimator.ts';

export interface CanvasPictureParts {
  readonly assets: Pick<AssetStore, 'info' | 'file' | 'put'>;
  readonly imaging: Pick<Imaging, 'controlMap' | 'warmEdges' | 'prepareSelect' | 'smartSelect' | 'filterMask' | 'encodeLayers'>;
  readonly rows: Pick<CanvasRows, 'derived' | 'setDerived' | 'addSources'>;
  readonly decoded: Pick<Pictures, 'rgb' | 'savePlain'>;
  readonly depth: DepthEstimator;
}

type StoredPicture = z.infer<typeof storedPictureSchema>;

export class CanvasPictures {
  readonly #parts: CanvasPictureParts;

  constructor(parts: CanvasPictureParts) {
    this.#parts = parts;
  }

  /** Made once for the same picture and settings. REQUEST_INVALID for thresholds in the wrong order, and for depth without an estimator. */
  async controlMap(input: ControlMapInput): Promise<StoredPicture> {
    const { assets, imaging } = this.#parts;
    const { hash: source } = input;
    if (input.control === 'depth' && input.from === 'picture') return this.#estimated(source);
    const map = taskOf(input);
    return this.#derived(`${JSON.stringify(map)} of ${source}`, source, input.control, async () => {
      const made = await imaging.controlMap(await this.#path(source), map);
      return assets.put(made.image, made);
    });
  }

  async canEstimateDepth(): Promise<boolean> {
    return (await this.#parts.depth.find()) !== undefined;
  }

  async #estimated(source: Hash): Promise<StoredPicture> {
    const { depth, decoded } = this.#parts;
    const found = await depth.find();
    if (!found) throw noEstimator();
    return this.#derived(`depth ${found.version} of ${source}`, source, 'depth', async () => decoded.savePlain(await depth.estimate(found, await decoded.rgb(source))));
  }

  /** What the recipe has made before, or makes now. */
  async #derived(recipe: string, source: Hash, how: string, make: () => Promise<StoredPicture>): Promise<StoredPicture> {
    const { assets, imaging, rows } = this.#parts;
    const known = await rows.derived(recipe);
    if (known !== undefined) {
      // A slider that stands where it was is about to be moved.
      if (how === 'canny') imaging.warmEdges();
      return sized(await assets.info(known));
    }
    const made = await make();
    await rows.setDerived(recipe, made.hash);
    await rows.addSources(made.hash, [source], how);
    return sized(made);
  }

  async prepareSelect({ hash }: { readonly hash?: Hash | undefined }): Promise<void> {
    await this.#parts.imaging.prepareSelect(hash === undefined ? undefined : await this.#path(hash));
  }

  async smartSelect({ hash, x, y, tolerance = 32 }: z.infer<typeof smartSelectInputSchema>): Promise<MaskInfo> {
    return this.#mask(await this.#parts.imaging.smartSelect(await this.#path(hash), { x, y, tolerance }), hash, 'select');
  }

  async filterMask({ hash, from = 'brightness', filters }: z.infer<typeof maskFilterInputSchema>): Promise<MaskInfo> {
    return this.#mask(await this.#parts.imaging.filterMask(await this.#path(hash), from, filters), hash, 'mask');
  }

  async exportLayers({ format, width, height, layers }: ExportLayers): Promise<Blob> {
    const placed = await Promise.all(layers.map(async ({ hash, ...layer }) => ({ ...layer, path: await this.#path(hash) })));
    const bytes = await this.#parts.imaging.encodeLayers({ format, width, height, layers: placed });
    return new Blob([new Uint8Array(bytes)], { type: format === 'psd' ? 'image/vnd.adobe.photoshop' : 'image/openraster' });
  }

  async #mask({ image, width, height, bounds, selectedPixels }: MadeMask, source: Hash, how: string): Promise<MaskInfo> {
    const { hash } = await this.#parts.assets.put(image, { width, height });
    await this.#parts.rows.addSources(hash, [source], how);
    return { hash, width, height, bounds: bounds ? { x: bounds.left, y: bounds.top, width: bounds.width, height: bounds.height } : null, selectedPixels };
  }

  async #path(hash: Hash): Promise<string> {
    return (await this.#parts.assets.file(hash)).path;
  }
}

function taskOf(input: ControlMapInput): ControlMapTask {
  if (input.control === 'canny') return { control: 'canny', low: input.low ?? 100, high: input.high ?? 200, blur: input.blur ?? 0 };
  return { control: 'depth', invert: input.invert ?? false };
}

function sized({ hash, width, height }: StoredPicture): StoredPicture {
  return { hash, width, height };
}
