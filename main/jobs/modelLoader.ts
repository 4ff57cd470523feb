/** Has the right checkpoint loaded before a job runs, and only then. */
import type { Provider } from '../../preload/contract/generation.ts';
import { chosenPrecision } from '../models/chosenPrecision.ts';
import type { EngineOptions, ModelInfo, RunOptions } from '../engine/protocol.ts';
import type { EngineService, ModelList, SettingsService } from '../services.ts';

export class ModelLoader {
  readonly #engine: Pick<EngineService, 'load'>;
  readonly #models: Pick<ModelList, 'dirOf' | 'list'> & Partial<Pick<ModelList, 'packedDirOf'>>;
  readonly #settings: Pick<SettingsService, 'get'>;
  readonly #chosenProvider: (() => Provider) | undefined;
  #loaded: { readonly key: string; readonly info: ModelInfo } | undefined;

  constructor(engine: Pick<EngineService, 'load'>, models: Pick<ModelList, 'dirOf' | 'list'> & Partial<Pick<ModelList, 'packedDirOf'>>, settings: Pick<SettingsService, 'get'>, chosenProvider?: () => Provider) {
    this.#engine = engine;
    this.#models = models;
    this.#settings = settings;
    this.#chosenProvider = chosenProvider;
  }

  /** Loads it unless it is what was loaded last; the host brings that one back by itself after a crash. Errors: MODEL_MISSING, the engine's. */
  async ensure(modelId: string, run: RunOptions): Promise<ModelInfo> {
    const dir = await this.#models.dirOf(modelId);
    const options = this.#options(modelId);
    const key = JSON.stringify([dir, options]);
    if (this.#loaded?.key === key) return this.#loaded.info;
    this.#loaded = undefined;
    const loaded = await this.#engine.load(dir, options, run);
    // The engine knows a folder's name; people know the model by the one on the list.
    const info = { ...loaded, name: (await this.#models.list()).find(({ id }) => id === modelId)?.name ?? loaded.name };
    this.#loaded = { key, info };
    return info;
  }

  /** After a failure that says the engine holds no model. */
  forget(): void {
    this.#loaded = undefined;
  }

  #options(modelId: string): EngineOptions {
    const settings = this.#settings.get();
    const { threads, provider: wanted, attention, memoryLimitBytes = null } = settings;
    const precision = chosenPrecision(settings, modelId);
    const provider = wanted ?? this.#chosenProvider?.() ?? null;
    const packedDir = this.#models.packedDirOf?.(modelId);
    return { attention, ...(threads !== null && { threads }), ...(provider !== null && { provider }), ...(precision !== null && { precision }), ...(memoryLimitBytes !== null && { memoryBytes: memoryLimitBytes }), ...(packedDir !== undefined && { packedDir }) };
  }
}
