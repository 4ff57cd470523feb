import os from 'node:os';
import path from 'node:path';
import { Fields } from '../config/fields.ts';
import { parseUnet, type UnetConfig } from '../config/unet.ts';
import { EngineError } from '../errors.ts';
import { toVaeInput } from '../image/preprocess.ts';
import { resizeBicubic } from '../image/resizeBicubic.ts';
import type { Size } from '../image/smartResize.ts';
import { buildUnet } from '../models/unet.ts';
import { createSession, f32Tensor, type Session } from '../onnx/session.ts';
import type { Detection, Estimators, EstimatorOptions, EstimatorTask, RgbImage } from '../types.ts';
import { readJson } from '../weights/files.ts';
import { openWeights, type Weights } from '../weights/weights.ts';
import { checkDetectorParts, readDetection } from './detection.ts';
import { floats } from './networks.ts';
import { checkImage } from './requests.ts';

/** The small networks that read pictures: what stands in them, and how near. */

interface Network {
  readonly config: UnetConfig;
  readonly weights: Weights;
  session?: Session;
}

/** One output at the size at which the network works. */
interface Output {
  /** [channels, height, width] */
  readonly channels: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** The network of a folder, or null where there is none. */
async function openNetwork(folder: string, task: EstimatorTask): Promise<Network | null> {
  const json = await readJson(path.join(folder, 'config.json'));
  if (json === undefined) return null;
  const config = parseUnet(new Fields(json, `${task}/config.json`), task);
  if (task === 'detector') checkDetectorParts(config.parts);
  return { config, weights: await openWeights(folder) };
}

/** About as many pixels as the network was trained on, in the picture's own proportions; sides are multiples of 2^levels. */
export function workingSize(size: Size, { pictureSize, widths }: Pick<UnetConfig, 'pictureSize' | 'widths'>): Size {
  const step = 2 ** widths.length;
  const scale = pictureSize / Math.sqrt(size.width * size.height);
  const side = (length: number): number => Math.max(step, Math.min(8 * pictureSize, Math.round((length * scale) / step) * step));
  return { width: side(size.width), height: side(size.height) };
}

/** Opens the estimators of a folder: those that are there. */
export class FolderEstimators implements Estimators {
  readonly has: Readonly<Record<EstimatorTask, boolean>>;
  private readonly dir: string;
  private readonly threads: number;
  private readonly networks: Readonly<Record<EstimatorTask, Network | null>>;
  private disposed = false;

  private constructor(dir: string, threads: number, networks: Readonly<Record<EstimatorTask, Network | null>>) {
    this.dir = dir;
    this.threads = threads;
    this.networks = networks;
    this.has = { detector: networks.detector !== null, depth: networks.depth !== null };
  }

  static async open(dir: string, options: EstimatorOptions): Promise<FolderEstimators> {
    const threads = options.threads ?? os.availableParallelism();
    if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
      throw new EngineError('REQUEST_INVALID', `threads must be a whole number from 1 to 256, got ${threads}`, { field: 'threads', got: String(threads) });
    }
    const networks = { detector: await openNetwork(path.join(dir, 'detector'), 'detector'), depth: await openNetwork(path.join(dir, 'depth'), 'depth') };
    return new FolderEstimators(dir, threads, networks);
  }

  private async run(task: EstimatorTask, image: RgbImage): Promise<Output & { readonly config: UnetConfig }> {
    checkImage('image', image, 3);
    if (this.disposed) throw new EngineError('REQUEST_INVALID', 'the estimators were disposed');
    const network = this.networks[task];
    if (!network) throw new EngineError('REQUEST_INVALID', `there is no ${task} network in ${this.dir}`, { field: 'task', task });
    const { config, weights } = network;
    const session = (network.session ??= await createSession(buildUnet(weights, config, task, { precision: 'fp32', attention: 'decomposed' }), {
      provider: 'cpu', threads: this.threads, externalRoot: weights.externalRoot,
    }));
    const { width, height } = workingSize(image, config);
    const pixels = toVaeInput(resizeBicubic(image, width, height));
    const channels = floats(await session.run({ pixels: f32Tensor(pixels, [1, 3, height, width]) }), 'channels');
    if (!channels.every(Number.isFinite)) throw new EngineError('NON_FINITE', `the ${task} network gave values that are no numbers`, { network: task });
    const shrink = config.fineChannels > 0 ? 1 : 2;
    return { channels, config, width: width / shrink, height: height / shrink };
  }

  async detect(image: RgbImage): Promise<Detection> {
    const { config, ...output } = await this.run('detector', image);
    return readDetection({ ...output, parts: config.parts });
  }

  async depthMap(image: RgbImage): Promise<RgbImage> {
    const { channels, width, height } = await this.run('depth', image);
    const closeness = channels.map((value) => 1 / (1 + Math.exp(-value)));
    const nearest = closeness.reduce((a, b) => Math.max(a, b), 1e-6);
    const data = new Uint8Array(3 * width * height);
    closeness.forEach((value, i) => data.fill(Math.round((255 * value) / nearest), 3 * i, 3 * i + 3));
    return resizeBicubic({ width, height, data }, image.width, image.height);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    for (const network of Object.values(this.networks)) await network?.session?.release();
  }
}
