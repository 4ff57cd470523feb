/** Finds a checkpoint's files: JSON beside it, one weight file or shards with an index. */
import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { EngineError } from '../errors.ts';
import { parseStrictJson, type StrictJson } from './strictJson.ts';

/** JSON files beside a model are small; a larger one is not what it says. */
const maxJsonBytes = 64 * 1024 * 1024;

const indexName = 'model.safetensors.index.json';
const singleName = 'model.safetensors';

export interface WeightFiles {
  /** Absolute paths, sorted, not yet resolved. */
  readonly files: readonly string[];
  /** Tensor name → file of `files`, when an index says so. */
  readonly index: ReadonlyMap<string, string> | null;
}

/** Reads a JSON file beside a model. Undefined when there is none; CONFIG_INVALID when it is no JSON or too large. */
export async function readJson(file: string): Promise<unknown> {
  const bytes = await readSmallFile(file);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(decodeUtf8(bytes));
  } catch (error) {
    throw new EngineError('CONFIG_INVALID', `${file}: not valid JSON: ${String(error)}`, { file }, { cause: error });
  }
}

/** Bytes of a regular file of at most 64 MiB; undefined when it does not exist. */
export async function readSmallFile(file: string): Promise<Uint8Array | undefined> {
  try {
    const facts = await stat(file);
    if (!facts.isFile()) throw new EngineError('CONFIG_INVALID', `${file}: not a regular file.`, { file });
    if (facts.size > maxJsonBytes) {
      throw new EngineError('CONFIG_INVALID', `${file}: ${String(facts.size)} bytes are more than such a file can have.`, { file, bytes: facts.size });
    }
    return await readFile(file);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new EngineError('CONFIG_INVALID', `${file}: cannot be read: ${String(error)}`, { file }, { cause: error });
  }
}

/**
 * The weight files of a model folder: those of `model.safetensors.index.json`, else `model.safetensors`, else the only *.safetensors.
 * WEIGHT_MISSING when there is none or a shard is missing; CONFIG_INVALID when it is unclear which are meant or the index is unsound.
 */
export async function findWeightFiles(dir: string): Promise<WeightFiles> {
  const names = (await listFolder(dir)).filter((name) => name.endsWith('.safetensors')).sort();
  const json = await readIndex(path.join(dir, indexName));
  if (json !== undefined) return filesOfIndex(dir, json, names);
  if (names.includes(singleName)) return { files: [path.join(dir, singleName)], index: null };
  const [only, ...others] = names;
  if (only === undefined) throw new EngineError('WEIGHT_MISSING', `${dir}: no *.safetensors file.`, { dir });
  if (others.length > 0) {
    throw new EngineError('WEIGHT_MISSING', `${dir}: ${String(names.length)} *.safetensors files but no ${indexName} to say which tensor is where.`, {
      dir,
      file: indexName,
    });
  }
  return { files: [path.join(dir, only)], index: null };
}

async function listFolder(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    throw new EngineError('CONFIG_INVALID', `${dir}: cannot be read as a folder: ${String(error)}`, { dir }, { cause: error });
  }
}

async function readIndex(file: string): Promise<StrictJson | undefined> {
  const bytes = await readSmallFile(file);
  if (bytes === undefined) return undefined;
  try {
    return parseStrictJson(decodeUtf8(bytes));
  } catch (error) {
    throw new EngineError('CONFIG_INVALID', `${file}: not valid JSON: ${String(error)}`, { file }, { cause: error });
  }
}

function filesOfIndex(dir: string, json: StrictJson, names: readonly string[]): WeightFiles {
  const unsound = (why: string): EngineError => new EngineError('CONFIG_INVALID', `${indexName}: ${why}.`, { file: indexName });
  const weightMap = json instanceof Map ? (json as ReadonlyMap<string, StrictJson>).get('weight_map') : undefined;
  if (!(weightMap instanceof Map) || weightMap.size === 0) throw unsound('weight_map is not an object with tensor names');

  const index = new Map<string, string>();
  for (const [tensor, shard] of weightMap as ReadonlyMap<string, StrictJson>) {
    // Only names of this very folder: a path would let a downloaded index read any file.
    if (typeof shard !== 'string' || !/^[^/\\\0:]{1,255}\.safetensors$/.test(shard)) {
      throw unsound(`"${tensor.slice(0, 200)}" is said to lie in ${JSON.stringify(shard).slice(0, 120)}, which is not a *.safetensors name in the model's folder`);
    }
    if (!names.includes(shard)) {
      throw new EngineError('WEIGHT_MISSING', `${dir}: the shard ${shard} is missing.`, { file: shard, tensor: tensor.slice(0, 200) });
    }
    index.set(tensor, path.join(dir, shard));
  }
  if (names.includes(singleName) && ![...index.values()].includes(path.join(dir, singleName))) {
    throw unsound(`both ${singleName} and shards are in ${dir}; remove one of them`);
  }
  return { files: [...new Set(index.values())].sort(), index };
}

/** The folder that holds all the files: their common path. CONFIG_INVALID when there is none (several drives). */
export function commonFolder(files: readonly string[]): string {
  const [first, ...others] = files.map((file) => path.dirname(file));
  let common = first!;
  while (!others.every((folder) => folder === common || isBelow(folder, common))) {
    const parent = path.dirname(common);
    if (parent === common) throw new EngineError('CONFIG_INVALID', 'The weight files lie on several drives.', { files: [...files] });
    common = parent;
  }
  return common;
}

function isBelow(folder: string, ancestor: string): boolean {
  return folder.startsWith(ancestor.endsWith(path.sep) ? ancestor : ancestor + path.sep);
}

function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
