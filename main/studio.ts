/** One running studio: opens the services in their order, answers through them, closes them in reverse. Knows no transport. */
import type { Provider } from '../preload/contract/generation.ts';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StandardHandler } from '@orpc/server/standard';
import type { SystemInfo } from '../preload/contract/system.ts';
import { StudioEngine } from './engine/service.ts';
import { StudioError, type Failure } from './errors.ts';
import { EventLog } from './events.ts';
import { Log } from './log.ts';
import { keepYoungGeneration } from './memory.ts';
import { modelsRoom } from './models/modelsRoom.ts';
import { openModels } from './models/openModels.ts';
import type { ProjectFiles } from './projects/projectFiles.ts';
import { askRoom } from './rooms/ask.ts';
import { canvasRoom, type CanvasParts } from './rooms/canvas.ts';
import { DragFiles } from './rooms/dragFiles.ts';
import { examplesRoom } from './rooms/examples.ts';
import { galleryRoom } from './rooms/gallery.ts';
import type { PictureFiles } from './rooms/pictureFiles.ts';
import { projectsRoom } from './rooms/projects.ts';
import { systemRoom } from './rooms/system.ts';
import { Writers } from './rooms/writers.ts';
import { Packs } from './models/packs.ts';
import { PlanThread } from './models/planThread.ts';
import { SettingsFile } from './settings.ts';
import { createHttpApi, type HttpApi } from './transport/httpApi.ts';
import { createHandler, type Report } from './transport/router.ts';
import { findResources, type ResourceFinder } from './transport/resources.ts';
import { Providers } from './engine/providers.ts';
import type { SpawnEngine } from './engine/spawnNode.ts';
import type { AssetStore, EngineService, EventHub, HistoryService, JobQueue, ModelList, Rooms, SettingsService } from './services.ts';

/** What the parts below are built from. */
export interface StudioBase {
  readonly dataDir: string;
  readonly settings: SettingsService;
  readonly models: ModelList;
  readonly engine: EngineService;
  readonly events: EventHub;
  readonly log: Log;
  readonly plans: PlanThread;
  /** The best provider that was found to compute rightly. */
  readonly chosenProvider?: () => Provider;
}

/** The parts with a life of their own. */
export interface StudioParts {
  readonly history: HistoryService;
  readonly assets: AssetStore;
  readonly pictures: PictureFiles;
  readonly projectFiles: ProjectFiles;
  readonly canvas: Pick<CanvasParts, 'assets' | 'imaging' | 'staging' | 'pictures'>;
  readonly queue: JobQueue;
  /** What a person should hear about the opening. */
  readonly notices: readonly Failure[];
  /** Ends everything but the queue, which is closed before. */
  close(): Promise<void>;
}

export interface StudioOptions {
  readonly dataDir: string;
  readonly builtInDir: string;
  readonly version: string;
  readonly host: SystemInfo['host'];
  readonly spawn: SpawnEngine;
  /** Pictures of the starts that are one click away. */
  readonly examplesDir?: string;
  /** What a person should hear besides what the parts tell. */
  readonly notices?: readonly Failure[];
  /** Shows a file or folder of this machine in its file manager; false where there is none. */
  readonly reveal?: (path: string) => Promise<boolean>;
  /** Opens the parts; what it opened before failing, it closes again. */
  readonly openParts: (base: StudioBase) => Promise<StudioParts>;
}

export interface Studio {
  readonly handler: StandardHandler<Record<never, never>>;
  /** The same calls over plain HTTP, for scripts. */
  readonly api: HttpApi;
  readonly resources: ResourceFinder;
  readonly settings: SettingsService;
  readonly events: EventHub;
  readonly log: Log;
  /** Pictures of the gallery as files, for a drag out of the window. */
  readonly dragFiles: (ids: unknown) => Promise<readonly string[]>;
  /** Jobs that would be interrupted by closing now. */
  readonly unfinishedJobs: () => number;
  close(): Promise<void>;
}

/** Errors: those of the parts (DATA_IN_USE, DB_FROM_FUTURE, DISK_FULL …), REQUEST_INVALID where the data folder cannot be made. */
export async function openStudio(options: StudioOptions): Promise<Studio> {
  const { dataDir } = options;
  await mkdir(dataDir, { recursive: true }).catch((error: unknown) => {
    throw new StudioError('REQUEST_INVALID', `The data folder ${dataDir} cannot be made: ${error instanceof Error ? error.message : String(error)}. Choose another with --data.`, { dataDir }, { cause: error });
  });
  const log = new Log(dataDir);
  // Events need a queue to take snapshots of, the queue needs events to tell: the first is asked only once both are there.
  let queue: JobQueue | undefined;
  const snapshotOf = (): ReturnType<JobQueue['snapshot']> => {
    if (!queue) throw new StudioError('INTERNAL', 'The studio is still opening.');
    return queue.snapshot();
  };
  const events = new EventLog({
    snapshot: () => ({ ...snapshotOf(), engine: engine.status(), settings: settings.get() }),
    job: (id) => snapshotOf().jobs.find((job) => job.id === id),
  });
  const [settings, providers] = await Promise.all([
    SettingsFile.open(dataDir, (changed) => {
      engine.setIdleTimeout(minutes(changed.idleUnloadMinutes));
      events.publish({ type: 'settings', settings: changed });
    }),
    Providers.open({ dataDir, spawn: options.spawn }),
  ]);
  const { models, hub, installs, network } = await openModels({ dataDir, builtInDir: options.builtInDir, chosen: () => settings.get().modelId, publish: (event) => void events.publish(event) });
  const engine = new StudioEngine({
    spawn: options.spawn,
    idleTimeoutMs: minutes(settings.get().idleUnloadMinutes),
    modelIdOf: (dir) => models.idOf(dir),
    changed: (status) => void events.publish({ type: 'engine', engine: status }),
  });
  const plans = new PlanThread(() => engine.status().pid);
  const packs = new Packs({
    models, spawn: options.spawn, threads: () => settings.get().threads,
    tell: (packing) => void events.publish({ type: 'packing', packing }), changed: () => void events.publish({ type: 'models' }),
  });
  try {
    const parts = await options.openParts({ dataDir, settings, models, engine, events, log, plans, chosenProvider: () => providers.state().chosen });
    queue = parts.queue;
    const { history } = parts;
    const writers = new Writers({ freed: (projectId) => void events.publish({ type: 'projectFree', projectId }) });
    const rooms: Rooms = {
      system: systemRoom({ ...options, notices: [...(options.notices ?? []), ...parts.notices], epoch: events.epoch, settings, engine, providers, log, outboundRequests: () => network.requests }),
      events: { watch: ({ resume }, { signal }) => events.watch(resume, signal) },
      models: modelsRoom({ models, hub, installs, settings, engine, packs, plans, provider: () => providers.state().chosen, publish: (event) => void events.publish(event) }),
      assets: {
        upload: async ({ file }) => parts.assets.put(new Uint8Array(await file.arrayBuffer())),
        info: ({ hash }) => parts.assets.info(hash),
        parameters: ({ hash }) => parts.pictures.parameters(hash),
      },
      projects: projectsRoom({ history, events, writers, files: parts.projectFiles }),
      canvas: canvasRoom({ ...parts.canvas, history, queue, writers, files: parts.pictures }),
      jobs: parts.queue.jobs,
      batches: parts.queue.batches,
      gallery: galleryRoom(parts.history, parts.assets, parts.pictures, events),
      lineage: { get: (input) => parts.history.lineage.get(input) },
      ask: askRoom(parts.history, parts.queue, events),
      examples: examplesRoom({ assets: parts.assets, models, dir: options.examplesDir }),
    };
    const report: Report = (failure, call) => log.failure(failure, call);
    keepYoungGeneration();
    let drags: DragFiles | undefined;
    return {
      handler: createHandler(rooms, report),
      api: createHttpApi(rooms, report),
      resources: findResources(parts.assets, parts.queue),
      settings,
      events,
      log,
      dragFiles: (ids) => (drags ??= new DragFiles({ history, assets: parts.assets, pictures: parts.pictures, dir: join(dataDir, 'window', 'dragged') })).write(ids),
      unfinishedJobs: () => parts.queue.snapshot().jobs.filter(({ state }) => state === 'running' || state === 'queued').length,
      close: async () => {
        // The queue first: it writes down what it was doing, while rows can still be written.
        await parts.queue.close();
        await installs.close();
        await packs.close();
        await engine.dispose();
        await parts.close();
        await plans.close();
      },
    };
  } catch (error) {
    await engine.dispose();
    await plans.close();
    throw error;
  }
}

function minutes(count: number): number {
  return count * 60_000;
}
