/** Between the size of a picture and the size at which a model works on it. */
import type { MaskImage, RgbImage } from '../types.ts';
import { resizeBicubic } from './resizeBicubic.ts';
import type { Size } from './smartResize.ts';

/** The picture at another size; itself where it has that size already. */
export const rescale = (image: RgbImage, { width, height }: Size): RgbImage => (image.width === width && image.height === height ? image : resizeBicubic(image, width, height));

/** The same for a mask. What is painted on stays painted on, however small it becomes. */
export function rescaleMask(mask: MaskImage, size: Size): MaskImage {
  const { width, height } = size;
  if (mask.width === width && mask.height === height) return mask;
  const grey = new Uint8Array(3 * mask.data.length);
  mask.data.forEach((value, i) => grey.fill(value, 3 * i, 3 * i + 3));
  const small = rescale({ width: mask.width, height: mask.height, data: grey }, size);
  const data = Uint8Array.from({ length: width * height }, (_, i) => small.data[3 * i] as number);
  if (!data.some((value) => value > 0)) {
    const at = mask.data.findIndex((value) => value > 0);
    if (at >= 0) data[Math.floor((Math.floor(at / mask.width) * height) / mask.height) * width + Math.floor(((at % mask.width) * width) / mask.width)] = 255;
  }
  return { width, height, data };
}
