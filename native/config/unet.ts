/** config.json of a detector or a depth estimator. */
import { type Fields, describe } from './fields.ts';

export interface UnetConfig {
  readonly inChannels: 3;
  readonly outChannels: number;
  /** Channels of each level; the first works at half the picture's size. */
  readonly widths: readonly number[];
  readonly normGroups: number;
  /** Channels of a last stage at the picture's own size; 0 = the output is half as large. */
  readonly fineChannels: number;
  /** Pixels a side of the square pictures it was trained on. */
  readonly pictureSize: number;
  /** What the output's channels mean: names by part, in order. */
  readonly parts: ReadonlyMap<string, readonly string[]>;
}

/** Reads the config of a U-Net that does `task`. CONFIG_INVALID with `field`, `expected` and `got`. */
export function parseUnet(fields: Fields, task: 'detector' | 'depth'): UnetConfig {
  fields.fixed('_class_name', 'UNet', 'required');
  fields.fixed('task', task, 'required');
  fields.fixed('in_channels', 3, 'required');
  const widths = fields.integers('widths', { min: 1, max: 4096, maxLength: 8 });
  if (widths.length === 0) throw fields.contradiction('widths', 'at least one level');
  const normGroups = fields.integer('norm_groups', { min: 1, max: 4096 });
  const fineChannels = fields.integer('fine_channels', { min: 0, max: 4096 });
  if ([...widths, fineChannels].some((channels) => channels % normGroups !== 0)) {
    throw fields.contradiction('norm_groups', `a divisor of fine_channels and of every width ${describe(widths)}`);
  }
  const parts = parseParts(fields.object('parts'));
  const outChannels = fields.integer('out_channels', { min: 1, max: 4096 });
  const named = [...parts.values()].reduce((sum, names) => sum + names.length, 0);
  if (named !== outChannels) throw fields.contradiction('out_channels', `${named}, one for each name in parts`);
  const pictureSize = fields.integer('picture_size', { min: 2 ** widths.length, max: 4096 });
  return { inChannels: 3, outChannels, widths, normGroups, fineChannels, pictureSize, parts };
}

function parseParts(fields: Fields): Map<string, readonly string[]> {
  return new Map(fields.names().map((part) => {
    const names = fields.raw(part);
    const sound = Array.isArray(names) && names.length >= 1 && names.length <= 256 && names.every((name) => typeof name === 'string' && name.length <= 64);
    if (!sound) throw fields.contradiction(part, 'an array of 1 to 256 names');
    return [part, names as string[]];
  }));
}
