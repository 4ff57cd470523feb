/** The words of the scope chip. */
import type { Coverage, Overhang } from './coverage.ts';
import type { MaskLayer } from './records.ts';

/** What a run will touch. */
export interface Scope {
  readonly masks: readonly MaskLayer[];
  /** By how much the frame extends the picture; null = it does not. */
  readonly extension: Overhang | null;
  readonly coverage: Coverage;
  /** The size of the picture as a whole: what shares are shares of. */
  readonly picture: { readonly width: number; readonly height: number };
}

const sides = [['right', 'width'], ['left', 'width'], ['top', 'height'], ['bottom', 'height']] as const;
const words = { right: 'right', left: 'left', top: 'up', bottom: 'down' } as const;

/** "Extend right 37 % and up 10 %": shares of the picture; pixels where a share would be 0. */
export function extensionWords(extension: Overhang, picture: { readonly width: number; readonly height: number }): string {
  const parts = sides.flatMap(([side, along]) => {
    const pixels = extension[side];
    if (pixels === 0) return [];
    const share = Math.round((100 * pixels) / picture[along]);
    return share === 0 ? `${words[side]} ${pixels} px` : `${words[side]} ${share} %`;
  });
  return `Extend ${joined(parts)}`;
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

export function scopeWords({ masks, extension, coverage, picture }: Scope): string {
  const inside = masks.length === 0 ? undefined : masks.length === 1 ? `Inside ${masks[0]?.name}` : `Inside ${masks.length} masks`;
  const beyond = extension !== null && coverage.bounds !== null ? extensionWords(extension, picture)
    : coverage.bounds !== null && !coverage.solid ? 'Fill the gaps' : undefined;
  if (inside === undefined) return beyond ?? 'Whole frame';
  return beyond === undefined ? inside : `${inside}, ${beyond.charAt(0).toLowerCase()}${beyond.slice(1)}`;
}
