import { assetPath, thumbPath } from '../../preload/contract/common.ts';
import type { GalleryItem } from '../../preload/contract/project.ts';

/** A picture at hand: its pixels are named by hash, never carried. */
export interface PictureRef {
  readonly hash: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** The gallery row it came from, if any. */
  readonly generationId?: string | undefined;
  /** It was drawn from the canvas's frame. */
  readonly fromFrame?: boolean;
}

export function pictureOf(item: GalleryItem): PictureRef {
  return { hash: item.hash, name: item.title === '' ? 'Untitled' : item.title, width: item.width, height: item.height, generationId: item.id };
}

export const fullUrl = assetPath;
export const thumbUrl = thumbPath;

/** A, B, C: how the page points at the pictures of a question. */
export function letter(index: number): string {
  return String.fromCharCode(65 + index);
}
