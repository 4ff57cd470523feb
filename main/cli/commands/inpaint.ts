import { defined } from '../arguments.ts';
import { positionals, type Command } from '../command.ts';
import { draw, samplingFields, samplingOptionSpecs } from '../sampling.ts';

/** Picture + mask + prompt → picture; outside the mask every byte stays. */
export const inpaint: Command = {
  name: 'inpaint',
  positionals: 'IMAGE MASK PROMPT',
  summary: 'Repaints the masked part of a picture.',
  notes: 'MASK is a picture of the same size: white is repainted, black is kept byte for byte.',
  options: [
    ...samplingOptionSpecs,
    { name: 'strength', value: 'X', help: 'Above 0, up to 1: how far the masked part may change (default 1)' },
    { name: 'feather', value: 'N', help: 'Pixels over which the mask fades, inwards (default 0, at most 25)' },
    { name: 'grow', value: 'N', help: 'Pixels by which the mask is enlarged first (default 0)' },
    { name: 'reference', value: 'FILE', repeats: true, help: 'A further context picture' },
    { name: 'experimental', help: 'Allow more pictures than the model was trained for' },
  ],
  async run(args, io) {
    const [file, maskFile, prompt] = positionals(args, ['IMAGE', 'MASK', 'PROMPT']);
    await draw(args, io, async () => {
      const image = await io.imaging.decode(file);
      const masks = await io.imaging.prepareMasks(maskFile, image, defined({ feather: args.number('feather'), grow: args.number('grow') }));
      const references = await io.imaging.decodeAll(args.list('reference'));
      return {
        kind: 'inpaint',
        prompt,
        image,
        denoiseMask: masks.denoise,
        compositeMask: masks.composite,
        ...samplingFields(args),
        ...defined({
          strength: args.number('strength'),
          references: references.length > 0 ? references : undefined,
          imgCfg: args.number('img-cfg'),
          experimental: args.flag('experimental') || undefined,
        }),
      };
    });
  },
};
