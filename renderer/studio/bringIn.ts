import type { GenerateInput } from '../../preload/contract/generation.ts';
import { studio } from './current.ts';
import { letter } from './picture.ts';
import type { PictureRef } from './picture.ts';

/** A picture brought in, and the parameters that it carried inside, if any. */
export interface Brought {
  readonly picture: PictureRef;
  readonly request?: GenerateInput | undefined;
}

/** Stores files from a drop, a paste or a file dialog, in file-name order. */
export async function bringIn(files: readonly File[]): Promise<readonly Brought[]> {
  const ordered = files.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  return Promise.all(ordered.map(async (file, index) => {
    const info = await studio().assets.upload({ file });
    const inside = await studio().assets.parameters({ hash: info.hash });
    const name = file.name === '' || file.name === 'image.png' ? `Pasted ${letter(index)}` : file.name;
    return { picture: { hash: info.hash, name, width: info.width, height: info.height }, request: inside.request ?? undefined };
  }));
}

/** The picture files of a drop or paste; anything else is left alone. */
export function pictureFiles(data: DataTransfer | null): readonly File[] {
  return [...(data?.files ?? [])].filter((file) => file.type.startsWith('image/') || /\.(png|jpe?g|webp|gif|avif|tiff?)$/i.test(file.name));
}

/** Pictures of our own on the way from one place to another. */
export const dragType = 'application/x-ovis-pictures';
