/** How a picture is called once it leaves the studio. */
import type { AssetInfo } from './project.ts';

/** The ending of each kind of file. */
export const extensions: Readonly<Record<AssetInfo['mime'], string>> = {
  'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp', 'image/gif': 'gif', 'image/avif': 'avif', 'image/tiff': 'tiff',
};

const ending = new RegExp(`\\.(?:${Object.values(extensions).join('|')}|jpeg|tif)$`, 'i');

/** "a red cone-4071226": readable, and safe on every file system; without an ending, that of a file that was brought in included. */
export function safeFileName(title: string, seed: number | null): string {
  const name = title.replace(ending, '').replaceAll(/[^\p{L}\p{N} _-]+/gu, '').trim().slice(0, 60).trim() || 'picture';
  return `${name}${seed === null ? '' : `-${seed}`}`;
}
