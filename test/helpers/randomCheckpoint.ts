/**
 * Writes a checkpoint of random weights for any config: the exact inventory, shards, index, tokenizer and processor.
 *
 *   node test/helpers/randomCheckpoint.ts --real DIR [--layers N] [--dtype BF16|F16|F32] [--shard-mb N] [--seed N]
 *
 * writes one with the published dimensions (7.3 GB in BF16; `--layers 1` keeps the widths and makes every stack one block deep).
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parseConfig } from '../../native/config.ts';
import { type Dtype, isDtype } from '../../native/weights/dtype.ts';
import { expectedTensors, optionalTensors } from '../../native/weights/inventory.ts';
import { realMergeCount, writeRandomTokenizer } from './randomTokenizer.ts';
import { type PlannedTensor, gaussianBlock, tensorBytes, writeHollowTensors, writeRandomTensors } from './randomWeights.ts';

/** config.json as it stands in the file. */
export type ConfigJson = Readonly<Record<string, unknown>>;

export interface RandomCheckpointOptions {
  readonly config: ConfigJson;
  /** Default BF16, as published. */
  readonly dtype?: Dtype;
  readonly seed?: number;
  /** Largest file; default 5 GB. A model that fits one file gets no index. */
  readonly shardBytes?: number;
  /** Merges of the generated tokenizer; 0 writes none, default none below the published vocabulary size. */
  readonly merges?: number;
  /** Also stores a tied model's lm_head. */
  readonly storeTiedHead?: boolean;
  /** Zeros that take no room, for who reads headers alone. */
  readonly hollow?: boolean;
  /** studio.json; absent = the file is not written. */
  readonly studio?: unknown;
}

export interface WrittenCheckpoint {
  readonly files: readonly string[];
  readonly bytes: number;
}

/** Writes the folder (made if need be) and returns the weight files' names. */
export async function writeRandomCheckpoint(dir: string, options: RandomCheckpointOptions): Promise<WrittenCheckpoint> {
  const config = parseConfig(options.config);
  const dtype = options.dtype ?? 'BF16';
  const seed = options.seed ?? 0;
  await mkdir(dir, { recursive: true });
  await writeJson(dir, 'config.json', options.config);
  await writeJson(dir, 'preprocessor_config.json', {
    ...(await readReal('preprocessor_config.json')),
    patch_size: config.vision.patchSize,
    hidden_stride: config.vision.hiddenStride,
    min_pixels: config.vision.minPixels,
    max_pixels: config.vision.maxPixels,
  });
  if (options.studio !== undefined) await writeJson(dir, 'studio.json', options.studio);
  const merges = options.merges ?? (config.llm.vocabSize >= 256 + realMergeCount ? realMergeCount : 0);
  if (merges > 0) await writeRandomTokenizer(dir, merges, seed);

  const shapes = [...expectedTensors(config), ...(options.storeTiedHead === true ? optionalTensors(config) : [])];
  const shards = planShards(
    shapes.map(([name, shape]) => ({ name, shape, dtype })),
    options.shardBytes ?? 5e9,
  );
  const block = options.hollow === true ? null : gaussianBlock(seed);
  const total = String(shards.length).padStart(5, '0');
  const files = shards.map((_, i) =>
    shards.length === 1 ? 'model.safetensors' : `model-${String(i + 1).padStart(5, '0')}-of-${total}.safetensors`,
  );
  const bytes = shards.reduce((sum, shard, i) => sum + (block === null ? writeHollowTensors(path.join(dir, files[i]!), shard) : writeRandomTensors(path.join(dir, files[i]!), shard, block)), 0);
  if (shards.length > 1) {
    const weightMap = Object.fromEntries(shards.flatMap((shard, i) => shard.map(({ name }) => [name, files[i]!])));
    const totalSize = shards.flat().reduce((sum, { shape }) => sum + tensorBytes(shape, dtype), 0);
    await writeJson(dir, 'model.safetensors.index.json', { metadata: { total_size: totalSize }, weight_map: weightMap });
  }
  return { files, bytes };
}

/** The published config; `layers` makes every stack (language model, encoder, double and single blocks) that deep. */
export async function realConfig(layers?: number): Promise<ConfigJson> {
  const config = await readReal('config.json');
  return layers === undefined ? config : withDepth(config, layers);
}

/** The same config with every stack `layers` deep. */
export function withDepth(config: ConfigJson, layers: number): ConfigJson {
  const deep = structuredClone(config) as Record<string, Record<string, unknown>>;
  deep['llm_config']!['num_hidden_layers'] = layers;
  (deep['visual_tokenizer_config']!['backbone_config'] as Record<string, unknown>)['num_hidden_layers'] = layers;
  deep['visual_generator_config']!['depth'] = layers;
  deep['visual_generator_config']!['depth_single_blocks'] = layers;
  return deep;
}

/** Fills one shard after the other, in order; a tensor larger than a shard gets its own. */
function planShards(tensors: readonly PlannedTensor[], shardBytes: number): PlannedTensor[][] {
  const shards: PlannedTensor[][] = [[]];
  let filled = 0;
  for (const tensor of tensors) {
    const bytes = tensorBytes(tensor.shape, tensor.dtype);
    if (filled > 0 && filled + bytes > shardBytes) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(tensor);
    filled += bytes;
  }
  return shards;
}

async function readReal(name: string): Promise<ConfigJson> {
  return JSON.parse(await readFile(path.join(import.meta.dirname, '../fixtures/real', name), 'utf8')) as ConfigJson;
}

function writeJson(dir: string, name: string, json: unknown): Promise<void> {
  return writeFile(path.join(dir, name), JSON.stringify(json, null, 2));
}

async function runCommand(): Promise<void> {
  const { values } = parseArgs({
    options: {
      real: { type: 'string' },
      layers: { type: 'string' },
      dtype: { type: 'string', default: 'BF16' },
      'shard-mb': { type: 'string', default: '5000' },
      seed: { type: 'string', default: '0' },
    },
  });
  const repository = path.resolve(import.meta.dirname, '../..');
  const dtype = values.dtype.toUpperCase();
  if (values.real === undefined || !isDtype(dtype)) {
    throw new Error('usage: randomCheckpoint.ts --real DIR [--layers N] [--dtype BF16|F16|F32] [--shard-mb N] [--seed N]');
  }
  const dir = path.resolve(values.real);
  if (dir === repository || dir.startsWith(repository + path.sep)) throw new Error('DIR must lie outside of the repository: the weights are gigabytes.');
  const started = performance.now();
  const { files, bytes } = await writeRandomCheckpoint(dir, {
    config: await realConfig(values.layers === undefined ? undefined : Number(values.layers)),
    dtype,
    shardBytes: Number(values['shard-mb']) * 1e6,
    seed: Number(values.seed),
  });
  console.log(JSON.stringify({ dir, files, bytes, seconds: Math.round(performance.now() - started) / 1000 }));
}

if (process.argv[1] === import.meta.filename) await runCommand();
