/** How a picture is called once it leaves the studio. */

/** "a red cone-4071226": readable, and safe on every file system; without an ending. */
export function safeFileName(title: string, seed: number | null): string {
  const name = title.replaceAll(/[^\p{L}\p{N} _-]+/gu, '').trim().slice(0, 60).trim() || 'picture';
  return `${name}${seed === null ? '' : `-${seed}`}`;
}
