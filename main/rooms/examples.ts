/** Starts that are one click away, in the built-in model's own world. */
import type { Example } from '../../preload/contract/system.ts';
import type { Room } from '../services.ts';

const create = (id: string, title: string, prompt: string, seed: number): Example => ({
  id, place: 'create', title, text: `Type “${prompt}”, then run it.`, image: null, request: { kind: 'textToImage', prompt, seed },
});

const examples: readonly Example[] = [
  create('two-objects', 'Create a picture', 'a red sphere and a blue cube', 81),
  create('metal-at-dusk', 'Choose material and light', 'a large metal cone at dusk', 7),
  create('counting', 'Count objects', 'three yellow cylinders on a grey floor', 12),
];

export function examplesRoom(): Room<'examples'> {
  return { list: async () => [...examples] };
}
