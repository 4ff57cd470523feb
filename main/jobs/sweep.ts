/** The guidance study: finished cells → one labelled grid, as in the paper. */
import type { Hash } from '../../preload/contract/common.ts';
import type { BatchInput, BatchRecord, JobRecord } from '../../preload/contract/jobs.ts';
import type { SheetTask } from '../imaging/messages.ts';
import { parametersText } from '../pictures.ts';
import type { NewGeneration } from '../history/rowTypes.ts';
import type { AssetStore, HistoryService } from '../services.ts';
import { axesOf, promptLabel } from './expand.ts';

export interface SheetPlan {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  /** Row by row. */
  readonly jobs: readonly JobRecord[];
}

/** Columns are txtCfg, rows everything else. out: the plan once every cell is done; undefined before, and for a batch that is no sweep. */
export function planSheet(input: BatchInput, jobs: readonly JobRecord[]): SheetPlan | undefined {
  if (input.sweep === undefined) return undefined;
  const { prompts, seeds, txtCfg, imgCfg } = axesOf(input);
  const columns = txtCfg ?? [undefined];
  const rows: string[] = [];
  const cells: JobRecord[] = [];
  for (const prompt of prompts) {
    for (const seed of seeds) {
      for (const img of imgCfg ?? [undefined]) {
        rows.push([...(img === undefined ? [] : [`imgCfg ${img}`]), ...(seeds.length > 1 ? [`seed ${seed}`] : []), ...(prompts.length > 1 ? [promptLabel(prompt)] : [])].join(' · '));
        for (const txt of columns) {
          const cell = jobs.findLast(({ state, request }) => state === 'done' && request.kind !== 'understand' && request.prompt === prompt && request.seed === seed
            && (txt === undefined || request.txtCfg === txt) && (img === undefined || ('imgCfg' in request && request.imgCfg === img)));
          if (!cell) return undefined;
          cells.push(cell);
        }
      }
    }
  }
  return { columns: columns.map((txt) => (txt === undefined ? '' : `txtCfg ${txt}`)), rows, jobs: cells };
}

export interface SheetParts {
  readonly gallery: Pick<HistoryService['gallery'], 'get' | 'add'>;
  readonly assets: Pick<AssetStore, 'file' | 'put'>;
  readonly imaging: { encodeSheet(sheet: SheetTask, text: string): Promise<Uint8Array> };
}

/** Draws and stores the grid. Its row bears the batch's id, so that a studio killed half-way does not make it twice. Errors: ASSET_MISSING, NOT_FOUND for a cell that was purged, DISK_FULL. */
export async function makeSheet(batch: BatchRecord, plan: SheetPlan, parts: SheetParts): Promise<NonNullable<BatchRecord['grid']>> {
  const { columns, rows } = plan;
  const answer = (hash: Hash): NonNullable<BatchRecord['grid']> => ({ hash, generationId: batch.id, columns: [...columns], rows: [...rows] });
  const made = await parts.gallery.get({ id: batch.id }).catch(() => undefined);
  if (made) return answer(made.hash);
  const cells = await Promise.all(plan.jobs.map(({ generationIds }) => parts.gallery.get({ id: generationIds[0] ?? '' })));
  const first = cells[0]!;
  const files = await Promise.all(cells.map(({ hash }) => parts.assets.file(hash)));
  const text = parametersText({ request: batch.input.request, seed: first.seed, modelName: first.modelName, reproduce: first.reproduce });
  const file = await parts.assets.put(await parts.imaging.encodeSheet({ columns, rows, cells: files.map(({ path }) => path) }, text));
  const hashes = [...new Set(cells.map(({ hash }) => hash))];
  const row: NewGeneration = {
    id: batch.id,
    ...file,
    task: 'grid',
    seed: first.seed,
    batchId: batch.id,
    projectId: first.projectId,
    createdAt: Date.now(),
    prompt: batch.input.request.prompt,
    request: batch.input.request,
    modelId: first.modelId,
    modelName: first.modelName,
    reproduce: first.reproduce,
    steps: first.steps,
    timingsMs: {},
    jobId: null,
    label: batch.label,
    fileName: null,
    parents: hashes.map((hash) => ({ role: 'cell', hash })),
  };
  await parts.gallery.add([row]);
  return answer(file.hash);
}
