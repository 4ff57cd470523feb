/** Pictures as files for others, and the parameters that such files carry. */
import type { z } from 'zod';
import type { exportPictureSchema } from '../../preload/contract/canvas.ts';
import type { AssetInfo, Generation } from '../../preload/contract/project.ts';
import type { ExportInput } from '../../preload/contract/gallery.ts';
import { generateInputSchema, type GenerateInput } from '../../preload/contract/generation.ts';
import type { Imaging } from '../imaging/imaging.ts';
import { readPngText, removePngTexts, writePngText } from '../imaging/pngText.ts';
import { a1111Keyword, a1111Text, xmpKeyword, xmpPacket, type Told } from './parameterTexts.ts';
import type { AssetStore } from '../services.ts';

export interface CarriedParameters {
  readonly source: 'studio' | 'a1111' | null;
  readonly request: GenerateInput | null;
  readonly text: string | null;
}

export interface PictureFiles {
  parameters(hash: AssetInfo['hash']): Promise<CarriedParameters>;
  export(generation: Generation, input: ExportInput): Promise<Blob>;
  /** What the canvas shows, with the parameters of the newest of these rows that was drawn; without any where none was. */
  exportCanvas(input: CanvasExport, seen: readonly Generation[]): Promise<Blob>;
}

export type CanvasExport = Pick<z.infer<typeof exportPictureSchema>, 'hash' | 'format' | 'quality' | 'rect'>;

/** What a file from the canvas says of itself beside the parameters. */
const edited = 'on the canvas';

/** The keyword under which a PNG of ours holds its parameters. */
export const studioKeyword = 'ovis-studio';

/** Files as they are stored, or made anew in another format. */
export function pictureFiles(assets: Pick<AssetStore, 'read' | 'file' | 'info'>, imaging: Pick<Imaging, 'encodeFile' | 'encodePart'>): PictureFiles {
  return {
    parameters: (hash) => readParameters(assets, hash),
    export: async (generation, { format, quality = 92, withParameters = true }) => {
      const own = JSON.stringify(ownParameters(generation));
      const xmp = withParameters ? xmpPacket(generation, own) : undefined;
      const png = format === 'png' && generation.mime === 'image/png' ? await assets.read(generation.hash) : undefined;
      if (png === undefined) {
        const bytes = await imaging.encodeFile((await assets.file(generation.hash)).path, { format, quality, xmp });
        return asBlob(format === 'png' && withParameters ? withTexts(bytes, generation, own) : bytes, format);
      }
      // The pixels' own bytes stay as they are: only texts beside them change.
      return asBlob(withParameters ? withTexts(png, generation, own) : removePngTexts(png, [studioKeyword, a1111Keyword, xmpKeyword]), format);
    },
    exportCanvas: async ({ hash, format, quality = 92, rect }, seen) => {
      const newest = seen.filter(({ request }) => request !== null).toSorted((a, b) => b.createdAt - a.createdAt)[0];
      const size = rect ?? (await assets.info(hash));
      const told = newest && { ...newest, width: size.width, height: size.height, edited };
      const own = told === undefined ? '' : JSON.stringify({ ...ownParameters(told), edited });
      const part = rect && { left: rect.x, top: rect.y, width: rect.width, height: rect.height };
      const bytes = await imaging.encodePart((await assets.file(hash)).path, { format, quality, rect: part, xmp: told && xmpPacket(told, own) });
      return asBlob(format === 'png' && told !== undefined ? withTexts(bytes, told, own) : bytes, format);
    },
  };
}

function ownParameters({ request, seed, modelName, reproduce }: Told): object {
  return { request, seed, modelName, reproduce };
}

function withTexts(png: Uint8Array, generation: Told, own: string): Uint8Array {
  // A picture that was brought in keeps what it said; there is nothing that we know better.
  if (generation.request === null) return png;
  const texts: [string, string][] = [[xmpKeyword, xmpPacket(generation, own)], [a1111Keyword, a1111Text(generation)], [studioKeyword, own]];
  return texts.reduce((bytes, [keyword, text]) => writePngText(bytes, keyword, text), png);
}

function asBlob(bytes: Uint8Array, format: ExportInput['format']): Blob {
  return new Blob([new Uint8Array(bytes)], { type: `image/${format}` });
}

/** Reads what a PNG holds under our keyword, or under the one that others use. */
async function readParameters(assets: Pick<AssetStore, 'read'>, hash: AssetInfo['hash']): Promise<CarriedParameters> {
  const bytes = await assets.read(hash);
  const own = readPngText(bytes, studioKeyword);
  if (own !== undefined) return { source: 'studio', request: requestOf(own), text: own };
  const others = readPngText(bytes, a1111Keyword);
  return { source: others === undefined ? null : 'a1111', request: null, text: others ?? null };
}

/** A request whose pictures are not here any more is still worth its prompt and settings: that is for the queue to say. */
function requestOf(text: string): GenerateInput | null {
  try {
    const raw = JSON.parse(text) as { request?: unknown };
    const parsed = generateInputSchema.safeParse(raw.request ?? raw);
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
