/** Starts that are one click away, in the built-in model's own world. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Example } from '../../preload/contract/system.ts';
import type { AssetStore, ModelList, Room } from '../services.ts';

export interface ExamplesParts {
  readonly assets: Pick<AssetStore, 'put'>;
  readonly models: Pick<ModelList, 'list'>;
  /** Where the pictures lie; none = starts without pictures. */
  readonly dir: string | undefined;
}

/** The sizes in which each picture is there: an edit works best at the model's own. */
const sizes = [256, 128] as const;

export function examplesRoom({ assets, models, dir }: ExamplesParts): Room<'examples'> {
  /** Stored anew each time it is asked for: what nothing uses is collected after a day. */
  const picture = async (name: string, size: number): Promise<string | null> => {
    const bytes = dir === undefined ? undefined : await readFile(join(dir, `${name}-${size}.png`)).catch(() => undefined);
    return bytes ? (await assets.put(bytes)).hash : null;
  };
  return {
    list: async () => {
      const side = (await models.list()).find(({ inUse }) => inUse)?.sizes[0]?.[0] ?? 0;
      const size = sizes.find((one) => one <= side) ?? 128;
      const [drawn, two, three] = await Promise.all([picture('drawn', 128), picture('two', size), picture('three', size)]);
      return [create(drawn), ...(two === null ? [] : [edit(two)]), ...(three === null ? [] : [ask(three)]), ...(two === null ? wordsAlone : [])].slice(0, 3);
    },
  };
}

/** Shown with what the built-in model drew for it, not with more than it can do. */
function create(image: string | null): Example {
  const prompt = 'a red sphere and a blue cube';
  return { id: 'two-objects', place: 'create', title: 'Create a picture', text: `“${prompt}”, filled in and ready to run.`, image, request: { kind: 'textToImage', prompt, seed: 2 } };
}

function edit(image: string): Example {
  const prompt = 'put it on snow';
  return { id: 'floor', place: 'edit', title: 'Edit a picture', text: `“${prompt}”: what stands there stays.`, image, request: { kind: 'edit', prompt, image, seed: 1 } };
}

function ask(image: string): Example {
  const question = 'Describe the image.';
  return { id: 'description', place: 'ask', title: 'Ask about a picture', text: `“${question}”`, image, question };
}

const wordsAlone: readonly Example[] = [['metal-at-dusk', 'Choose material and light', 'a large metal cone at dusk', 1], ['counting', 'Count objects', 'three yellow cylinders on a snow floor', 8]].map(([id, title, prompt, seed]) => ({
  id: String(id), place: 'create', title: String(title), text: `“${prompt}”`, image: null, request: { kind: 'textToImage', prompt: String(prompt), seed: Number(seed) },
}));
