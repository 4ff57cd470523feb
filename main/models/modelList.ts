/** The checkpoints that this studio can use: the built-in one and folders that were taken in. */
import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { StudioError, toFailure } from '../errors.ts';
import type { ModelList } from '../services.ts';
import { writeFileAtomic } from '../writeFile.ts';

export const builtInModelId = 'toybox';

const takenSchema = z.object({ folders: z.array(z.object({ id: z.string(), dir: z.string() })) });

type TakenFolder = z.infer<typeof takenSchema>['folders'][number];

const number = z.number();
/** As much of studio.json as the page needs; the engine checks all of it. */
const studioSchema = z.looseObject({
  name: z.string().optional(),
  knows: z.string().optional(),
  vocabulary: z.array(z.string()).optional(),
  contextImages: z.int().nonnegative().default(1),
  sizes: z.array(z.tuple([z.int().positive(), z.int().positive()])).default([[1024, 1024]]),
  steps: z.int().positive().default(50),
  txtCfg: z.union([number, z.looseObject({ textToImage: number.default(5) })]).default(5),
  imgCfg: number.default(1.5),
  tasks: z.record(z.string(), z.looseObject({ experimental: z.boolean().default(false) })).default({}),
});

export interface ModelListOptions {
  readonly dataDir: string;
  readonly builtInDir: string;
  /** The model of the settings. */
  readonly chosen: () => string;
  readonly changed: () => void;
}

export class ModelFolders implements ModelList {
  readonly #options: ModelListOptions;
  readonly #file: string;
  #taken: TakenFolder[] = [];

  private constructor(options: ModelListOptions) {
    this.#options = options;
    this.#file = join(options.dataDir, 'models.json');
  }

  static async open(options: ModelListOptions): Promise<ModelFolders> {
    const list = new ModelFolders(options);
    const text = await readFile(list.#file, 'utf8').catch(() => undefined);
    const parsed = takenSchema.safeParse(text === undefined ? undefined : safeJson(text));
    if (parsed.success) list.#taken = parsed.data.folders;
    return list;
  }

  async list(): Promise<ModelEntry[]> {
    return Promise.all([this.#describe(builtInModelId, this.#options.builtInDir), ...this.#taken.map(({ id, dir }) => this.#describe(id, dir))]);
  }

  async dirOf(modelId: string): Promise<string> {
    const dir = modelId === builtInModelId ? this.#options.builtInDir : this.#taken.find((entry) => entry.id === modelId)?.dir;
    if (dir === undefined) throw new StudioError('MODEL_MISSING', `There is no model "${modelId}" here.`, { modelId });
    const facts = await stat(dir).catch(() => undefined);
    if (!facts?.isDirectory()) throw new StudioError('MODEL_MISSING', `The model's folder is gone: ${dir}.`, { modelId, dir });
    return dir;
  }

  idOf(dir: string): string | null {
    if (resolve(dir) === resolve(this.#options.builtInDir)) return builtInModelId;
    return this.#taken.find((entry) => resolve(entry.dir) === resolve(dir))?.id ?? null;
  }

  async importFolder(dir: string): Promise<ModelEntry> {
    const real = await realpath(dir).catch(() => undefined);
    if (real === undefined) throw new StudioError('MODEL_MISSING', `There is no folder ${dir}.`, { dir });
    const entry = { id: `folder-${createHash('sha256').update(real).digest('hex').slice(0, 12)}`, dir: real };
    const described = await this.#describe(entry.id, real);
    if (described.failure) throw new StudioError(described.failure.code, described.failure.message, described.failure.details);
    if (!this.#taken.some(({ id }) => id === entry.id)) await this.#save([...this.#taken, entry]);
    return described;
  }

  async forget(modelId: string): Promise<void> {
    await this.#save(this.#taken.filter(({ id }) => id !== modelId));
  }

  async #save(folders: TakenFolder[]): Promise<void> {
    await writeFileAtomic(this.#file, Buffer.from(`${JSON.stringify({ folders }, null, 2)}\n`));
    this.#taken = folders;
    this.#options.changed();
  }

  async #describe(id: string, dir: string): Promise<ModelEntry> {
    const builtIn = id === builtInModelId;
    const fallback = studioSchema.parse({});
    try {
      const bytes = await weightBytes(dir);
      const text = await readFile(join(dir, 'studio.json'), 'utf8').catch(() => undefined);
      const parsed = studioSchema.safeParse(text === undefined ? {} : safeJson(text));
      if (!parsed.success) throw new StudioError('CONFIG_INVALID', `${join(dir, 'studio.json')} cannot be read: ${parsed.error.issues[0]?.message ?? ''}.`, { dir });
      return entryOf(id, dir, builtIn, parsed.data, { state: 'ready', bytes, inUse: this.#options.chosen() === id, failure: null });
    } catch (error) {
      const { code, message, retryable } = toFailure(error);
      const failure = { code, message, details: { dir }, retryable };
      return entryOf(id, dir, builtIn, fallback, { state: code === 'MODEL_MISSING' ? 'absent' : 'damaged', bytes: null, inUse: this.#options.chosen() === id, failure });
    }
  }
}

function entryOf(id: string, dir: string, builtIn: boolean, studio: z.infer<typeof studioSchema>, facts: Pick<ModelEntry, 'state' | 'bytes' | 'inUse' | 'failure'>): ModelEntry {
  const knowsLittle = 'Draws, edits and answers about simple shapes: spheres, cubes, cylinders, cones and rings in eight colours, on plain floors.';
  return {
    id,
    name: studio.name ?? (builtIn ? 'Toybox' : basename(dir)),
    summary: builtIn ? 'Creates, edits and answers, for simple scenes' : dir,
    builtIn,
    ...facts,
    dir,
    modelHash: null,
    parameters: null,
    contextImages: studio.contextImages,
    sizes: studio.sizes,
    defaults: { steps: studio.steps, txtCfg: typeof studio.txtCfg === 'number' ? studio.txtCfg : studio.txtCfg.textToImage, imgCfg: studio.imgCfg },
    tasks: Object.entries(studio.tasks).map(([name, { experimental }]) => ({ name, experimental })),
    knows: studio.knows ?? (builtIn ? knowsLittle : null),
    vocabulary: studio.vocabulary ?? null,
  };
}

/** Bytes of the weights. MODEL_MISSING where the folder holds no checkpoint. */
async function weightBytes(dir: string): Promise<number> {
  const names = await readdir(dir).catch(() => undefined);
  if (names === undefined) throw new StudioError('MODEL_MISSING', `There is no model folder at ${dir}.`, { dir });
  if (!names.includes('config.json')) throw new StudioError('MODEL_MISSING', `${dir} holds no config.json: it is not a checkpoint.`, { dir });
  const sizes = await Promise.all(names.filter((name) => name.endsWith('.safetensors')).map(async (name) => (await stat(join(dir, name))).size));
  if (sizes.length === 0) throw new StudioError('MODEL_MISSING', `${dir} holds no .safetensors files: it is not a checkpoint.`, { dir });
  return sizes.reduce((sum, size) => sum + size, 0);
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
