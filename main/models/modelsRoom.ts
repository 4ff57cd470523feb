/** The room of the contract that answers about models. */
import type { ModelPrecisions, Packing } from '../../preload/contract/precisions.ts';
import type { Precision, Provider } from '../../preload/contract/generation.ts';
import type { NewEvent } from '../../preload/contract/events.ts';
import type { Install, VerifyReport } from '../../preload/contract/models.ts';
import { StudioError } from '../errors.ts';
import type { EngineService, ModelList, Room, SettingsService } from '../services.ts';
import type { HubSettings } from './hubSettings.ts';
import type { Installs } from './installs.ts';
import { builtInModelId } from './modelList.ts';
import type { Packs } from './packs.ts';
import type { PlanThread } from './planThread.ts';
import { precisionsOf, withPrecision } from './precisions.ts';
import { Rate } from './rate.ts';
import { verifyFolder } from './verify.ts';

export interface ModelsParts {
  readonly models: ModelList;
  readonly hub: HubSettings;
  readonly installs: Installs;
  readonly settings: SettingsService;
  readonly engine: Pick<EngineService, 'status' | 'kill'>;
  readonly publish: (event: NewEvent) => void;
  readonly packs: Packs;
  readonly plans: Pick<PlanThread, 'ask'>;
  /** What runs where the settings leave it open. */
  readonly provider: () => Provider;
}

/** Progress of a check is told this often. */
const tellMs = 200;

export function modelsRoom({ models, hub, installs, settings, engine, publish, packs, plans, provider }: ModelsParts): Room<'models'> {
  const never = new AbortController().signal;
  const checks = new Map<string, Install>();

  const verify = async (modelId: string, signal: AbortSignal): Promise<VerifyReport> => {
    if (checks.has(modelId)) throw new StudioError('REQUEST_INVALID', 'This model is being checked already.', { modelId });
    const dir = await models.dirOf(modelId);
    const entry = (await models.list()).find(({ id }) => id === modelId);
    const rate = new Rate();
    let told = 0;
    const tell = (bytes: number, of: number): void => {
      rate.add(bytes);
      const { bytesPerSecond } = rate;
      const check: Install = {
        modelId, name: entry?.name ?? modelId, source: entry?.source ?? { repo: `folder/${modelId}`, revision: 'main', endpoint: hub.endpoint }, state: 'checking', bytes: of, doneBytes: of, verifiedBytes: bytes,
        bytesPerSecond, leftMs: bytesPerSecond === null || bytesPerSecond === 0 ? null : Math.round(((of - bytes) / bytesPerSecond) * 1000), files: 0, filesDone: 0, retryAt: null, failure: null,
      };
      checks.set(modelId, check);
      if (Date.now() - told < tellMs) return;
      told = Date.now();
      publish({ type: 'install', install: check });
    };
    try {
      tell(0, entry?.bytes ?? 0);
      return await verifyFolder(modelId, dir, signal, tell);
    } finally {
      checks.delete(modelId);
      publish({ type: 'models' });
    }
  };

  const precisions = (modelId: string): Promise<ModelPrecisions> => precisionsOf(modelId, { models, settings: () => settings.get(), provider, plans, packs });

  /** Undefined where nothing is to be packed. */
  const pack = async (modelId: string, precision: Precision): Promise<Packing | undefined> => {
    const choice = (await precisions(modelId)).choices.find((one) => one.precision === precision);
    return choice === undefined || choice.ready ? undefined : packs.start(modelId, precision, Math.max(0, choice.packBytes - choice.diskBytes));
  };

  return {
    list: () => models.list(),
    importFolder: ({ dir }) => models.importFolder(dir),
    forget: async ({ modelId }) => {
      await packs.cancel(modelId);
      await models.forget(modelId);
    },
    source: () => hub.source(),
    changeSource: async (change) => {
      const source = await hub.change(change);
      publish({ type: 'models' });
      return source;
    },
    plan: (input, { signal }) => installs.plan(input, signal),
    install: (input, { signal }) => installs.install(input, signal),
    installs: async () => [...installs.list(), ...checks.values()],
    pause: ({ modelId }) => installs.pause(modelId),
    resume: ({ modelId }) => installs.resume(modelId),
    cancel: ({ modelId, keepParts = false }) => installs.cancel(modelId, keepParts),
    remove: async ({ modelId }) => {
      // An engine that holds the files would go on with ones that are no more.
      if (engine.status().modelId === modelId) engine.kill();
      await packs.cancel(modelId);
      await models.remove(modelId);
      if (settings.get().modelId === modelId) await settings.change({ modelId: builtInModelId });
    },
    precisions: ({ modelId }) => precisions(modelId),
    choosePrecision: async ({ modelId, precision }) => {
      await models.dirOf(modelId);
      if (precision !== null) await pack(modelId, precision);
      await settings.change(withPrecision(settings.get(), modelId, precision));
      publish({ type: 'models' });
    },
    pack: async ({ modelId, precision }) => {
      const packing = await pack(modelId, precision);
      if (packing === undefined) throw new StudioError('REQUEST_INVALID', `There is nothing to pack for ${precision}.`, { modelId, precision });
      return packing;
    },
    cancelPack: ({ modelId }) => packs.cancel(modelId),
    removePack: async ({ modelId, precision }) => {
      if (!(await models.list()).some(({ id }) => id === modelId)) throw new StudioError('MODEL_MISSING', `There is no model "${modelId}" here.`, { modelId });
      // An engine that holds the files would go on with ones that are no more.
      const held = engine.status();
      if (held.modelId === modelId && held.precision === precision) engine.kill();
      const freedBytes = await packs.remove(modelId, precision);
      publish({ type: 'models' });
      return { freedBytes };
    },
    verify: ({ modelId }, { signal }) => verify(modelId, signal ?? never),
  };
}
