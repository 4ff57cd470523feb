/** Layered files for other programs: Photoshop's PSD and OpenRaster. */
import { writePsdUint8Array, type Layer } from 'ag-psd';
import { ZipFile } from 'yazl';
import { decodeRgba, encodePng } from '../../../native/image/codec.ts';
import { flatten, type PlacedLayer } from '../../../native/image/flatten.ts';
import { fitWithin, type RgbaImage } from '../../../native/image/rgba.ts';
import { StudioError } from '../../errors.ts';
import type { ImagingTask, LayersTask, LayerTask } from '../messages.ts';
import { naming } from './naming.ts';

/** All layers and the whole are in memory at once, 4 bytes a pixel. */
const mostPixels = 256_000_000;
/** The side of an OpenRaster thumbnail, by its specification. */
const thumbnailSide = 256;

type Decoded = PlacedLayer & Pick<LayerTask, 'name' | 'visible'>;

export async function layersOf({ work }: Extract<ImagingTask, { type: 'layers' }>): Promise<Uint8Array> {
  const { width, height } = work;
  let pixels = width * height;
  checkPixels(pixels);
  const layers: Decoded[] = [];
  // One by one: the error is then about the first bad file.
  for (const { path, ...layer } of work.layers) {
    const image = await naming(path, () => decodeRgba(path));
    checkPixels((pixels += image.width * image.height));
    layers.push({ ...layer, image });
  }
  const merged = flatten(width, height, layers.filter(({ visible }) => visible));
  return work.format === 'psd' ? psdOf(work, layers, merged) : openRasterOf(work, layers, merged);
}

function checkPixels(pixels: number): void {
  if (pixels > mostPixels) throw new StudioError('REQUEST_INVALID', `The layers have more than ${mostPixels / 1e6} megapixels together: export fewer, or a smaller part.`, { pixels, limit: mostPixels });
}

function psdOf({ width, height }: LayersTask, layers: readonly Decoded[], merged: RgbaImage): Uint8Array {
  const children = layers.map(({ name, x, y, opacity, visible, blendMode, image }): Layer => ({
    name, left: x, top: y, right: x + image.width, bottom: y + image.height, opacity, hidden: !visible, blendMode,
    imageData: { width: image.width, height: image.height, data: image.data },
  }));
  // Without a thumbnail: that alone would need a canvas.
  return writePsdUint8Array({ width, height, children, imageData: { width, height, data: merged.data } }, { generateThumbnail: false, noBackground: true });
}

const operators: Readonly<Record<LayerTask['blendMode'], string>> = { normal: 'svg:src-over', multiply: 'svg:multiply', screen: 'svg:screen', overlay: 'svg:overlay' };

async function openRasterOf({ width, height }: LayersTask, layers: readonly Decoded[], merged: RgbaImage): Promise<Uint8Array> {
  const zip = new ZipFile();
  const chunks: Uint8Array[] = [];
  const written = new Promise<void>((resolve, reject) => {
    zip.outputStream.on('data', (chunk: Uint8Array) => chunks.push(chunk)).on('end', resolve).on('error', reject);
  });
  const stored = { compress: false, mtime: new Date(0) };
  // First and uncompressed, so that the kind stands at a fixed place in the file.
  zip.addBuffer(Buffer.from('image/openraster'), 'mimetype', stored);
  const entries: string[] = [];
  for (const [index, { name, x, y, opacity, visible, blendMode, image }] of layers.entries()) {
    const src = `data/layer${index}.png`;
    zip.addBuffer(Buffer.from(await encodePng(image)), src, stored);
    // The topmost stands first.
    entries.unshift(`<layer name="${escaped(name)}" src="${src}" x="${x}" y="${y}" opacity="${opacity}" visibility="${visible ? 'visible' : 'hidden'}" composite-op="${operators[blendMode]}"/>`);
  }
  const stack = `<?xml version="1.0" encoding="UTF-8"?>\n<image version="0.0.5" w="${width}" h="${height}">\n<stack>\n${entries.join('\n')}\n</stack>\n</image>\n`;
  zip.addBuffer(Buffer.from(stack), 'stack.xml', { mtime: new Date(0) });
  zip.addBuffer(Buffer.from(await encodePng(merged)), 'mergedimage.png', stored);
  zip.addBuffer(Buffer.from(await encodePng(fitWithin(merged, thumbnailSide))), 'Thumbnails/thumbnail.png', stored);
  zip.end();
  await written;
  return new Uint8Array(Buffer.concat(chunks));
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;', '\r': '&#13;', '\t': '&#9;' };

function escaped(text: string): string {
  // What XML 1.0 cannot hold at all is left out.
  // eslint-disable-next-line no-control-regex
  return text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[&<>"\n\r\t]/g, (sign) => entities[sign] ?? '');
}
