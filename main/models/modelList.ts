/** The checkpoints that this studio can use: the built-in one, downloaded ones, folders that were taken in; and those that were here. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { modelSourceSchema } from '../../preload/contract/models.ts';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { StudioError, toFailure } from '../errors.ts';
import type { ModelList } from '../services.ts';
import { writeFileAtomic } from '../writeFile.ts';
import { findCheckpoint, folderName } from './cacheLayout.ts';
import { ovisU1 } from './catalogue.ts';
import { checkKind } from './kind.ts';
import { readManifest, type Manifest } from './manifest.ts';

export const builtInModelId = 'toybox';

const rememberedSchema = z.object({
  folders: z.array(z.object({ id: z.string(), dir: z.string() })),
  /** Downloaded ones whose files were removed: pictures of theirs may still be in the gallery. */
  removed: z.array(z.object({ id: z.string(), name: z.string(), source: modelSourceSchema, licence: z.string().nullable() })).default([]),
});

type Remembered = z.infer<typeof rememberedSchema>;

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
  /** Folders that hold downloaded models. */
  readonly modelsDirs: () => readonly string[];
  readonly endpoint: () => string;
  /** The model of the settings. */
  readonly chosen: () => string;
  readonly changed: () => void;
}

export class ModelFolders implements ModelList {
  readonly #options: ModelListOptions;
  readonly #file: string;
  #remembered: Remembered = { folders: [], removed: [] };

  private constructor(options: ModelListOptions) {
    this.#options = options;
    this.#file = join(options.dataDir, 'models.json');
  }

  static async open(options: ModelListOptions): Promise<ModelFolders> {
    const list = new ModelFolders(options);
    const text = await readFile(list.#file, 'utf8').catch(() => undefined);
    const parsed = rememberedSchema.safeParse(text === undefined ? undefined : safeJson(text));
    if (parsed.success) list.#remembered = parsed.data;
    return list;
  }

  /** Built in, downloaded, taken in; then what was here once, and the model that could be. */
  async list(): Promise<ModelEntry[]> {
    const { builtInDir, endpoint } = this.#options;
    const here = await Promise.all([
      this.#describe(builtInModelId, builtInDir),
      ...(await this.#installed()).map(async ({ dir, manifest }) => described(await this.#describe(manifest.modelId, dir), manifest)),
      ...this.#remembered.folders.map(({ id, dir }) => this.#describe(id, dir)),
    ]);
    const absent = [...this.#remembered.removed.map((model) => this.#absent(model)), ovisU1(endpoint())];
    for (const model of absent) if (!here.some(({ id }) => id === model.id)) here.push(model);
    return here;
  }

  async dirOf(modelId: string): Promise<string> {
    const dir = modelId === builtInModelId ? this.#options.builtInDir : (this.#remembered.folders.find(({ id }) => id === modelId)?.dir ?? (await this.#installedDir(modelId)));
    if (dir === undefined) throw new StudioError('MODEL_MISSING', `The model "${modelId}" is not on this computer.`, { modelId });
    const facts = await stat(dir).catch(() => undefined);
    if (!facts?.isDirectory()) throw new StudioError('MODEL_MISSING', `The model's folder is gone: ${dir}.`, { modelId, dir });
    return dir;
  }

  idOf(dir: string): string | null {
    const folder = resolve(dir);
    if (folder === resolve(this.#options.builtInDir)) return builtInModelId;
    if (this.#options.modelsDirs().some((parent) => resolve(parent) === dirname(folder))) return basename(folder);
    return this.#remembered.folders.find((entry) => resolve(entry.dir) === folder)?.id ?? null;
  }

  packedDirOf(modelId: string): string | undefined {
    return !/^[\w][\w.-]*$/.test(modelId) ? undefined : join(this.#options.dataDir, 'packed', modelId);
  }

  /** A checkpoint's folder, or a hub cache that holds one. MODEL_MISSING, CONFIG_INVALID, REQUEST_INVALID where several could be meant. */
  async importFolder(dir: string): Promise<ModelEntry> {
    const real = await findCheckpoint(dir);
    const entry = { id: `folder-${createHash('sha256').update(real).digest('hex').slice(0, 12)}`, dir: real };
    const found = await this.#describe(entry.id, real);
    if (found.failure) throw new StudioError(found.failure.code, found.failure.message, found.failure.details);
    const { folders, removed } = this.#remembered;
    if (!folders.some(({ id }) => id === entry.id)) await this.#save({ folders: [...folders, entry], removed });
    return found;
  }

  /** Off the list; files that are not the studio's own stay. */
  async forget(modelId: string): Promise<void> {
    const { folders, removed } = this.#remembered;
    await this.#save({ folders: folders.filter(({ id }) => id !== modelId), removed: removed.filter(({ id }) => id !== modelId) });
    await this.#dropPacked(modelId);
  }

  /** Removes a downloaded model's files, and remembers where it came from. REQUEST_INVALID for one that the studio did not download. */
  async remove(modelId: string): Promise<void> {
    const found = (await this.#installed()).find(({ manifest }) => manifest.modelId === modelId);
    if (!found) throw new StudioError('REQUEST_INVALID', 'Only a downloaded model can be removed; a folder is taken off the list instead.', { modelId });
    const { name, source, licence } = found.manifest;
    const { folders, removed } = this.#remembered;
    // Remembered first: a studio that ends in between has then forgotten nothing.
    await this.#save({ folders, removed: [...removed.filter(({ id }) => id !== modelId), { id: modelId, name, source, licence }] });
    await rm(found.dir, { recursive: true, force: true });
    await this.#dropPacked(modelId);
    this.#options.changed();
  }

  async #dropPacked(modelId: string): Promise<void> {
    const dir = this.packedDirOf(modelId);
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  }

  async #installed(): Promise<{ readonly dir: string; readonly manifest: Manifest }[]> {
    const found: { dir: string; manifest: Manifest }[] = [];
    for (const parent of this.#options.modelsDirs()) {
      for (const name of (await readdir(parent).catch(() => [])).sort()) {
        if (name.endsWith('.part') || name.startsWith('.')) continue;
        const manifest = await readManifest(join(parent, name));
        if (manifest?.modelId === name && !found.some((other) => other.manifest.modelId === name)) found.push({ dir: join(parent, name), manifest });
      }
    }
    return found;
  }

  async #installedDir(modelId: string): Promise<string | undefined> {
    return (await this.#installed()).find(({ manifest }) => manifest.modelId === modelId)?.dir;
  }

  #absent({ id, name, source, licence }: Remembered['removed'][number]): ModelEntry {
    const entry = entryOf(id, '', false, studioSchema.parse({ name }), { state: 'absent', bytes: null, inUse: this.#options.chosen() === id, failure: null });
    return { ...entry, dir: null, summary: `Removed; ${source.repo} has it.`, source: { ...source, revision: 'main' }, ...(licence !== null && { licence }) };
  }

  async #save(remembered: Remembered): Promise<void> {
    await writeFileAtomic(this.#file, Buffer.from(`${JSON.stringify(remembered, null, 2)}\n`));
    this.#remembered = remembered;
    this.#options.changed();
  }

  async #describe(id: string, dir: string): Promise<ModelEntry> {
    const builtIn = id === builtInModelId;
    const fallback = studioSchema.parse({});
    try {
      const bytes = await weightBytes(dir);
      if (!builtIn) checkKind(safeJson(await readFile(join(dir, 'config.json'), 'utf8')), folderName(dir));
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
  const knowsLittle = 'Draws, edits and answers about simple shapes: spheres, cubes, cylinders, cones and rings in eight colours, on six kinds of floor.';
  return {
    id,
    name: studio.name ?? (builtIn ? 'Toybox' : folderName(dir)),
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

/** A downloaded model's entry: named by its repository, with what the hub said of it. */
function described(entry: ModelEntry, { name, source, licence, parameters, verifiedAt, damaged, files }: Manifest): ModelEntry {
  const failure = damaged.length === 0 ? entry.failure : {
    code: 'CHECKSUM' as const, message: `Not as the hub has them: ${damaged.join(', ')}.`, details: { files: damaged, reason: 'damaged' }, retryable: true,
  };
  return {
    ...entry, name: entry.name === folderName(entry.dir ?? '') ? name : entry.name, summary: `${source.repo} at ${source.revision.slice(0, 8)}`, source, owned: true, parameters, failure,
    state: failure === null ? entry.state : 'damaged', bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    ...(licence !== null && { licence }), ...(verifiedAt !== null && { verifiedAt }),
  };
}

/** Bytes of the weights. MODEL_MISSING where the folder holds no checkpoint. */
async function weightBytes(dir: string): Promise<number> {
  const names = await readdir(dir).catch(() => undefined);
  if (names === undefined) throw new StudioError('MODEL_MISSING', `There is no model folder at ${dir}.`, { dir });
  if (!names.includes('config.json')) throw new StudioError('MODEL_MISSING', `${dir} holds no config.json: it is not a checkpoint.`, { dir });
  const sizes = await Promise.all(names.filter((name) => name.endsWith('.safetensors')).map((name) => sizeOf(join(dir, name))));
  if (sizes.length === 0) throw new StudioError('MODEL_MISSING', `${dir} holds no .safetensors files: it is not a checkpoint.`, { dir });
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function sizeOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined);
  // A hub cache whose blobs were cleaned up still has its links.
  if (!facts) throw new StudioError('MODEL_MISSING', `${path} leads nowhere: the file that it links to is gone.`, { path });
  return facts.size;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
