import { defined } from '../arguments.ts';
import { positionals, type Command } from '../command.ts';
import { draw, samplingFields, samplingOptionSpecs } from '../sampling.ts';

/** Picture + margins → a larger picture; the original stays byte for byte but for the blend. */
export const outpaint: Command = {
  name: 'outpaint',
  positionals: 'IMAGE PROMPT',
  summary: 'Extends a picture beyond its edges.',
  options: [
    ...samplingOptionSpecs,
    { name: 'left', value: 'N', help: 'Pixels to add on the left (default 0)' },
    { name: 'top', value: 'N', help: 'Pixels to add at the top (default 0)' },
    { name: 'right', value: 'N', help: 'Pixels to add on the right (default 0)' },
    { name: 'bottom', value: 'N', help: 'Pixels to add at the bottom (default 0)' },
    { name: 'strength', value: 'X', help: 'Above 0, up to 1: how far the new part may leave its fill (default 1)' },
    { name: 'fill', value: 'F', help: 'What the model sees there at first: edge, blur, neutral or telea' },
    { name: 'blend', value: 'N', help: 'Pixels inside the old edge over which old and new mix (0 = hard)' },
  ],
  async run(args, io) {
    const [file, prompt] = positionals(args, ['IMAGE', 'PROMPT']);
    await draw(args, io, async () => ({
      kind: 'outpaint',
      prompt,
      image: await io.imaging.decode(file),
      left: args.number('left') ?? 0,
      top: args.number('top') ?? 0,
      right: args.number('right') ?? 0,
      bottom: args.number('bottom') ?? 0,
      ...samplingFields(args),
      ...defined({
        fill: args.choice('fill', ['edge', 'blur', 'neutral', 'telea']),
        blend: args.number('blend'),
        strength: args.number('strength'),
        imgCfg: args.number('img-cfg'),
      }),
    }));
  },
};
