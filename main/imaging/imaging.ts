/** Pictures in and out, control maps and masks: worked on in a thread of its own, never in the engine process. */
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fromFailure, StudioError } from '../errors.ts';
import { threadLimits } from '../memory.ts';
import type {
  CannyOptions, CompositedPicture, CompositeTask, ControlMapTask, FileOptions, ImagingReply, ImagingTask, LayersTask, MadeMask, MadePicture, MaskFilterTask, MaskOptions,
  OpaqueFrame, PartFileOptions, PartRect, PictureFacts, PreparedMasks, PreparedRepaint, RepaintSettings, SheetTask,
} from './messages.ts';
import type { MaskImage, RgbImage } from '../engine/protocol.ts';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The worker starts with the first task and must be closed. Errors: REQUEST_INVALID naming the file. */
export class Imaging {
  #worker: Worker | undefined;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;

  /** A picture file of any common format → pixels of it or of a part of it, upright, without transparency. */
  decode(path: string, part?: PartRect): Promise<RgbImage> {
    return this.#ask<RgbImage>({ type: 'decode', path: resolve(path), part });
  }

  async decodeAll(paths: readonly string[]): Promise<RgbImage[]> {
    const images: RgbImage[] = [];
    // One by one: the error is then about the first bad file, and memory holds one decoder.
    for (const path of paths) images.push(await this.decode(path));
    return images;
  }

  /** The edges of a picture file as the control map that the model receives. */
  cannyOf(path: string, options: CannyOptions): Promise<RgbImage> {
    return this.#ask<RgbImage>({ type: 'canny', path: resolve(path), options });
  }

  /** A mask file for `image` → the denoise and composite masks. REQUEST_INVALID when the sizes differ. */
  prepareMasks(path: string, image: RgbImage, options: MaskOptions): Promise<PreparedMasks> {
    return this.#ask<PreparedMasks>({ type: 'masks', path: resolve(path), width: image.width, height: image.height, options });
  }

  /** A mask file → its brightness, one byte a pixel. */
  decodeMask(path: string, part?: PartRect): Promise<MaskImage> {
    return this.#ask<MaskImage>({ type: 'decodeMask', path: resolve(path), part });
  }

  /** A frame (a file; not opaque = unknown) and a selection → what a repaint needs. REQUEST_INVALID when the sizes differ or nothing is to be repainted. */
  prepareRepaint(raster: string, mask: string | undefined, settings: RepaintSettings): Promise<PreparedRepaint> {
    return this.#ask<PreparedRepaint>({ type: 'repaint', raster: resolve(raster), mask: mask && resolve(mask), settings });
  }

  /** A frame with its unknown pixels filled. */
  fillFrame(raster: string, fill: RepaintSettings['fill']): Promise<OpaqueFrame> {
    return this.#ask<OpaqueFrame>({ type: 'opaque', raster: resolve(raster), fill });
  }

  /** Lays a drawing onto a picture through the composite mask. */
  composite(work: CompositeTask): Promise<CompositedPicture> {
    return this.#ask<CompositedPicture>({
      type: 'composite',
      work: { ...work, image: resolve(work.image), compositeMask: resolve(work.compositeMask), raw: typeof work.raw === 'string' ? resolve(work.raw) : work.raw },
    });
  }

  /** Pixels → PNG bytes that say nothing of themselves. */
  encodePlain(image: RgbImage): Promise<Uint8Array> {
    return this.#ask<Uint8Array>({ type: 'encodePlain', image });
  }

  /** A picture file → the map that a model follows. */
  controlMap(path: string, map: ControlMapTask): Promise<MadePicture> {
    return this.#ask<MadePicture>({ type: 'controlMap', path: resolve(path), map });
  }

  /** Loads what finds edges ahead of its first use. */
  warmEdges(): void {
    this.#ask<true>({ type: 'warmEdges' }).catch(() => undefined);
  }

  /** Reads a picture file ahead of the first click on it; without one only starts what clicks need. */
  async prepareSelect(path: string | undefined): Promise<void> {
    await this.#ask<true>({ type: 'prepareSelect', path: path && resolve(path) });
  }

  /** The object under a pixel. REQUEST_INVALID for a pixel outside of the picture. */
  smartSelect(path: string, point: { readonly x: number; readonly y: number; readonly tolerance: number }): Promise<MadeMask> {
    return this.#ask<MadeMask>({ type: 'smartSelect', path: resolve(path), ...point });
  }

  filterMask(path: string, from: 'brightness' | 'alpha', filters: readonly MaskFilterTask[]): Promise<MadeMask> {
    return this.#ask<MadeMask>({ type: 'filterMask', path: resolve(path), from, filters });
  }

  /** A part of a picture file in another format. REQUEST_INVALID where the part leaves the picture. */
  encodePart(path: string, options: PartFileOptions): Promise<Uint8Array> {
    return this.#ask<Uint8Array>({ type: 'encodePart', path: resolve(path), options });
  }

  /** Picture files as the layers of one PSD or OpenRaster file. */
  encodeLayers(work: LayersTask): Promise<Uint8Array> {
    return this.#ask<Uint8Array>({ type: 'layers', work: { ...work, layers: work.layers.map((layer) => ({ ...layer, path: resolve(layer.path) })) } });
  }

  /** Pixels → WebP bytes for a quick look. */
  encodePreview(image: RgbImage): Promise<Uint8Array> {
    return this.#ask<Uint8Array>({ type: 'encodePreview', image });
  }

  /** Picture files as one labelled grid → PNG bytes that hold `text`. REQUEST_INVALID unless there are rows × columns of them. */
  encodeSheet(sheet: SheetTask, text: string): Promise<Uint8Array> {
    return this.#ask<Uint8Array>({ type: 'sheet', sheet: { ...sheet, cells: sheet.cells.map((path) => resolve(path)) }, text });
  }

  /** A picture file (its bytes, or where it lies) → format, upright size, and a WebP thumbnail within `edge` pixels; 0 = none, only headers are read. */
  inspect(input: Uint8Array | string, edge: number): Promise<PictureFacts> {
    return this.#ask<PictureFacts>({ type: 'inspect', input: typeof input === 'string' ? resolve(input) : input, edge });
  }

  /** A picture file → the same picture in another format, upright. */
  encodeFile(path: string, options: FileOptions): Promise<Uint8Array> {
    return this.#ask<Uint8Array>({ type: 'encodeFile', path: resolve(path), options });
  }

  /** Pixels → PNG bytes that hold `text` under `ovis-studio`. */
  encodePng(image: RgbImage, text: string): Promise<Uint8Array> {
    return this.#ask<Uint8Array>({ type: 'encodePng', image, text });
  }

  /** Starts the worker ahead of its first task: a preview should not wait for it. */
  warm(): void {
    const worker = this.#worker ?? this.#start();
    if (this.#pending.size === 0) worker.unref();
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #ask<T>(task: ImagingTask): Promise<T> {
    const worker = this.#worker ?? this.#start();
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve, reject });
      worker.ref();
      worker.postMessage({ id, task });
    });
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { resourceLimits: threadLimits });
    worker.on('message', (reply: ImagingReply) => {
      const pending = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      // An idle worker does not keep the program alive.
      if (this.#pending.size === 0) worker.unref();
      if ('error' in reply) pending?.reject(fromFailure(reply.error));
      else pending?.resolve(reply.value);
    });
    const fall = (cause: unknown): void => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const pending of this.#pending.values()) {
        pending.reject(new StudioError('INTERNAL', 'The imaging worker stopped.', {}, { retryable: true, cause }));
      }
      this.#pending.clear();
    };
    worker.on('error', fall);
    worker.on('exit', () => fall(undefined));
    this.#worker = worker;
    return worker;
  }
}
