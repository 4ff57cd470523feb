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

export type ImagingTask =
  | { readonly type: 'decode'; readonly path: string }
  | { readonly type: 'canny'; readonly path: string; readonly options: CannyOptions }
  | { readonly type: 'masks'; readonly path: string; readonly width: number; readonly height: number; readonly options: MaskOptions }
  | { readonly type: 'encodePng'; readonly image: RgbImage; readonly text: string };

export interface ImagingRequest {
  readonly id: number;
  readonly task: ImagingTask;
}

export type ImagingReply =
  | { readonly id: number; readonly value: RgbImage | PreparedMasks | Uint8Array }
  | { readonly id: number; readonly error: Failure };
