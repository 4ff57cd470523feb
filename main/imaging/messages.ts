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

/** A part of a picture, in pixels. */
export interface PartRect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface RepaintSettings {
  readonly feather?: number;
  readonly grow?: number;
  readonly blend?: number;
  readonly unknownBlend?: number;
  readonly fill?: 'edge' | 'blur' | 'neutral' | 'telea';
  readonly crop?: boolean;
}

/** PNG files of what a repaint needs. */
export interface PreparedRepaint {
  readonly image: Uint8Array;
  readonly denoiseMask: Uint8Array;
  readonly compositeMask: Uint8Array;
  readonly crop: PartRect | undefined;
  readonly unknownPixels: number;
  readonly blend: number;
}

/** A frame without transparency, as a PNG file. */
export interface OpaqueFrame {
  readonly image: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly unknownPixels: number;
}

export interface CompositeTask {
  /** Files. */
  readonly image: string;
  readonly compositeMask: string;
  /** What the model drew: pixels, or a file. */
  readonly raw: RgbImage | string;
  readonly crop: PartRect | undefined;
  readonly colourMatch: boolean;
  /** What the result's PNG says of itself. */
  readonly text: string;
}

/** PNG files, and what was measured. */
export interface CompositedPicture {
  readonly result: Uint8Array;
  readonly patch: { readonly image: Uint8Array; readonly rect: PartRect } | undefined;
  readonly changedOutside: number;
  readonly keptPixels: number;
  readonly seamDeltaE: number | undefined;
  readonly seamDeltaEBefore: number | undefined;
}

/** A control map, or a mask with what is selected in it, as a PNG file. */
export interface MadePicture {
  readonly image: Uint8Array;
  readonly width: number;
  readonly height: number;
}
export interface MadeMask extends MadePicture {
  readonly bounds: PartRect | undefined;
  readonly selectedPixels: number;
}

export type ControlMapTask =
  | { readonly control: 'canny'; readonly low: number; readonly high: number; readonly blur: number }
  | { readonly control: 'depth'; readonly invert: boolean };

export type MaskFilterTask =
  | { readonly type: 'grow' | 'shrink'; readonly radius: number }
  | { readonly type: 'feather'; readonly width: number }
  | { readonly type: 'invert' };

/** A part of a picture as a file that keeps its transparency where the format can. */
export interface PartFileOptions {
  readonly format: 'png' | 'jpeg' | 'webp';
  readonly quality: number;
  readonly rect: PartRect | undefined;
  readonly xmp: string | undefined;
}

export interface LayerTask {
  readonly name: string;
  readonly path: string;
  readonly x: number;
  readonly y: number;
  readonly opacity: number;
  readonly visible: boolean;
  readonly blendMode: 'normal' | 'multiply' | 'screen' | 'overlay';
}
export interface LayersTask {
  readonly format: 'psd' | 'ora';
  readonly width: number;
  readonly height: number;
  readonly layers: readonly LayerTask[];
}

export type ImagingTask =
  | { readonly type: 'repaint'; readonly raster: string; readonly mask: string | undefined; readonly settings: RepaintSettings }
  | { readonly type: 'opaque'; readonly raster: string; readonly fill: RepaintSettings['fill'] }
  | { readonly type: 'composite'; readonly work: CompositeTask }
  | { readonly type: 'encodePlain'; readonly image: RgbImage }
  | { readonly type: 'controlMap'; readonly path: string; readonly map: ControlMapTask }
  | { readonly type: 'warmEdges' }
  | { readonly type: 'prepareSelect'; readonly path: string | undefined }
  | { readonly type: 'smartSelect'; readonly path: string; readonly x: number; readonly y: number; readonly tolerance: number }
  | { readonly type: 'filterMask'; readonly path: string; readonly from: 'brightness' | 'alpha'; readonly filters: readonly MaskFilterTask[] }
  | { readonly type: 'encodePart'; readonly path: string; readonly options: PartFileOptions }
  | { readonly type: 'layers'; readonly work: LayersTask }
  | { readonly type: 'encodeFile'; readonly path: string; readonly options: FileOptions }
  | { readonly type: 'inspect'; readonly input: Uint8Array | string; readonly edge: number }
  | { readonly type: 'decode'; readonly path: string; readonly part?: PartRect | undefined }
  | { readonly type: 'canny'; readonly path: string; readonly options: CannyOptions }
  | { readonly type: 'masks'; readonly path: string; readonly width: number; readonly height: number; readonly options: MaskOptions }
  | { readonly type: 'decodeMask'; readonly path: string; readonly part?: PartRect | undefined }
  | { readonly type: 'encodePng'; readonly image: RgbImage; readonly text: string }
  | { readonly type: 'encodePreview'; readonly image: RgbImage }
  | { readonly type: 'sheet'; readonly sheet: SheetTask; readonly text: string };

export interface ImagingRequest {
  readonly id: number;
  readonly task: ImagingTask;
}

export type ImagingValue =
  | RgbImage | MaskImage | PreparedMasks | Uint8Array | PictureFacts | PreparedRepaint | OpaqueFrame | CompositedPicture | MadePicture | MadeMask | true;

export type ImagingReply =
  | { readonly id: number; readonly value: ImagingValue }
  | { readonly id: number; readonly error: Failure };
