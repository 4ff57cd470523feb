import { fullUrl } from '../studio/picture.ts';
import { newCanvas } from './tiles.ts';

/** A stored picture, decoded. */
export interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly source: ImageBitmap;
  /** Its brightness as alpha, for masks; made when first asked for. */
  alpha?: OffscreenCanvas;
}

/** Pixels kept decoded: what is drawn lives in tiles already, so this only spares decoding again. */
const keptPixels = 48 * 1024 * 1024;

const decoded = new Map<string, Decoded>();
const loading = new Map<string, Promise<Decoded | undefined>>();
const failed = new Set<string>();
const listeners = new Set<(hash: string) => void>();

/** Called when a picture has arrived, or is known never to. */
export function onImage(listener: (hash: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function load(hash: string): Promise<Decoded | undefined> {
  try {
    const answer = await fetch(fullUrl(hash));
    if (!answer.ok) throw new Error(`no picture: ${answer.status}`);
    return await decode(hash, await answer.blob());
  } catch {
    failed.add(hash);
    return undefined;
  } finally {
    loading.delete(hash);
    for (const listener of listeners) listener(hash);
  }
}

async function decode(hash: string, blob: Blob): Promise<Decoded> {
  const source = await createImageBitmap(blob);
  const made: Decoded = { width: source.width, height: source.height, source };
  decoded.set(hash, made);
  let pixels = 0;
  for (const [key, one] of [...decoded].reverse()) {
    pixels += one.width * one.height;
    if (pixels > keptPixels && key !== hash) {
      decoded.delete(key);
      one.source.close();
    }
  }
  return made;
}

/** The picture if it is here; otherwise it is fetched and the listeners hear of it. */
export function imageOf(hash: string): Decoded | undefined {
  const known = decoded.get(hash);
  if (known !== undefined) {
    decoded.delete(hash);
    decoded.set(hash, known);
    return known;
  }
  if (!failed.has(hash)) void loadImage(hash);
  return undefined;
}

/** Whether a picture's file turned out to be gone: it is drawn as nothing, and the layers panel says so. */
export function isGone(hash: string): boolean {
  return failed.has(hash);
}

/** Waits until the picture is decoded; undefined where its file is gone. */
export function loadImage(hash: string): Promise<Decoded | undefined> {
  const known = decoded.get(hash);
  if (known !== undefined) return Promise.resolve(known);
  let running = loading.get(hash);
  if (running === undefined) {
    failed.delete(hash);
    running = load(hash);
    loading.set(hash, running);
  }
  return running;
}

/** A picture's brightness as alpha, white: how a mask file is drawn. */
export function alphaOf(image: Decoded): OffscreenCanvas {
  if (image.alpha !== undefined) return image.alpha;
  const { canvas, context } = newCanvas(image.width, image.height);
  context.drawImage(image.source, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height);
  const { data } = pixels;
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b, a] = [data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0, data[i + 3] ?? 0];
    data[i + 3] = Math.round(((r * 0.2126 + g * 0.7152 + b * 0.0722) * a) / 255);
    data[i] = data[i + 1] = data[i + 2] = 255;
  }
  context.putImageData(pixels, 0, 0);
  image.alpha = canvas;
  return canvas;
}
