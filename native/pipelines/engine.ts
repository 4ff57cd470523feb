import os from 'node:os';
import { EngineError } from '../errors.ts';
import { chooseAttention } from '../onnx/providers.ts';
import type {
  Engine, EngineOptions, GenerateRequest, GenerateResult, ModelInfo, Precision, ProviderName, RunOptions, UnderstandRequest, UnderstandResult,
} from '../types.ts';
import { scanNonFinite } from '../weights/nonFinite.ts';
import type { PipelineContext } from './context.ts';
import { generate } from './generate.ts';
import type { RuntimeChoice } from './networks.ts';
import { closePipeline, openPipeline } from './open.ts';
import { checkLength, checkUnderstand, pictureRows } from './requests.ts';
import { understand } from './understand.ts';

/** Part of what reproduces a picture: raised whenever the same request would give other bytes. */
export const ENGINE_VERSION = '1';

/** Checkpoints below this are searched for NaN when they are opened; larger ones when a result is not finite. */
const SCAN_BYTES = 256 * 2 ** 20;

const providers: readonly ProviderName[] = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'];
const precisions: readonly Precision[] = ['fp32', 'fp16', 'int8', 'q4', 'q4b128'];

function oneOf<T extends string>(field: string, value: T | undefined, known: readonly T[], fallback: T): T {
  if (value === undefined) return fallback;
  if (known.includes(value)) return value;
  throw new EngineError('REQUEST_INVALID', `${field} must be one of ${known.join(', ')}, got ${String(value)}`, { field, got: String(value) });
}

async function choose(options: EngineOptions): Promise<RuntimeChoice> {
  const provider = oneOf('provider', options.provider, providers, 'cpu');
  const precision = oneOf('precision', options.precision, precisions, 'fp32');
  const threads = options.threads ?? os.availableParallelism();
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new EngineError('REQUEST_INVALID', `threads must be a whole number from 1 to 256, got ${threads}`, { field: 'threads', got: String(threads) });
  }
  const wanted = oneOf('attention', options.attention, ['auto', 'fused', 'decomposed'] as const, 'auto');
  const attention = wanted === 'auto' ? await chooseAttention(provider) : wanted;
  return { provider, precision, threads, attention };
}

function memoryOf(bytes: number): number {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new EngineError('REQUEST_INVALID', `memoryBytes must be a whole number of bytes, got ${bytes}`, { field: 'memoryBytes', got: String(bytes) });
}

/** The engine behind `createEngine`: one checkpoint, one request at a time. */
export class PipelineEngine implements Engine {
  readonly info: ModelInfo;
  private readonly ctx: PipelineContext;
  private queue: Promise<unknown> = Promise.resolve();
  private disposed = false;

  private constructor(ctx: PipelineContext) {
    this.ctx = ctx;
    const { checkpoint, networks } = ctx;
    const { studio } = checkpoint;
    this.info = {
      dir: checkpoint.dir,
      name: checkpoint.name,
      modelHash: checkpoint.hash,
      parameters: checkpoint.parameterCount,
      weightBytes: checkpoint.weightBytes,
      dtypes: [...new Set([...checkpoint.tensors.values()].map(({ dtype }) => dtype))].sort(),
      contextImages: studio.contextImages,
      sizes: studio.sizes,
      defaults: { steps: studio.steps, txtCfg: studio.txtCfg.textToImage, imgCfg: studio.imgCfg },
      tasks: Object.entries(studio.tasks).map(([name, task]) => ({ name, experimental: task.experimental })),
      reproduce: { engineVersion: ENGINE_VERSION, ...networks.choice, modelHash: checkpoint.hash },
    };
  }

  static async open(dir: string, options: EngineOptions): Promise<PipelineEngine> {
    const ctx = await openPipeline(dir, await choose(options), {
      ...(options.packedDir === undefined ? {} : { packedDir: options.packedDir }),
      ...(options.memoryBytes === undefined ? {} : { budgetBytes: memoryOf(options.memoryBytes) }),
    });
    if (ctx.checkpoint.weightBytes <= SCAN_BYTES) await scanNonFinite(ctx.checkpoint);
    return new PipelineEngine(ctx);
  }

  /** Runs calls one after the other; a failure of one does not touch the next. */
  private serially<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(() => {
      if (this.disposed) throw new EngineError('REQUEST_INVALID', 'the engine was disposed');
      return work();
    });
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  generate(request: GenerateRequest, options: RunOptions = {}): Promise<GenerateResult> {
    return this.serially(async () => {
      try {
        return { ...(await generate(this.ctx, request, options)), reproduce: this.info.reproduce };
      } catch (error) {
        throw await this.explained(error);
      }
    });
  }

  understand(request: UnderstandRequest, options: RunOptions = {}): Promise<UnderstandResult> {
    return this.serially(async () => {
      checkUnderstand(request);
      this.checkRoom(request);
      try {
        return await understand(this.ctx, request, options);
      } catch (error) {
        throw await this.explained(error);
      }
    });
  }

  /** Refuses a question that does not fit beside its pictures: the model would lose what comes first, the pictures. */
  private checkRoom(request: UnderstandRequest): void {
    const { config, preprocessor } = this.ctx.checkpoint;
    const pictures = request.images.reduce((sum, image) => sum + pictureRows(image, preprocessor), 0);
    const words = [...(request.history ?? []).map(({ text }) => text), request.prompt].join('\n');
    // Turn marks and the empty thought around each text.
    const marks = 16 * ((request.history?.length ?? 0) + 1);
    checkLength('prompt', words, this.ctx.tokenizer, config.multimodalMaxLength - pictures - marks);
  }

  /** A result that is no number often comes from a weight that is none: then the tensor is named. */
  private async explained(error: unknown): Promise<unknown> {
    if (!(error instanceof EngineError) || error.code !== 'NON_FINITE' || this.ctx.checkpoint.weightBytes <= SCAN_BYTES) return error;
    try {
      await scanNonFinite(this.ctx.checkpoint);
    } catch (weightError) {
      return weightError;
    }
    return error;
  }

  async dispose(): Promise<void> {
    await this.serially(async () => {
      this.disposed = true;
      await closePipeline(this.ctx);
    }).catch(() => undefined);
  }
}
