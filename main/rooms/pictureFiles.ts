/** Pictures as files for others, and the parameters that such files carry. */
import type { AssetInfo, Generation } from '../../preload/contract/project.ts';
import type { ExportInput } from '../../preload/contract/gallery.ts';
import { generateInputSchema, type GenerateInput } from '../../preload/contract/generation.ts';
import { readPngText } from '../imaging/pngText.ts';
import type { AssetStore } from '../services.ts';

export interface CarriedParameters {
  readonly source: 'studio' | 'a1111' | null;
  readonly request: GenerateInput | null;
  readonly text: string | null;
}

export interface PictureFiles {
  parameters(hash: AssetInfo['hash']): Promise<CarriedParameters>;
  export(generation: Generation, input: ExportInput): Promise<Blob>;
}

/** The keyword under which a PNG of ours holds its parameters. */
export const studioKeyword = 'ovis-studio';

export function pictureFiles(assets: Pick<AssetStore, 'read'>): PictureFiles {
  return {
    parameters: (hash) => readParameters(assets, hash),
    export: async (generation) => new Blob([new Uint8Array(await assets.read(generation.hash))], { type: generation.mime }),
  };
}

/** Reads what a PNG holds under our keyword, or under the one that others use. */
async function readParameters(assets: Pick<AssetStore, 'read'>, hash: AssetInfo['hash']): Promise<CarriedParameters> {
  const bytes = await assets.read(hash);
  const own = readPngText(bytes, studioKeyword);
  if (own !== undefined) return { source: 'studio', request: requestOf(own), text: own };
  const others = readPngText(bytes, 'parameters');
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
