/** What the imaging worker is asked. Files are read there, so that no large picture blocks the caller. */
import type { MaskImage, RgbImage } from '../engine/protocol.ts';
import type { Failure } from '../errors.ts';

export interface MaskOptions {
  /** Pixels over which the mask fades. */
  readonly feather?: number;
  /** Pixels by which the denoised area exceeds the painted one. */
  readonly grow?: number;
}

export interface CannyOptions {
  readonly low: number;
  readonly high: number;
}

/** The two masks of a repaint: where the model may work, and through which its work is laid over the original. */
export interface PreparedMasks {
  readonly denoise: MaskImage;
  readonly composite: MaskImage;
}

/** Pictures by path, rows top to bottom, as one labelled grid. */
export interface SheetTask {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  readonly cells: readonly string[];
}

/** What a picture file is. The worker's answer; the codec has the same words. */
export interface PictureFacts {
  readonly mime: string;
  /** Upright. */
  readonly width: number;
  readonly height: number;
  /** WebP; undefined when none was asked for. */
  readonly thumbnail: Uint8Array | undefined;
}

/** A file for others. */
export interface FileOptions {
  readonly format: 'png' | 'jpeg' | 'webp';
  /** 1–100; PNG knows none. */
  readonly quality: number;
  readonly xmp: string | undefined;
}

export type ImagingTask =
  | { readonly type: 'encodeFile'; readonly path: string; readonly options: FileOptions }
  | { readonly type: 'inspect'; readonly input: Uint8Array | string; readonly edge: number }
  | { readonly type: 'decode'; readonly path: string }
  | { readonly type: 'canny'; readonly path: string; readonly options: CannyOptions }
  | { readonly type: 'masks'; readonly path: string; readonly width: number; readonly height: number; readonly options: MaskOptions }
  | { readonly type: 'decodeMask'; readonly path: string }
  | { readonly type: 'encodePng'; readonly image: RgbImage; readonly text: string }
  | { readonly type: 'encodePreview'; readonly image: RgbImage }
  | { readonly type: 'sheet'; readonly sheet: SheetTask; readonly text: string };

export interface ImagingRequest {
  readonly id: number;
  readonly task: ImagingTask;
}

export type ImagingReply =
  | { readonly id: number; readonly value: RgbImage | MaskImage | PreparedMasks | Uint8Array | PictureFacts }
  | { readonly id: number; readonly error: Failure };
