/** What every drawing command shares: sampling options, the run itself, and the PNG that remembers them. */
import { createHash, randomInt } from 'node:crypto';
import { basename, resolve } from 'node:path';
import type { GenerateInput } from '../../preload/contract/generation.ts';
import { StudioError } from '../errors.ts';
import { checkWritable, writeFileAtomic } from '../writeFile.ts';
import { defined, UsageError, type Arguments, type OptionSpec } from './arguments.ts';
import { contractRequest } from './contractRequest.ts';
import { engineOptionSpecs, interruptible, withEngine } from './engineSession.ts';
import { gallerySpecs, keep, studioFor } from './gallery.ts';
import { duration } from './progress.ts';
import { drawnSize, workingSizeOf } from '../jobs/workingSize.ts';
import type { Io } from './io.ts';
import type { RunningStudio } from './runningStudio.ts';
import type { GenerateRequest, GenerateResult, MaskImage, RgbImage } from '../engine/protocol.ts';

export const samplingOptionSpecs: readonly OptionSpec[] = [
  { name: 'out', value: 'FILE.png', help: 'Where the picture goes (required; replaces an older one)' },
  { name: 'seed', value: 'N', help: 'Noise seed (default: drawn, and reported)' },
  { name: 'steps', value: 'N', help: 'Denoising steps (default: the model\'s)' },
  { name: 'txt-cfg', value: 'X', help: 'How strongly the text guides (default: the model\'s)' },
  { name: 'img-cfg', value: 'X', help: 'How strongly context pictures guide (default: the model\'s)' },
  { name: 'shift', value: 'X', help: 'Timestep shift: off, on, or a fixed mu (default: the model\'s)' },
  { name: 'guidance-range', value: 'A-B', help: 'Guidance acts only between these shares of the steps, as 0-0.8: faster, and the picture differs (default: 0-1)' },
  { name: 'step-cache', value: 'X', help: 'Draws on steps that change less than this, 0.1 or 0.2: faster, and the picture differs (default: off)' },
  { name: 'full-size', help: 'Works on pictures larger than the model knows as they are (default: at the model\'s size, then scaled)' },
  { name: 'noise-stream', value: 'S', help: 'torch-f32 (default) or torch-bf16' },
  ...engineOptionSpecs,
  ...gallerySpecs,
];

/** The fields of a request that the sampling options fill; the seed is drawn here, so that it can be told. */
export function samplingFields(args: Arguments): Pick<GenerateRequest, 'steps' | 'seed' | 'txtCfg' | 'shift' | 'noiseStream' | 'guidanceRange' | 'stepCache'> {
  return defined({
    seed: args.number('seed') ?? randomInt(2 ** 32),
    steps: args.number('steps'),
    txtCfg: args.number('txt-cfg'),
    shift: shiftOf(args),
    noiseStream: args.choice('noise-stream', ['torch-f32', 'torch-bf16']),
    guidanceRange: rangeOf(args),
    stepCache: args.number('step-cache'),
  });
}

/** Two shares with a dash between them. The engine checks what they mean. */
function rangeOf(args: Arguments): { start: number; end: number } | undefined {
  const text = args.text('guidance-range');
  if (text === undefined) return undefined;
  const [, start, end] = /^(\d*\.?\d+)-(\d*\.?\d+)$/.exec(text) ?? [];
  if (start === undefined || end === undefined) throw new StudioError('REQUEST_INVALID', `--guidance-range takes two shares with a dash between them, as 0-0.8, not "${text}".`, { option: 'guidance-range', received: text });
  return { start: Number(start), end: Number(end) };
}

function shiftOf(args: Arguments): boolean | number | undefined {
  const text = args.text('shift');
  if (text === 'off') return false;
  return text === 'on' ? true : args.number('shift');
}

/** The target of --out, absolute. UsageError without one. */
export function outOf(args: Arguments): string {
  const out = args.text('out');
  if (out === undefined || out === '') throw new UsageError('--out FILE.png is missing.');
  if (!/\.png$/i.test(out)) throw new StudioError('REQUEST_INVALID', `Pictures are written as PNG: --out must end in .png, not "${out}".`, { option: 'out', received: out });
  return resolve(out);
}

export interface Drawn {
  readonly out: string;
  readonly result: Pick<GenerateResult, 'seed' | 'steps' | 'timingsMs'> & { readonly image: Pick<RgbImage, 'width' | 'height'> };
}

/** Checks the target, prepares the request, draws, writes the PNG with its parameters, and reports. */
export async function draw(args: Arguments, io: Io, prepare: () => Promise<GenerateRequest>): Promise<Drawn> {
  const out = outOf(args);
  await checkWritable(out);
  // Before the model is loaded: a bad file is said at once.
  const request = await prepare();
  const studio = await studioFor(args, io);
  const drawn = await (studio ? drawThere(studio, request, out, args, io) : drawHere(request, out, args, io));
  announce(drawn, args, io);
  return drawn;
}

/** The picture that is worked on. */
const sourceOf = (request: GenerateRequest): RgbImage | undefined => ('image' in request ? request.image : 'map' in request ? request.map : undefined);

async function drawHere(wanted: GenerateRequest, out: string, args: Arguments, io: Io): Promise<Drawn> {
  return withEngine(args, io, async (session) => {
    const work = workingSizeOf(wanted, session.model, sourceOf(wanted), args.flag('full-size'));
    const request: GenerateRequest = { ...wanted, ...(work && { work }) };
    const result = await session.host.generate(request, session.run);
    const modelName = session.model.name;
    const encode = (input: GenerateInput): Promise<Uint8Array> => io.imaging.encodePng(result.image, JSON.stringify(parametersOf(request, input, result, modelName)));
    await writeFileAtomic(out, await keep({ request, result, modelName, encode }, basename(out), args, io));
    return { out, result };
  });
}

/** In the studio that runs: its queue, its model, its gallery. */
async function drawThere(studio: RunningStudio, request: GenerateRequest, out: string, args: Arguments, io: Io): Promise<Drawn> {
  return interruptible(args, io, async ({ progress, signal }) => {
    progress.say('Drawing in the running studio …');
    // Asked for by its own size, the studio works on it as it is, whatever its settings say.
    const full = !args.flag('full-size') ? undefined : request.kind === 'edit' ? request.image : drawnSize(request, undefined, sourceOf(request));
    const input = await contractRequest({ ...request, ...(full && { work: { width: full.width, height: full.height } }) }, io.imaging, (png, name) => studio.upload(png, name));
    const { row, png } = await studio.draw(input, { onEvent: progress.onEvent, signal });
    await writeFileAtomic(out, png);
    return { out, result: { image: { width: row.width, height: row.height }, seed: row.seed ?? 0, steps: row.steps ?? 0, timingsMs: row.timingsMs } };
  });
}

function announce({ out, result }: Drawn, args: Arguments, io: Io): void {
  const { image, seed, steps, timingsMs } = result;
  if (args.flag('json')) {
    io.stdout.write(`${JSON.stringify({ out, width: image.width, height: image.height, seed, steps, timingsMs })}\n`);
    return;
  }
  const totalMs = Object.values(timingsMs).reduce((sum, ms) => sum + ms, 0);
  io.stdout.write(`${out}\n`);
  if (!args.flag('quiet')) io.stderr.write(`${image.width} × ${image.height}, ${steps} steps, seed ${seed}, ${duration(totalMs)}\n`);
}

/** What the PNG remembers: flat for people and scripts, and under `request` as the studio reads it back. */
export function parametersOf(request: GenerateRequest, input: GenerateInput, result: GenerateResult, modelName: string): Record<string, unknown> {
  const fields = Object.entries(request).map(([name, value]): [string, unknown] => [name, namePixels(value)]);
  return {
    ...Object.fromEntries(fields),
    width: result.image.width,
    height: result.image.height,
    seed: result.seed,
    steps: result.steps,
    txtCfg: result.txtCfg,
    imgCfg: result.imgCfg,
    model: modelName,
    ...result.reproduce,
    request: input,
    modelName,
    reproduce: result.reproduce,
  };
}

function namePixels(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(namePixels);
  if (typeof value !== 'object' || value === null || !('data' in value)) return value;
  const { width, height, data } = value as RgbImage | MaskImage;
  return { width, height, sha256: createHash('sha256').update(data).digest('hex') };
}
