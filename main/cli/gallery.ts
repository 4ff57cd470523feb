/** Where the command line's pictures are kept: in the gallery of the studio that runs, else in the one of its data folder. */
import { randomUUID } from 'node:crypto';
import type { GenerateInput } from '../../preload/contract/generation.ts';
import type { GenerateRequest, GenerateResult } from '../engine/protocol.ts';
import { toFailure } from '../errors.ts';
import { inputsOfRequest } from '../history/inputs.ts';
import { followDataDir } from '../moveData.ts';
import { engineOptionSpecs } from './engineSession.ts';
import type { Arguments, OptionSpec } from './arguments.ts';
import { contractRequest, type Store } from './contractRequest.ts';
import type { Io } from './io.ts';
import { RunningStudio } from './runningStudio.ts';

export const gallerySpecs: readonly OptionSpec[] = [
  { name: 'data', value: 'DIR', help: 'The studio\'s data folder (default: the one that npm start uses)' },
  { name: 'no-gallery', help: 'Neither use nor tell a running studio; keep nothing but --out' },
];

async function folderOf(args: Arguments, io: Io): Promise<string | undefined> {
  const folder = args.flag('no-gallery') ? undefined : args.text('data') ?? io.dataDir;
  return folder && followDataDir(folder);
}

/** The running studio that may do the work itself: one is there, and nothing was asked of the engine that its settings do not say. */
export async function studioFor(args: Arguments, io: Io): Promise<RunningStudio | undefined> {
  if (engineOptionSpecs.some(({ name }) => args.text(name) !== undefined)) return undefined;
  const folder = await folderOf(args, io);
  return folder === undefined ? undefined : RunningStudio.find(folder);
}

export interface Drawing {
  readonly request: GenerateRequest;
  readonly result: GenerateResult;
  readonly modelName: string;
  /** The file with its parameters inside, once its request is known. */
  readonly encode: (request: GenerateInput) => Promise<Uint8Array>;
}

/** Adds what was drawn here to the gallery, and returns the file. A gallery that cannot be reached is told of and costs nothing else. */
export async function keep(drawing: Drawing, name: string, args: Arguments, io: Io): Promise<Uint8Array> {
  try {
    const folder = await folderOf(args, io);
    if (folder !== undefined) {
      const running = await RunningStudio.find(folder);
      return await (running ? keepThere(running, drawing, name, io) : keepHere(folder, drawing, io));
    }
  } catch (error) {
    if (!args.flag('quiet')) io.stderr.write(`Not added to the gallery: ${toFailure(error).message}\n`);
  }
  return drawing.encode(await contractRequest(drawing.request, io.imaging, nameOnly, drawing.result));
}

async function keepThere(studio: RunningStudio, { request, result, encode }: Drawing, name: string, io: Io): Promise<Uint8Array> {
  const png = await encode(await contractRequest(request, io.imaging, (bytes, file) => studio.upload(bytes, file), result));
  await studio.take(png, name);
  return png;
}

async function keepHere(folder: string, { request, result, modelName, encode }: Drawing, io: Io): Promise<Uint8Array> {
  // Only now: most of a history's code is not needed to draw.
  const { openLibrary } = await import('../assets/library.ts');
  const library = await openLibrary({ dir: folder, imaging: io.imaging });
  try {
    const { assets, history } = library;
    const input = await contractRequest(request, io.imaging, (bytes) => assets.put(bytes), result);
    const png = await encode(input);
    const file = await assets.put(png);
    await history.gallery.add([{
      id: randomUUID(), ...file, task: input.kind, seed: result.seed, batchId: null, projectId: null, createdAt: Date.now(), prompt: input.prompt, request: input,
      modelId: null, modelName, reproduce: result.reproduce, steps: result.steps, timingsMs: { ...result.timingsMs }, jobId: null, label: '', fileName: null, parents: inputsOfRequest(input),
    }]);
    return png;
  } finally {
    await library.close();
  }
}

/** Nothing is stored: the request names its pictures all the same. */
const nameOnly: Store = async (png) => ({ hash: Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(png))).toString('hex') });
