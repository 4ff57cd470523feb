/** The weight files of a folder: which tensors there are and where they lie. Nothing is read but headers. */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { EngineError } from '../errors.ts';
import { type WeightFiles, commonFolder, findWeightFiles } from './files.ts';
import { type Shape, checkShape } from './inventory.ts';
import type { PackRequest } from './pack/store.ts';
import type { Part } from './pack/tensor.ts';
import { type SafetensorsHeader, type TensorEntry, readExactly, readSafetensorsHeader } from './safetensors.ts';

/** What a graph needs to know of the weights it refers to. */
export interface Weights {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Real folder that holds every weight file: a hub cache links snapshot files to blobs elsewhere, and ONNX Runtime refuses links that leave its folder. */
  readonly externalRoot: string;
  /** Path of a tensor's file relative to externalRoot, with forward slashes. */
  location(entry: TensorEntry): string;
  /** The tensor of this name; WEIGHT_MISSING without it, WEIGHT_SHAPE when its shape is another. */
  expect(name: string, shape?: Shape): TensorEntry;
  /** Where a matrix lies packed; undefined or null = the graph packs it when its session is made. */
  packed?(request: PackRequest): PackedMatrix | null;
}

/** A packed matrix: its file relative to externalRoot, and its parts there. */
export interface PackedMatrix {
  readonly location: string;
  readonly parts: readonly Part[];
}

/** Opens the weight files of a folder. WEIGHT_MISSING, CONFIG_INVALID, DTYPE_UNSUPPORTED or WEIGHT_SHAPE when they are not sound. */
export async function openWeights(folder: string): Promise<Weights & { readonly headers: ReadonlyMap<string, SafetensorsHeader> }> {
  const { headers, tensors } = await readHeaders(await findWeightFiles(folder));
  const externalRoot = commonFolder([...headers.keys()]);
  return {
    headers,
    tensors,
    externalRoot,
    location: (entry) => path.relative(externalRoot, entry.file).split(path.sep).join('/'),
    expect(name, shape) {
      const entry = tensors.get(name);
      if (entry === undefined) throw new EngineError('WEIGHT_MISSING', `"${name}" is missing from ${folder}.`, { tensor: name });
      if (shape !== undefined) checkShape(entry, shape);
      return entry;
    },
  };
}

/** Reads all headers, keyed by real file, and holds them against the index. */
async function readHeaders({ files, index }: WeightFiles): Promise<{
  headers: ReadonlyMap<string, SafetensorsHeader>;
  tensors: ReadonlyMap<string, TensorEntry>;
}> {
  const headers = new Map<string, SafetensorsHeader>();
  const tensors = new Map<string, TensorEntry>();
  const shardOf = new Map<string, string>();
  for (const file of files) {
    const header = await readSafetensorsHeader(file);
    for (const [name, entry] of header.tensors) {
      const other = shardOf.get(name);
      if (other !== undefined) throw inconsistent(name, `it stands in ${path.basename(other)} and in ${path.basename(file)}`);
      const listed = index?.get(name);
      if (index !== null && listed === undefined) throw inconsistent(name, `it stands in ${path.basename(file)} but the index does not list it`);
      shardOf.set(name, file);
      tensors.set(name, entry);
    }
    headers.set(header.file, header);
  }
  for (const [name, file] of index ?? []) {
    if (shardOf.get(name) === file) continue;
    throw new EngineError('WEIGHT_MISSING', `"${name.slice(0, 200)}" is listed in ${path.basename(file)} but is not there.`, {
      tensor: name.slice(0, 200),
      file: path.basename(file),
    });
  }
  return { headers, tensors };
}

function inconsistent(tensor: string, why: string): EngineError {
  const name = tensor.slice(0, 200);
  return new EngineError('CONFIG_INVALID', `The index and the shards disagree about "${name}": ${why}.`, { tensor: name });
}

/** Reads one tensor's bytes; WEIGHT_MISSING when the file has changed since it was opened. */
export async function readTensor({ name, file, offset, byteLength }: TensorEntry): Promise<Uint8Array> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new EngineError('WEIGHT_MISSING', `${file}: cannot be read for "${name}": ${String(error)}`, { tensor: name, file }, { cause: error });
  });
  try {
    return await readExactly(handle, offset, byteLength, file);
  } finally {
    await handle.close();
  }
}
