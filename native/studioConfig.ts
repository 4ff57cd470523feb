/** studio.json: what a checkpoint tells the studio beside its architecture; the published checkpoint has none and gets the defaults below. */
import { Fields } from './config/fields.ts';

export const taskNames = [
  'inpaint',
  'outpaint',
  'canny',
  'depth',
  'subject',
  'style',
  'remove',
  'restyle',
  'colourise',
  'denoise',
  'deblur',
  'writeText',
] as const;

export type TaskName = (typeof taskNames)[number];

export interface StudioTask {
  /** The instruction; `{prompt}` stands for the user's words. */
  readonly template: string;
  /** Colour of unknown pixels in the context picture: '#rrggbb', lower case. */
  readonly fill: string;
  /** The wording is our guess: the authors never published theirs. */
  readonly experimental: boolean;
}

/** A linear map from latents to RGB in [0, 1]: rgb = latents · factors + bias. */
export interface PreviewFactors {
  /** [latentChannels][3]. */
  readonly factors: readonly (readonly number[])[];
  /** [3]. */
  readonly bias: readonly number[];
}

export interface StudioConfig {
  /** Context pictures that the checkpoint was trained for. */
  readonly contextImages: number;
  /** Output sizes to offer, best first; pixels. */
  readonly sizes: readonly (readonly [width: number, height: number])[];
  readonly steps: number;
  readonly txtCfg: { readonly textToImage: number; readonly edit: number };
  readonly imgCfg: number;
  readonly previewFactors: PreviewFactors | null;
  /** Only the tasks that the checkpoint supports. */
  readonly tasks: Readonly<Partial<Record<TaskName, StudioTask>>>;
}

/** Colours that a fill may be named by. */
const namedFills: Readonly<Record<string, string>> = { grey: '#808080', gray: '#808080', white: '#ffffff', black: '#000000' };

const guess = (template: string, fill = '#808080'): StudioTask => ({ template, fill, experimental: true });

/**
 * The published checkpoint's defaults. Steps and guidance are the published scripts'; sizes are multiples of 32 around 1024²;
 * every task was trained but its wording was not published, so all are experimental.
 */
export const publishedStudioConfig: StudioConfig = {
  contextImages: 1,
  sizes: [
    [1024, 1024],
    [1152, 896],
    [896, 1152],
    [1216, 832],
    [832, 1216],
    [1344, 768],
    [768, 1344],
    [512, 512],
  ],
  steps: 50,
  txtCfg: { textToImage: 5, edit: 6 },
  imgCfg: 1.5,
  previewFactors: null,
  tasks: {
    inpaint: guess('Fill in the grey area of the image: {prompt}'),
    outpaint: guess('Extend the image into the grey border: {prompt}'),
    canny: guess('Generate an image from the canny edge map: {prompt}', '#000000'),
    depth: guess('Generate an image from the depth map: {prompt}', '#000000'),
    subject: guess('Generate an image of the subject of this picture: {prompt}', '#ffffff'),
    style: guess('Generate an image in the style of this picture: {prompt}'),
    remove: guess('Remove {prompt} from the image.'),
    restyle: guess('Change the style of the image: {prompt}'),
    colourise: guess('Colourise the black and white image. {prompt}'),
    denoise: guess('Remove the noise from the image. {prompt}'),
    deblur: guess('Sharpen the blurry image. {prompt}'),
    writeText: guess('Write the text "{prompt}" in the image.'),
  },
};

/**
 * Reads studio.json; undefined (no such file) gives the published checkpoint's defaults, and a file's absent fields take theirs from there,
 * except `tasks`: a file names all that its checkpoint supports.
 * CONFIG_INVALID with `field`, `expected` and `got`. `latentChannels` (from config.json) makes previewFactors checkable.
 */
export function parseStudioConfig(json: unknown, source = 'studio.json', latentChannels?: number): StudioConfig {
  if (json === undefined) return publishedStudioConfig;
  const fields = new Fields(json, source);
  return {
    contextImages: fields.integer('contextImages', { min: 0, max: 8, fallback: publishedStudioConfig.contextImages }),
    sizes: fields.has('sizes') ? parseSizes(fields) : publishedStudioConfig.sizes,
    steps: fields.integer('steps', { min: 1, max: 1000, fallback: publishedStudioConfig.steps }),
    txtCfg: parseTxtCfg(fields),
    imgCfg: fields.number('imgCfg', { ...guidance, fallback: publishedStudioConfig.imgCfg }),
    previewFactors: fields.has('previewFactors') ? parsePreviewFactors(fields.object('previewFactors'), latentChannels) : null,
    tasks: fields.has('tasks') ? parseTasks(fields.object('tasks')) : {},
  };
}

const guidance = { min: 0, max: 100 };

function parseSizes(fields: Fields): (readonly [number, number])[] {
  return fields.numberRows('sizes', { columns: 2, min: 16, max: 8192 }).map((row) => {
    const [width, height] = row as [number, number];
    if (width % 16 !== 0 || height % 16 !== 0) throw fields.contradiction('sizes', 'pairs [width, height] of multiples of 16');
    return [width, height] as const;
  });
}

/** One number holds for both kinds. */
function parseTxtCfg(fields: Fields): StudioConfig['txtCfg'] {
  const fallback = publishedStudioConfig.txtCfg;
  if (!fields.has('txtCfg')) return fallback;
  if (typeof fields.raw('txtCfg') === 'number') {
    const both = fields.number('txtCfg', guidance);
    return { textToImage: both, edit: both };
  }
  const perKind = fields.object('txtCfg');
  return {
    textToImage: perKind.number('textToImage', { ...guidance, fallback: fallback.textToImage }),
    edit: perKind.number('edit', { ...guidance, fallback: fallback.edit }),
  };
}

function parsePreviewFactors(fields: Fields, latentChannels: number | undefined): PreviewFactors {
  return { factors: fields.numberRows('factors', { rows: latentChannels, columns: 3 }), bias: fields.numbers('bias', { length: 3 }) };
}

function parseTasks(fields: Fields): StudioConfig['tasks'] {
  const tasks: Partial<Record<TaskName, StudioTask>> = {};
  for (const name of fields.names()) {
    const known = taskNames.find((task) => task === name);
    if (known === undefined) throw fields.contradiction(name, `one of the tasks ${taskNames.join(', ')}`);
    tasks[known] = parseTask(fields.object(name));
  }
  return tasks;
}

function parseTask(fields: Fields): StudioTask {
  const template = fields.string('template', 2000);
  if (template.split('{prompt}').length !== 2) throw fields.contradiction('template', 'a text with {prompt} in it once');
  return { template, fill: parseFill(fields), experimental: fields.boolean('experimental', false) };
}

function parseFill(fields: Fields): string {
  if (!fields.has('fill')) return namedFills['grey']!;
  const written = fields.string('fill', 16).toLowerCase();
  const colour = Object.hasOwn(namedFills, written) ? namedFills[written]! : written;
  if (!/^#[0-9a-f]{6}$/.test(colour)) throw fields.contradiction('fill', '"#rrggbb", "grey", "white" or "black"');
  return colour;
}

/** '#rrggbb' → [red, green, blue], 0–255 each. */
export function fillRgb(fill: string): [number, number, number] {
  const bits = Number.parseInt(fill.slice(1), 16);
  return [bits >> 16, (bits >> 8) & 0xff, bits & 0xff];
}
