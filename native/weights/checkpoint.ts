/** Opens a model folder: config, tensors and where they lie. The weights stay on disk until asked for. */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { type OvisConfig, type PreprocessorConfig, parseConfig, parsePreprocessor } from '../config.ts';
import { EngineError } from '../errors.ts';
import { type StudioConfig, parseStudioConfig } from '../studioConfig.ts';
import { toFloat32 } from './dtype.ts';
import { type WeightFiles, commonFolder, findWeightFiles, readJson } from './files.ts';
import { fullHash, quickHash } from './hash.ts';
import { type Shape, checkShape, countParameters, expectedTensors, validateInventory } from './inventory.ts';
import { type SafetensorsHeader, type TensorEntry, readExactly, readSafetensorsHeader } from './safetensors.ts';

export type { TensorEntry } from './safetensors.ts';

export interface Checkpoint {
  /** Absolute, as given. */
  readonly dir: string;
  /** The folder's own name, or the repository's inside a hub cache. */
  readonly name: string;
  readonly config: OvisConfig;
  readonly preprocessor: PreprocessorConfig;
  readonly studio: StudioConfig;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Tensors that the config does not know; allowed, unused. */
  readonly unexpected: readonly string[];
  /** Real folder that holds every weight file: a hub cache links snapshot files to blobs elsewhere, and ONNX Runtime refuses links that leave its folder. */
  readonly externalRoot: string;
  /** Of the model, so a tied head that is stored all the same counts once. */
  readonly parameterCount: number;
  /** Of all stored tensors. */
  readonly weightBytes: number;
  /** sha256, hex: see quickHash. */
  readonly hash: string;
  /** Path of a tensor's file relative to externalRoot, with forward slashes. */
  location(entry: TensorEntry): string;
  has(name: string): boolean;
  /** The tensor of this name; WEIGHT_MISSING without it, WEIGHT_SHAPE when its shape is another. */
  expect(name: string, shape?: Shape): TensorEntry;
  /** The tensor as float32; BF16 and F16 convert exactly. */
  readF32(entry: TensorEntry | string): Promise<Float32Array>;
  /** The tensor's bytes as stored, little-endian. */
  readRaw(entry: TensorEntry | string): Promise<Uint8Array>;
  /** sha256 over every byte, hex. Reads all the weights. */
  fullHash(): Promise<string>;
}

/**
 * Opens the model in a folder: config.json, preprocessor_config.json, studio.json if any, and the headers of its weight files.
 * CONFIG_INVALID, WEIGHT_MISSING, WEIGHT_SHAPE or DTYPE_UNSUPPORTED when anything is not as its config asks.
 */
export async function openCheckpoint(dir: string): Promise<Checkpoint> {
  const folder = path.resolve(dir);
  const config = parseConfig(await readRequiredJson(folder, 'config.json'));
  const preprocessor = parsePreprocessor(await readRequiredJson(folder, 'preprocessor_config.json'));
  checkPreprocessor(preprocessor, config);
  const studio = parseStudioConfig(await readJson(path.join(folder, 'studio.json')), 'studio.json', config.vae.latentChannels);

  const weightFiles = await findWeightFiles(folder);
  const { headers, tensors } = await readHeaders(weightFiles);
  const unexpected = validateInventory({ config, tensors });
  const files = [...headers.keys()];
  const externalRoot = commonFolder(files);

  const expect = (name: string, shape?: Shape): TensorEntry => {
    const entry = tensors.get(name);
    if (entry === undefined) throw new EngineError('WEIGHT_MISSING', `"${name}" is missing from ${folder}.`, { tensor: name });
    if (shape !== undefined) checkShape(entry, shape);
    return entry;
  };
  const readRaw = async (entry: TensorEntry | string): Promise<Uint8Array> => readTensor(typeof entry === 'string' ? expect(entry) : entry);

  return {
    dir: folder,
    name: modelName(folder),
    config,
    preprocessor,
    studio,
    tensors,
    unexpected,
    externalRoot,
    parameterCount: countParameters(expectedTensors(config).values()),
    weightBytes: [...tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0),
    hash: await quickHash(folder, headers),
    location: (entry) => path.relative(externalRoot, entry.file).split(path.sep).join('/'),
    has: (name) => tensors.has(name),
    expect,
    readRaw,
    async readF32(entry) {
      const found = typeof entry === 'string' ? expect(entry) : entry;
      return toFloat32(await readRaw(found), found.dtype);
    },
    fullHash: () => fullHash(folder, files),
  };
}

/** A hub cache keeps a model at models--OWNER--NAME/snapshots/COMMIT. */
function modelName(folder: string): string {
  const [repository, snapshots] = folder.split(path.sep).slice(-3);
  if (snapshots === 'snapshots' && repository?.startsWith('models--') === true) return repository.split('--').at(-1)!;
  return path.basename(folder);
}

async function readRequiredJson(folder: string, name: string): Promise<unknown> {
  const json = await readJson(path.join(folder, name));
  if (json === undefined) throw new EngineError('CONFIG_INVALID', `${folder}: ${name} is missing.`, { file: name });
  return json;
}

/** The processor cuts pictures for the encoder: both must mean the same patches. */
function checkPreprocessor(preprocessor: PreprocessorConfig, { vision }: OvisConfig): void {
  for (const field of ['patchSize', 'hiddenStride'] as const) {
    if (preprocessor[field] === vision[field]) continue;
    const name = field === 'patchSize' ? 'patch_size' : 'hidden_stride';
    throw new EngineError(
      'CONFIG_INVALID',
      `preprocessor_config.json: ${name}: expected ${String(vision[field])} as in config.json, got ${String(preprocessor[field])}.`,
      { source: 'preprocessor_config.json', field: name, expected: vision[field], got: preprocessor[field] },
    );
  }
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
async function readTensor({ name, file, offset, byteLength }: TensorEntry): Promise<Uint8Array> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new EngineError('WEIGHT_MISSING', `${file}: cannot be read for "${name}": ${String(error)}`, { tensor: name, file }, { cause: error });
  });
  try {
    return await readExactly(handle, offset, byteLength, file);
  } finally {
    await handle.close();
  }
}
