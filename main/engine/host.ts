/** The studio's hold on the engine: one process at a time, started when needed, replaced when it falls. */
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { cancelled, StudioError } from '../errors.ts';
import { EngineConnection, type CallBody } from './connection.ts';
import { detectionSchema, estimatorsSchema, generateResultSchema, modelInfoSchema, parseOr, understandResultSchema } from './messageSchemas.ts';
import { engineOptionsSchema, generateRequestSchema, imageSchema, understandRequestSchema } from './requestSchemas.ts';
import { spawnNode, type SpawnEngine } from './spawnNode.ts';
import { Turns } from './turns.ts';
import type {
  Detection, EngineOptions, EstimatorTask, GenerateRequest, GenerateResult, ModelInfo, RgbImage, RunOptions, UnderstandRequest, UnderstandResult,
} from './protocol.ts';

export interface EngineHostOptions {
  /** How the process is started; default: Node's fork of the real engine. */
  readonly spawn?: SpawnEngine;
  /** The process is ended after this long without a request; 0 = never. Default 10 minutes. */
  readonly idleTimeoutMs?: number;
  /** How long a cancelled run may go on before its process is killed. Default 30 s. */
  readonly cancelGraceMs?: number;
  readonly shutdownGraceMs?: number;
  readonly startTimeoutMs?: number;
  /** The wait after the first, second, … crash in a row; the last one repeats. */
  readonly restartDelaysMs?: readonly number[];
  readonly onStatus?: (status: HostStatus) => void;
}

/** What the host is doing, as far as anybody outside needs to know. */
export interface HostStatus {
  /** `absent`: no process; the next call starts one. */
  readonly state: 'absent' | 'starting' | 'loading' | 'ready' | 'running' | 'crashed';
  readonly pid?: number | undefined;
  readonly info?: ModelInfo | undefined;
  /** Why the last process fell, until a call succeeds. */
  readonly crash?: Error | undefined;
  /** When the process will be ended if nothing is asked of it: milliseconds since 1970. */
  readonly unloadsAt?: number | undefined;
}

interface ModelChoice {
  readonly dir: string;
  readonly options: EngineOptions;
}

interface LoadedModel {
  readonly by: EngineConnection;
  readonly model: ModelChoice;
  readonly info: ModelInfo;
}

/** Calls run one after the other. A crash fails the call that was running; the next one starts a new process and reloads the model. */
export class EngineHost {
  readonly #options: Required<EngineHostOptions>;
  #connection: EngineConnection | undefined;
  /** What the caller wants loaded, and what the running process has loaded. */
  #wanted: ModelChoice | undefined;
  #loaded: LoadedModel | undefined;
  #closing: Promise<void> = Promise.resolve();
  readonly #turns = new Turns(() => this.#armIdleTimer());
  #idleTimer: NodeJS.Timeout | undefined;
  #idleTimeoutMs: number;
  #status: HostStatus = { state: 'absent' };
  #crashes = 0;
  #notBefore = 0;
  readonly #disposed = new AbortController();

  constructor(options: EngineHostOptions = {}) {
    this.#options = {
      spawn: spawnNode(),
      idleTimeoutMs: 600_000,
      cancelGraceMs: 30_000,
      shutdownGraceMs: 5_000,
      startTimeoutMs: 60_000,
      restartDelaysMs: [0, 500, 2_000, 5_000, 10_000],
      onStatus: () => undefined,
      ...options,
    };
    this.#idleTimeoutMs = this.#options.idleTimeoutMs;
  }

  get status(): HostStatus {
    return this.#status;
  }

  /** The time without a request after which the process ends, from now on; 0 = never. */
  setIdleTimeout(ms: number): void {
    this.#idleTimeoutMs = ms;
    this.#armIdleTimer();
  }

  #tell(change: HostStatus): void {
    // A crash is told until something succeeds; only the facts of the state itself come fresh.
    this.#status = { ...(this.#status.crash && change.state !== 'ready' ? { crash: this.#status.crash } : {}), ...change };
    this.#options.onStatus(this.#status);
  }

  /** Loads a checkpoint folder, in place of the one before. MODEL_MISSING without such a folder; else the engine's own errors. */
  load(dir: string, options: EngineOptions = {}, run: RunOptions = {}): Promise<ModelInfo> {
    return this.#queue(run.signal, async () => {
      const model: ModelChoice = { dir, options: parseOr(engineOptionsSchema, options, 'REQUEST_INVALID', 'Engine options') };
      const folder = await stat(dir).catch(() => undefined);
      if (!folder?.isDirectory()) throw new StudioError('MODEL_MISSING', `There is no model folder at ${dir}.`, { dir });
      this.#wanted = model;
      try {
        return (await this.#withModel(run)).info;
      } catch (error) {
        // Never fall back to the former checkpoint in silence. A crash says nothing against the folder, so that is tried again.
        if (!isCrash(error)) this.#wanted = undefined;
        throw error;
      }
    });
  }

  /** Draws. in: a request of any kind → out: pixels, timings and what reproduces them. */
  generate(request: GenerateRequest, run: RunOptions = {}): Promise<GenerateResult> {
    return this.#queue(run.signal, async () => {
      const checked = parseOr(generateRequestSchema, request, 'REQUEST_INVALID', 'Request');
      return this.#call({ type: 'generate', request: checked }, generateResultSchema, run);
    });
  }

  /** Answers a question about pictures; tokens arrive as events while it speaks. */
  understand(request: UnderstandRequest, run: RunOptions = {}): Promise<UnderstandResult> {
    return this.#queue(run.signal, async () => {
      const checked = parseOr(understandRequestSchema, request, 'REQUEST_INVALID', 'Request');
      return this.#call({ type: 'understand', request: checked }, understandResultSchema, run);
    });
  }

  /** A depth map of a picture's own size (near is white) by the depth network of a model folder; no model need be loaded. */
  depthMap(dir: string, image: RgbImage, run: RunOptions = {}): Promise<RgbImage> {
    return this.#estimate({ dir, task: 'depth', image }, imageSchema, run);
  }

  /** What the detector of a model folder sees in a picture; no model need be loaded. */
  detect(dir: string, image: RgbImage, run: RunOptions = {}): Promise<Detection> {
    return this.#estimate({ dir, task: 'detector', image }, detectionSchema, run);
  }

  /** Which of the two a model folder has. */
  estimators(dir: string): Promise<Readonly<Record<EstimatorTask, boolean>>> {
    return this.#queue(undefined, async () => this.#callAny({ type: 'estimators', dir }, estimatorsSchema, {}));
  }

  /** What is known of the loaded model. MODEL_MISSING when none is. */
  info(): Promise<ModelInfo> {
    return this.#queue(undefined, async () => (await this.#withModel()).info);
  }

  /** Frees the model; the process stays until it idles out. */
  unload(): Promise<void> {
    return this.#queue(undefined, async () => {
      this.#wanted = undefined;
      this.#loaded = undefined;
      if (this.#connection?.alive) await this.#connection.call({ type: 'unload' }, z.null(), this.#options.cancelGraceMs);
    });
  }

  /** Ends the process and refuses everything afterwards; what runs or waits fails as CANCELLED. */
  async dispose(): Promise<void> {
    this.#disposed.abort();
    clearTimeout(this.#idleTimer);
    this.#stop(this.#options.shutdownGraceMs);
    // A process that was just starting is ended by the call that started it.
    await this.#turns.over();
    await this.#closing;
  }

  /** Ends the process now, in the middle of a step if need be; what runs fails as CANCELLED, the next request starts afresh. */
  kill(): void {
    this.#connection?.kill(cancelled('The engine process was ended.', { forced: true }));
  }

  /** One call after the other; an abort or dispose() frees a waiting one at once. */
  #queue<T>(signal: AbortSignal | undefined, job: () => Promise<T>): Promise<T> {
    clearTimeout(this.#idleTimer);
    return this.#turns.take(signal ? AbortSignal.any([signal, this.#disposed.signal]) : this.#disposed.signal, job);
  }

  #estimate<T>(wanted: { readonly dir: string; readonly task: EstimatorTask; readonly image: RgbImage }, schema: z.ZodType<T>, run: RunOptions): Promise<T> {
    return this.#queue(run.signal, async () => {
      const image = parseOr(imageSchema, wanted.image, 'REQUEST_INVALID', 'Picture');
      const threads = this.#wanted?.options.threads ?? null;
      return this.#callAny({ type: 'estimate', ...wanted, image, threads }, schema, run);
    });
  }

  /** A call that needs a process, but no model in it. */
  async #callAny<T>(body: CallBody, schema: z.ZodType<T>, run: RunOptions): Promise<T> {
    const connection = await this.#connect(run.signal);
    const before = this.#status;
    this.#tell({ state: 'running', pid: connection.pid, info: before.info });
    try {
      const value = await this.#guard(connection, () => connection.call(body, schema, this.#options.cancelGraceMs, run));
      this.#crashes = 0;
      return value;
    } finally {
      if (this.#connection === connection && connection.alive) this.#tell({ state: 'ready', pid: connection.pid, info: before.info });
    }
  }

  async #call<T>(body: CallBody, schema: z.ZodType<T>, run: RunOptions): Promise<T> {
    const { by, info } = await this.#withModel(run);
    this.#tell({ state: 'running', pid: by.pid, info });
    try {
      const value = await this.#guard(by, () => by.call(body, schema, this.#options.cancelGraceMs, run));
      // Not after loading alone: a request that kills every process loads well each time.
      this.#crashes = 0;
      return value;
    } finally {
      if (this.#connection === by && by.alive) this.#tell({ state: 'ready', pid: by.pid, info });
    }
  }

  /** A live process with the wanted model in it. */
  async #withModel(run: RunOptions = {}): Promise<LoadedModel> {
    const model = this.#wanted;
    if (!model) throw new StudioError('MODEL_MISSING', 'No model is loaded.');
    const connection = await this.#connect(run.signal);
    if (this.#loaded?.by === connection && this.#loaded.model === model) return this.#loaded;
    this.#loaded = undefined;
    this.#tell({ state: 'loading', pid: connection.pid });
    const info = await this.#guard(connection, () =>
      connection.call({ type: 'load', dir: model.dir, options: model.options }, modelInfoSchema, this.#options.cancelGraceMs, run),
    );
    this.#loaded = { by: connection, model, info };
    this.#tell({ state: 'ready', pid: connection.pid, info });
    return this.#loaded;
  }

  async #connect(signal: AbortSignal | undefined): Promise<EngineConnection> {
    if (this.#connection?.alive) return this.#connection;
    // Two processes at once could need twice the memory.
    await this.#closing;
    const stop = signal ? AbortSignal.any([signal, this.#disposed.signal]) : this.#disposed.signal;
    const waitMs = this.#notBefore - Date.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) throw cancelled();
    this.#tell({ state: 'starting' });
    try {
      this.#connection = await EngineConnection.open(this.#options.spawn, this.#options.startTimeoutMs, (why) => this.#ended(why));
    } catch (error) {
      this.#countCrash();
      throw error;
    }
    if (this.#disposed.signal.aborted) {
      this.#stop(this.#options.shutdownGraceMs);
      throw cancelled();
    }
    return this.#connection;
  }

  /** Counts crashes in a row, and replaces a process whose memory pool is spoilt. */
  async #guard<T>(connection: EngineConnection, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (isCrash(error) && !connection.alive) this.#countCrash();
      // The runtime gives its pool back only with the process, so a smaller request would fail too.
      if (error instanceof StudioError && error.code === 'OUT_OF_MEMORY' && connection.alive) this.#stop(this.#options.shutdownGraceMs);
      throw error;
    }
  }

  /** A process is gone, whether told to or not, and whether or not a call was open. */
  #ended(why: Error): void {
    if (this.#connection?.alive) return;
    this.#tell(isCrash(why) ? { state: 'crashed', crash: why } : { state: 'absent' });
  }

  #countCrash(): void {
    const delays = this.#options.restartDelaysMs;
    this.#notBefore = Date.now() + (delays[Math.min(this.#crashes, delays.length - 1)] ?? 0);
    this.#crashes++;
  }

  #stop(graceMs: number): void {
    const old = this.#connection;
    this.#connection = undefined;
    this.#loaded = undefined;
    if (old) this.#closing = old.close(graceMs);
  }

  #armIdleTimer(): void {
    clearTimeout(this.#idleTimer);
    if (this.#turns.busy || this.#idleTimeoutMs === 0 || this.#disposed.signal.aborted) return;
    this.#idleTimer = setTimeout(() => this.#stop(this.#options.shutdownGraceMs), this.#idleTimeoutMs);
    this.#idleTimer.unref();
    if (this.#connection?.alive) this.#tell({ ...this.#status, unloadsAt: Date.now() + this.#idleTimeoutMs });
  }
}

function isCrash(error: unknown): boolean {
  return error instanceof StudioError && (error.code === 'ENGINE_CRASHED' || (error.code === 'OUT_OF_MEMORY' && error.details['reason'] === 'outOfMemory'));
}
