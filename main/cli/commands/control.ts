import { defined, UsageError } from '../arguments.ts';
import { positionals, type Command } from '../command.ts';
import { draw, samplingFields, samplingOptionSpecs } from '../sampling.ts';

/** Edges or depth + prompt → picture. */
export const control: Command = {
  name: 'control',
  positionals: 'canny|depth IMAGE PROMPT',
  summary: 'Draws a picture that follows edges or depth.',
  notes: 'canny: the edges of IMAGE are found first. depth: IMAGE is itself the depth map.',
  options: [
    ...samplingOptionSpecs,
    { name: 'low', value: 'N', help: 'canny: lower threshold (default 100)' },
    { name: 'high', value: 'N', help: 'canny: upper threshold (default 200)' },
    { name: 'reference', value: 'FILE', repeats: true, help: 'A further context picture' },
    { name: 'experimental', help: 'Allow more pictures than the model was trained for' },
  ],
  async run(args, io) {
    const [mode, file, prompt] = positionals(args, ['canny|depth', 'IMAGE', 'PROMPT']);
    if (mode !== 'canny' && mode !== 'depth') throw new UsageError(`Control is canny or depth, not "${mode}".`);
    await draw(args, io, async () => {
      const map = mode === 'canny'
        ? await io.imaging.cannyOf(file, { low: args.number('low') ?? 100, high: args.number('high') ?? 200 })
        : await io.imaging.decode(file);
      const references = await io.imaging.decodeAll(args.list('reference'));
      return {
        kind: 'control',
        control: mode,
        prompt,
        map,
        ...samplingFields(args),
        ...defined({
          references: references.length > 0 ? references : undefined,
          imgCfg: args.number('img-cfg'),
          experimental: args.flag('experimental') || undefined,
        }),
      };
    });
  },
};
