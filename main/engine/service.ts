/** The engine as the studio's services use it: the host, its memory, and the news of both. */
import { failureSchema, toFailure } from '../errors.ts';
import type { EngineService } from '../services.ts';
import type { EngineStatus } from '../../preload/contract/system.ts';
import { EngineHost, type EngineHostOptions, type HostStatus } from './host.ts';
import { residentBytes } from './memory.ts';
import type { EngineOptions, EstimatorTask, GenerateRequest, GenerateResult, ModelInfo, RgbImage, RunOptions, UnderstandRequest, UnderstandResult } from './protocol.ts';

export interface EngineServiceOptions extends EngineHostOptions {
  readonly modelIdOf: (dir: string) => string | null;
  readonly changed: (status: EngineStatus) => void;
  readonly memoryEveryMs?: number;
}

/** Changes of memory smaller than this are not worth an event. */
const noticeableBytes = 8 * 1024 * 1024;

export class StudioEngine implements EngineService {
  readonly #host: EngineHost;
  readonly #options: EngineServiceOptions;
  #memoryBytes: number | null = null;
  #memoryTimer: NodeJS.Timeout | undefined;

  constructor(options: EngineServiceOptions) {
    this.#options = options;
    this.#host = new EngineHost({ ...options, onStatus: (status) => this.#told(status) });
  }

  load(dir: string, options?: EngineOptions, run?: RunOptions): Promise<ModelInfo> {
    return this.#host.load(dir, options, run);
  }

  generate(request: GenerateRequest, run?: RunOptions): Promise<GenerateResult> {
    return this.#host.generate(request, run);
  }

  understand(request: UnderstandRequest, run?: RunOptions): Promise<UnderstandResult> {
    return this.#host.understand(request, run);
  }

  /** A depth map of a picture's own size by the depth network of a model folder; waits its turn behind what is being drawn. */
  depthMap(dir: string, image: RgbImage, run?: RunOptions): Promise<RgbImage> {
    return this.#host.depthMap(dir, image, run);
  }

  /** Which small networks a model folder has: `depth` says whether depthMap can be asked of it. */
  estimators(dir: string): Promise<Readonly<Record<EstimatorTask, boolean>>> {
    return this.#host.estimators(dir);
  }

  status(): EngineStatus {
    const { state, pid, info, crash, unloadsAt } = this.#host.status;
    return {
      state,
      pid: pid ?? null,
      modelId: info === undefined ? null : this.#options.modelIdOf(info.dir),
      memoryBytes: this.#memoryBytes,
      provider: info?.reproduce.provider ?? null,
      precision: info?.reproduce.precision ?? null,
      failure: crash === undefined ? null : failureSchema.parse(toFailure(crash)),
      unloadsAt: unloadsAt ?? null,
    };
  }

  setIdleTimeout(ms: number): void {
    this.#host.setIdleTimeout(ms);
  }

  kill(): void {
    this.#host.kill();
  }

  async dispose(): Promise<void> {
    await this.#host.dispose();
    clearInterval(this.#memoryTimer);
  }

  #told(status: HostStatus): void {
    if (status.pid === undefined) {
      clearInterval(this.#memoryTimer);
      this.#memoryTimer = undefined;
      this.#memoryBytes = null;
    } else if (this.#memoryTimer === undefined) {
      this.#memoryTimer = setInterval(() => void this.#measure(), this.#options.memoryEveryMs ?? 2_000);
      this.#memoryTimer.unref();
      void this.#measure();
    }
    this.#options.changed(this.status());
  }

  async #measure(): Promise<void> {
    const { pid } = this.#host.status;
    if (pid === undefined) return;
    const bytes = await residentBytes(pid);
    if (this.#host.status.pid !== pid || Math.abs((bytes ?? 0) - (this.#memoryBytes ?? 0)) < noticeableBytes) return;
    this.#memoryBytes = bytes;
    this.#options.changed(this.status());
  }
}
