import { defined } from '../arguments.ts';
import { positionals, type Command } from '../command.ts';
import { draw, samplingFields, samplingOptionSpecs } from '../sampling.ts';

/** Text → picture, alone or with reference pictures. */
export const generate: Command = {
  name: 'generate',
  positionals: 'PROMPT',
  summary: 'Draws a picture from a text.',
  options: [
    ...samplingOptionSpecs,
    { name: 'width', value: 'N', help: 'Pixels, floored to a multiple of 16 (default: the model\'s)' },
    { name: 'height', value: 'N', help: 'Pixels, floored to a multiple of 16 (default: the model\'s)' },
    { name: 'reference', value: 'FILE', repeats: true, help: 'A picture of what or how to draw' },
    { name: 'reference-task', value: 'T', help: 'What a reference stands for: subject or style' },
    { name: 'experimental', help: 'Allow more references than the model was trained for' },
  ],
  async run(args, io) {
    const [prompt] = positionals(args, ['PROMPT']);
    await draw(args, io, async () => {
      const references = await io.imaging.decodeAll(args.list('reference'));
      return {
        kind: 'textToImage',
        prompt,
        ...samplingFields(args),
        ...defined({
          width: args.number('width'),
          height: args.number('height'),
          references: references.length > 0 ? references : undefined,
          referenceTask: args.choice('reference-task', ['subject', 'style']),
          imgCfg: args.number('img-cfg'),
          experimental: args.flag('experimental') || undefined,
        }),
      };
    });
  },
};
