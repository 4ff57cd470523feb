import { defined } from '../arguments.ts';
import { positionals, type Command } from '../command.ts';
import { draw, samplingFields, samplingOptionSpecs } from '../sampling.ts';

/** Picture + instruction → picture. */
export const edit: Command = {
  name: 'edit',
  positionals: 'IMAGE INSTRUCTION',
  summary: 'Changes a picture as the instruction says.',
  options: [
    ...samplingOptionSpecs,
    { name: 'strength', value: 'X', help: 'Above 0, up to 1: how far the picture may change (default 1)' },
    { name: 'sizing', value: 'S', help: 'published (default): resized as the published scripts do; exact: keeps its size' },
    { name: 'task', value: 'NAME', help: 'Words the instruction as one of the model\'s tasks (see info)' },
    { name: 'reference', value: 'FILE', repeats: true, help: 'A further context picture' },
    { name: 'experimental', help: 'Allow more pictures than the model was trained for' },
  ],
  async run(args, io) {
    const [file, prompt] = positionals(args, ['IMAGE', 'INSTRUCTION']);
    await draw(args, io, async () => {
      const image = await io.imaging.decode(file);
      const references = await io.imaging.decodeAll(args.list('reference'));
      return {
        kind: 'edit',
        prompt,
        image,
        sizing: args.choice('sizing', ['published', 'exact']) ?? 'published',
        ...samplingFields(args),
        ...defined({
          strength: args.number('strength'),
          task: args.text('task'),
          references: references.length > 0 ? references : undefined,
          imgCfg: args.number('img-cfg'),
          experimental: args.flag('experimental') || undefined,
        }),
      };
    });
  },
};
