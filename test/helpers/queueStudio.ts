/** A queue on a real history and a real asset store, with the engine in a process of its own: the puppet, or the real one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLibrary, type Library } from '../../main/assets/library.ts';
import { EngineHost, type EngineHostOptions } from '../../main/engine/host.ts';
import { spawnNode, type SpawnEngine } from '../../main/engine/spawnNode.ts';
import { EventLog } from '../../main/events.ts';
import { Imaging } from '../../main/imaging/imaging.ts';
import { openJobQueue } from '../../main/jobs/jobQueue.ts';
import type { QueueParts } from '../../main/jobs/queueParts.ts';
import { storedPictures } from '../../main/pictures.ts';
import type { Caller, JobQueue } from '../../main/services.ts';
import type { JobRequest } from '../../preload/contract/generation.ts';
import type { JobRecord, JobState } from '../../preload/contract/jobs.ts';
import type { StudioEvent } from '../../preload/contract/events.ts';
import type { ModelEntry, Settings } from '../../preload/contract/system.ts';
import type { Failure } from '../../main/errors.ts';

export const puppet = join(import.meta.dirname, 'fakeEngineEntry.ts');
export const goldenModel = join(import.meta.dirname, '../fixtures/golden/dev_a');

export const settings: Settings = {
  theme: 'system', modelId: 'model', threads: 1, provider: null, precision: null, attention: 'auto', previewEvery: 1, idleUnloadMinutes: 0,
  notifications: false, trashDays: 0, lastProjectId: null, keys: {},
};

const model: ModelEntry = {
  id: 'model', name: 'Puppet', summary: '', builtIn: true, state: 'ready', inUse: true, dir: null, bytes: null, modelHash: null, parameters: null, contextImages: 1,
  sizes: [[64, 64]], defaults: { steps: 4, txtCfg: 5, imgCfg: 1.5 }, tasks: [{ name: 'depth', experimental: true }], knows: 'Cubes and balls.', vocabulary: ['a', 'red', 'cube'], failure: null,
};

export interface QueueStudioOptions {
  readonly dir?: string;
  readonly spawn?: SpawnEngine;
  readonly modelDir?: string;
  readonly host?: EngineHostOptions;
  readonly settings?: Partial<Settings>;
  /** How long a file without a row is left alone; default: not at all, so that what is left over shows. */
  readonly graceMs?: number;
  /** Stands between the queue and its rows or pictures, for faults. */
  readonly wrap?: (parts: QueueParts) => QueueParts;
}

export interface QueueStudio {
  readonly dir: string;
  readonly queue: JobQueue;
  readonly library: Library;
  readonly host: EngineHost;
  readonly events: EventLog;
  readonly reports: Failure[];
  /** Everything that was told since the start. */
  readonly told: StudioEvent[];
  submit(request: JobRequest, more?: Partial<Parameters<JobQueue['jobs']['submit']>[0]>): Promise<JobRecord>;
  /** The job once it is in one of these states; default: once it has ended. */
  until(jobId: string, ...states: JobState[]): Promise<JobRecord>;
  /** Resolves with the first event from now on, or already told, that fits. */
  heard(fits: (event: StudioEvent) => boolean): Promise<StudioEvent>;
  close(): Promise<void>;
}

export const nobody: Caller = { signal: undefined };

export async function openQueueStudio(options: QueueStudioOptions = {}): Promise<QueueStudio> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'ovis-queue-'));
  const imaging = new Imaging();
  const library = await openLibrary({ dir, imaging, graceMs: options.graceMs ?? 0 });
  const host = new EngineHost({ spawn: options.spawn ?? spawnNode({ entry: puppet }), idleTimeoutMs: 0, restartDelaysMs: [0], shutdownGraceMs: 1_000, ...options.host });
  const reports: Failure[] = [];
  const told: StudioEvent[] = [];
  const opened: { queue?: JobQueue } = {};
  const events: EventLog = new EventLog({
    snapshot: () => ({ ...opened.queue!.snapshot(), engine: null as never, settings }),
    job: (id) => opened.queue?.snapshot().jobs.find((job) => job.id === id),
  });
  const publish = events.publish.bind(events);
  const waiters = new Set<() => void>();
  const hub: QueueParts['events'] = {
    publish: (event) => {
      const seq = publish(event);
      told.push({ ...event, seq, at: 0 });
      for (const wake of waiters) wake();
      return seq;
    },
    follow: events.follow.bind(events),
  };
  const parts: QueueParts = {
    history: library.history,
    assets: library.assets,
    pictures: storedPictures(library.assets, imaging),
    imaging,
    engine: host,
    models: { list: async () => [model], dirOf: async () => options.modelDir ?? dir },
    settings: { get: () => ({ ...settings, ...options.settings }) },
    events: hub,
    report: (failure) => reports.push(failure),
    closeGraceMs: 2_000,
  };
  const queue = await openJobQueue(options.wrap?.(parts) ?? parts);
  opened.queue = queue;
  const heard: QueueStudio['heard'] = (fits) => new Promise((resolve) => {
    let from = 0;
    const look = (): void => {
      for (; from < told.length; from++) {
        if (!fits(told[from]!)) continue;
        waiters.delete(look);
        return resolve(told[from]!);
      }
    };
    waiters.add(look);
    look();
  });
  return {
    dir, queue, library, host, events, reports, told, heard,
    submit: async (request, more = {}) => (await queue.jobs.submit({ requests: [request], ...more }, nobody))[0]!,
    until: async (jobId, ...states) => {
      const wanted = states.length > 0 ? states : ['done', 'failed', 'cancelled', 'interrupted'];
      for (;;) {
        const now = await queue.jobs.get({ jobId }, nobody);
        if (wanted.includes(now.state)) return now;
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiters.delete(wake);
            resolve();
          };
          waiters.add(wake);
        });
      }
    },
    close: async () => {
      await queue.close();
      await host.dispose();
      await library.close();
      await imaging.close();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const draw = (prompt: string, more: Partial<Extract<JobRequest, { kind: 'textToImage' }>> = {}): JobRequest => ({ kind: 'textToImage', prompt, seed: 7, ...more });
