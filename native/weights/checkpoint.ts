/** Opens a model folder: config, tensors and where they lie. The weights stay on disk until asked for. */
import path from 'node:path';
import { type OvisConfig, type PreprocessorConfig, parseConfig, parsePreprocessor } from '../config.ts';
import { EngineError } from '../errors.ts';
import { type StudioConfig, parseStudioConfig } from '../studioConfig.ts';
import { toFloat32 } from './dtype.ts';
import { readJson } from './files.ts';
import { fullHash, quickHash } from './hash.ts';
import { countParameters, expectedTensors, validateInventory } from './inventory.ts';
import type { TensorEntry } from './safetensors.ts';
import { openWeights, readTensor, type Weights } from './weights.ts';

export type { TensorEntry } from './safetensors.ts';

export interface Checkpoint extends Weights {
  /** Absolute, as given. */
  readonly dir: string;
  /** The folder's own name, or the repository's inside a hub cache. */
  readonly name: string;
  readonly config: OvisConfig;
  readonly preprocessor: PreprocessorConfig;
  readonly studio: StudioConfig;
  /** Tensors that the config does not know; allowed, unused. */
  readonly unexpected: readonly string[];
  /** Of the model, so a tied head that is stored all the same counts once. */
  readonly parameterCount: number;
  /** Of all stored tensors. */
  readonly weightBytes: number;
  /** sha256, hex: see quickHash. */
  readonly hash: string;
  has(name: string): boolean;
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

  const weights = await openWeights(folder);
  const { headers, tensors, externalRoot } = weights;
  const expect: Weights['expect'] = (name, shape) => weights.expect(name, shape);
  const unexpected = validateInventory({ config, tensors });
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
    location: (entry) => weights.location(entry),
    has: (name) => tensors.has(name),
    expect,
    readRaw,
    async readF32(entry) {
      const found = typeof entry === 'string' ? expect(entry) : entry;
      return toFloat32(await readRaw(found), found.dtype);
    },
    fullHash: () => fullHash(folder, [...headers.keys()]),
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
