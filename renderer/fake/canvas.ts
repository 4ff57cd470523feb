import type { CanvasState, CanvasSubmit, JournalRow, Staged } from '../../preload/contract/canvas.ts';
import type { GenerateInput } from '../../preload/contract/generation.ts';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import type { Project } from '../../preload/contract/project.ts';
import type { FakeQueue } from './queue.ts';

const projectId = '00000000-0000-4000-8000-000000000001';
const project: Project = { id: projectId, name: 'Harbour blocks', createdAt: 0, updatedAt: 0, openedAt: null, generations: 0, cover: null };

/** One project that this page writes. */
export function fakeProjects() {
  return {
    list: async () => [project], create: async () => project, rename: async () => project, close: async () => undefined, delete: async () => undefined, trashed: async () => [],
    open: async () => ({ project, access: 'write' as const }), keepDraft: async () => undefined,
  };
}

/** The canvas's services in memory; results come from the fake queue. */
export function fakeCanvas(queue: FakeQueue) {
  const entries: JournalRow[] = [];
  let staged: Staged[] = [];
  const stagedFor = (job: JobRecord, input: CanvasSubmit): Staged => ({
    id: job.id, projectId, jobId: job.id, generationId: job.generationIds[0] ?? null, createdAt: Date.now(), state: 'waiting', frame: input.frame, result: 'b'.repeat(64), patch: null, raw: 'b'.repeat(64),
    raster: null, mask: null, blend: null, colourMatch: null, facts: { changedOutside: null, keptPixels: null, seamDeltaE: null, seamDeltaEBefore: null }, prompt: input.request.prompt, seed: input.request.seed ?? 0, kept: false,
  });
  return {
    capabilities: async () => ({ depthEstimator: false, unknownFills: ['edge'], maxBlend: 25 }),
    open: async (): Promise<CanvasState> => ({ projectId, snapshot: null, entries: [...entries], seq: entries.length, staged }),
    append: async ({ entries: more }: { entries: JournalRow[] }) => { entries.push(...more); return { seq: entries.length }; },
    snapshot: async ({ seq }: { seq: number }) => ({ seq }),
    submit: async (input: CanvasSubmit) => {
      const { frame, request } = input;
      const job = queue.submit(asGenerate(input), { projectId, canvas: { frame, raster: 'raster' in request ? request.raster : null, mask: null, options: {} } }, input.toFront);
      queue.onDone(job.id, (done) => { staged = [...staged, stagedFor(done, input)]; queue.tellStaged(projectId, [done.id]); });
      return [job];
    },
    staged: async () => staged.filter((one) => one.state === 'waiting'),
    settle: async ({ ids, state }: { ids: string[]; state: Staged['state'] }) => { staged = staged.map((one) => (ids.includes(one.id) ? { ...one, state } : one)); return staged.filter((one) => ids.includes(one.id)); },
    keep: async () => undefined,
  };
}

function asGenerate({ frame, request }: CanvasSubmit): GenerateInput {
  const { prompt, steps = 25, seed = 1, txtCfg = 5 } = request;
  return 'raster' in request ? { kind: 'edit', prompt, image: request.raster, steps, seed, txtCfg } : { kind: 'textToImage', prompt, width: frame.width, height: frame.height, steps, seed, txtCfg };
}
