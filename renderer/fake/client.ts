import type { JobRecord } from '../../preload/contract/jobs.ts';
import type { Chat, Generation, Turn } from '../../preload/contract/project.ts';
import type { EngineStatus, Settings } from '../../preload/contract/system.ts';
import type { StudioClient } from '../studio/client.ts';
import { fakeCanvas, fakeProjects } from './canvas.ts';
import { examples, info, models, startSettings } from './facts.ts';
import { News } from './news.ts';
import { FakeQueue } from './queue.ts';
import { fakeId, makeHistory, makeRow, passes, seeded } from './rows.ts';

type Call = { readonly signal?: AbortSignal };

function notFound(): Error {
  return Object.assign(new Error('there is no such row'), { code: 'NOT_FOUND', data: { details: {}, retryable: false } });
}

const day = (time: number): number => new Date(time).setHours(0, 0, 0, 0);

/** The studio's services in memory: enough to draw and drive the whole page without a host. Used by tests and while designing only. */
export function fakeClient(options: { readonly history: number; readonly stepMs: number }): StudioClient {
  const random = seeded(99);
  const news = new News();
  let rows: Generation[] = makeHistory(options.history, Date.now());
  let settings: Settings = startSettings;
  const chats: Chat[] = [];
  const byId = (id: string): Generation => rows.find((row) => row.id === id) ?? (() => { throw notFound(); })();
  const changed = (ids: readonly string[], change: 'added' | 'changed' | 'removed' = 'changed'): void => news.tell({ type: 'gallery', change, ids: [...ids] });
  const queue = new FakeQueue(news, random, () => rows, (row) => { rows = [row, ...rows]; changed([row.id], 'added'); });
  queue.stepMs = options.stepMs;
  const engine: EngineStatus = { state: 'ready', pid: 1, modelId: 'toybox', memoryBytes: 410e6, provider: 'cpu', precision: 'fp32', failure: null, unloadsAt: null };
  const patch = (ids: readonly string[], make: (row: Generation) => Partial<Generation>): void => {
    const wanted = new Set(ids);
    rows = rows.map((row) => (wanted.has(row.id) ? { ...row, ...make(row) } : row));
    changed(ids);
  };
  const sizes = new Map<string, { hash: string; mime: 'image/png'; width: number; height: number; bytes: number }>();
  const assetInfo = (hash: string) => sizes.get(hash) ?? { hash, mime: 'image/png' as const, width: 256, height: 256, bytes: 90_000 };

  const tellAnswer = (chat: Chat, turn: Turn, job: JobRecord): void => {
    const timer = setInterval(() => {
      const now = queue.get(job.id);
      Object.assign(turn, { state: now.state, text: now.text ?? '', tokens: (now.text ?? '').split(' ').length });
      if (now.state === 'queued' || now.state === 'running') return;
      clearInterval(timer);
      turn.timingsMs = { understand: Date.now() - job.createdAt };
      news.tell({ type: 'chats', change: 'changed', ids: [chat.id] });
    }, 50);
  };

  const client = {
    system: {
      info: async () => info,
      engine: async () => engine,
      stopEngine: async () => undefined,
      providers: async () => ({ probes: [], chosen: 'cpu' as const, reason: 'The processor works everywhere. Test the others to find what is fastest here.' }),
      testProvider: async () => ({ probes: [], chosen: 'cpu' as const, reason: 'The processor works everywhere. Test the others to find what is fastest here.' }),
      settings: async () => settings,
      changeSettings: async (change: Partial<Settings>) => { settings = { ...settings, ...change }; news.tell({ type: 'settings', settings }); return settings; },
      diagnostics: async () => ({ text: 'fake', logFile: null }),
      notices: async () => [],
      reveal: async () => ({ shown: false }),
      moveData: async () => undefined,
    },
    events: {
      watch: async (_input: unknown, { signal }: Call = {}) => news.listen({ type: 'snapshot', seq: news.next(), at: Date.now(), epoch: info.epoch, jobs: [...queue.jobs], queue: queue.status(), engine, settings }, signal),
    },
    models: { list: async () => models, importFolder: async () => { throw notFound(); }, forget: async () => undefined, installs: async () => [], source: async () => ({ endpoint: 'https://huggingface.co', hasToken: false, modelsDir: `${info.dataDir}/models`, freeDiskBytes: info.freeDiskBytes }) },
    examples: { list: async () => (rows.length === 0 ? examples : examples.map((one) => ({ ...one, image: one.image === null ? null : rows[3]?.hash ?? null }))) },
    assets: {
      upload: async ({ file }: { file: Blob }) => {
        const bitmap = await createImageBitmap(file);
        const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
        const hash = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
        const stored = { hash, mime: 'image/png' as const, width: bitmap.width, height: bitmap.height, bytes: file.size };
        sizes.set(hash, stored);
        return stored;
      },
      info: async ({ hash }: { hash: string }) => assetInfo(hash),
      parameters: async () => ({ source: null, request: null, text: null }),
    },
    jobs: {
      submit: async ({ requests, toFront }: { requests: JobRecord['request'][]; toFront?: boolean }) => requests.map((request) => queue.submit(request, {}, toFront)),
      list: async () => [...queue.jobs],
      queue: async () => queue.status(),
      cancel: async ({ jobIds }: { jobIds: string[] }) => queue.cancel(jobIds),
      pause: async () => { queue.paused = true; news.tell({ type: 'queue', queue: queue.status() }); return queue.status(); },
      resume: async () => { queue.paused = false; queue.wake(); news.tell({ type: 'queue', queue: queue.status() }); return queue.status(); },
      move: async ({ jobId, before, lane }: { jobId: string; before: string | null; lane?: JobRecord['lane'] }) => queue.move(jobId, before, lane),
      toFront: async ({ jobId }: { jobId: string }) => queue.move(jobId, queue.jobs.filter((job) => job.state === 'queued').sort((a, b) => a.order - b.order)[0]?.id ?? null, 'foreground'),
      retry: async ({ jobId }: { jobId: string }) => queue.submit(queue.get(jobId).request, { originJobId: jobId }),
      duplicate: async ({ jobId }: { jobId: string }) => queue.submit({ ...queue.get(jobId).request, seed: Math.floor(random() * 1e6) } as JobRecord['request'], { originJobId: jobId }),
      clear: async ({ jobIds }: { jobIds?: string[] }) => { news.tell({ type: 'jobsRemoved', jobIds: jobIds ?? [] }); },
      estimate: async ({ request }: { request: JobRecord['request'] }) => {
        const unknown = request.prompt.toLowerCase().match(/\b(dog|cat|house|person|tree)\b/g) ?? [];
        return { totalMs: request.kind === 'understand' ? 2400 : (request.steps ?? 25) * queue.stepMs, basis: 'measured', warnings: unknown.length === 0 ? [] : [{ kind: 'notKnown', message: '', items: unknown }] };
      },
    },
    batches: {
      create: async ({ request, seeds }: { request: JobRecord['request'] & { seed?: number }; seeds?: number }) => {
        const batchId = fakeId(random);
        return { batch: {}, jobs: Array.from({ length: seeds ?? 1 }, (_, index) => queue.submit({ ...request, seed: (request.seed ?? 0) + index } as JobRecord['request'], { batchId, lane: 'batch' })) };
      },
    },
    gallery: {
      search: async ({ filter = {}, sort = 'newest', after, limit = 100 }: Parameters<StudioClient['gallery']['search']>[0]) => {
        const began = performance.now();
        const found = rows.filter((row) => passes(row, filter));
        const ordered = sort === 'newest' ? found : found.toReversed();
        const at = after === undefined ? 0 : after.id === undefined
          ? ordered.findIndex((row) => (sort === 'newest' ? row.createdAt < after.createdAt : row.createdAt > after.createdAt)) : ordered.findIndex((row) => row.id === after.id) + 1;
        const items = at < 0 ? [] : ordered.slice(at, at + limit);
        const last = items.at(-1);
        return { items, next: last === undefined || items.length < limit ? null : { createdAt: last.createdAt, id: last.id }, tookMs: performance.now() - began };
      },
      timeline: async ({ filter = {} }: Parameters<StudioClient['gallery']['timeline']>[0]) => {
        const days = [...Map.groupBy(rows.filter((row) => passes(row, filter)), (row) => day(row.createdAt))].map(([from, list]) => ({ from, to: from + 86_400_000, count: list.length }));
        return { total: days.reduce((sum, one) => sum + one.count, 0), days: days.sort((a, b) => b.from - a.from), tookMs: 2 };
      },
      counts: async () => {
        const kept = rows.filter((row) => row.trashedAt === null);
        const of = (task: Generation['task']): number => kept.filter((row) => row.task === task).length;
        return {
          all: kept.length, starred: kept.filter((row) => row.starred).length, trashed: rows.length - kept.length, projects: [], bytes: kept.length * 90_000,
          tasks: { textToImage: of('textToImage'), edit: of('edit'), inpaint: 0, outpaint: 0, control: 0, grid: of('grid'), import: of('import') },
          tags: [{ tag: 'study', count: kept.filter((row) => row.tags.includes('study')).length }].filter((one) => one.count > 0), models: [{ modelName: 'Toybox', count: kept.length }],
        };
      },
      get: async ({ id }: { id: string }) => byId(id),
      star: async ({ ids, starred }: { ids: string[]; starred: boolean }) => patch(ids, () => ({ starred })),
      tag: async ({ ids, add, remove }: { ids: string[]; add: string[]; remove: string[] }) => patch(ids, (row) => ({ tags: [...row.tags.filter((tag) => !remove.includes(tag)), ...add] })),
      note: async ({ id, note }: { id: string; note: string }) => patch([id], () => ({ note })),
      trash: async ({ ids }: { ids: string[] }) => patch(ids, () => ({ trashedAt: Date.now() })),
      restore: async ({ ids }: { ids: string[] }) => patch(ids, () => ({ trashedAt: null })),
      purge: async ({ ids = [] }: { ids?: string[] }) => { rows = rows.filter((row) => !ids.includes(row.id)); changed(ids, 'removed'); return { rows: ids.length, files: ids.length, bytes: 0 }; },
      recall: async ({ id }: { id: string }) => { const row = byId(id); if (row.request === null) throw notFound(); return { request: row.request, modelId: row.modelId }; },
      import: async ({ files }: { files: { hash: string; name: string }[] }) => {
        const made = files.map(({ hash, name }) => makeRow(random, Date.now(), { ...assetInfo(hash), task: 'import', prompt: '', title: name, fileName: name, request: null, seed: null, steps: null }));
        rows = [...made, ...rows];
        changed(made.map((row) => row.id), 'added');
        return made;
      },
      export: async ({ id }: { id: string }) => (await fetch(`/asset/${byId(id).hash}`)).blob(),
      savedSearches: async () => [],
      saveSearch: async () => undefined,
    },
    projects: fakeProjects(),
    canvas: fakeCanvas(queue),
    lineage: {
      get: async ({ id, depth = 6 }: { id: string; depth?: number }) => {
        const distance = new Map([[id, 0]]);
        const edges = rows.flatMap((row) => row.parents.flatMap((parent) => (parent.generationId === null ? [] : [{ from: parent.generationId, to: row.id, role: parent.role }])));
        for (let ring = 0; ring < depth; ring++) {
          for (const edge of edges) {
            if (distance.has(edge.to) && !distance.has(edge.from)) distance.set(edge.from, distance.get(edge.to)! - 1);
            if (distance.has(edge.from) && !distance.has(edge.to)) distance.set(edge.to, distance.get(edge.from)! + 1);
          }
        }
        return { nodes: [...distance].map(([key, away]) => ({ ...byId(key), distance: away })), edges: edges.filter((edge) => distance.has(edge.from) && distance.has(edge.to)), truncated: false };
      },
    },
    ask: {
      chats: async () => chats.toSorted((a, b) => b.updatedAt - a.updatedAt),
      create: async ({ images }: { images: string[] }) => {
        const chat: Chat = { id: fakeId(random), title: '', projectId: null, images, questions: 0, createdAt: Date.now(), updatedAt: Date.now(), turns: [] };
        chats.push(chat);
        return structuredClone(chat);
      },
      get: async ({ id }: { id: string }) => structuredClone(chats.find((chat) => chat.id === id) ?? (() => { throw notFound(); })()),
      send: async ({ chatId, text }: { chatId: string; text: string }) => {
        const chat = chats.find((one) => one.id === chatId) ?? (() => { throw notFound(); })();
        const base = { createdAt: Date.now(), timingsMs: {}, failure: null, stopReason: null, tokens: null };
        const question: Turn = { ...base, id: fakeId(random), role: 'user', text, jobId: null, state: null };
        const turnId = fakeId(random);
        const job = queue.submit({ kind: 'understand', prompt: text, images: chat.images, chatId, turnId });
        const reply: Turn = { ...base, id: turnId, role: 'assistant', text: '', jobId: job.id, state: 'queued' };
        chat.turns.push(question, reply);
        Object.assign(chat, { title: chat.title || text.slice(0, 40), questions: chat.questions + 1, updatedAt: Date.now() });
        news.tell({ type: 'chats', change: 'changed', ids: [chatId] });
        tellAnswer(chat, reply, job);
        return { question: { ...question }, answer: { ...reply }, job };
      },
      stop: async ({ chatId }: { chatId: string }) => queue.cancel(queue.jobs.filter((job) => job.request.kind === 'understand' && job.request.chatId === chatId).map((job) => job.id)),
      delete: async ({ id }: { id: string }) => { chats.splice(chats.findIndex((chat) => chat.id === id), 1); news.tell({ type: 'chats', change: 'removed', ids: [id] }); },
    },
  };
  return client as unknown as StudioClient;
}
