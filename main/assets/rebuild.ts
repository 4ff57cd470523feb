/** Makes rows for pictures that lie in the store without one: after the history was lost, the files' own metadata tell it again. */
import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { hashSchema, idSchema, nameSchema, textSchema } from '../../preload/contract/common.ts';
import { generateInputSchema, reproductionSchema, seedSchema } from '../../preload/contract/generation.ts';
import type { AssetInfo } from '../../preload/contract/project.ts';
import { readPngText } from '../imaging/pngText.ts';
import { taskOfRequest } from '../history/inputs.ts';
import type { History } from '../history/history.ts';
import type { NewGeneration } from '../history/rowTypes.ts';
import { foldersOf, type FoundFile } from './files.ts';
import type { ContentStore } from './store.ts';

/** Under which our PNGs hold their parameters. */
const keyword = 'ovis-studio';

/** What a picture of ours says of itself. Loose: other versions may say more. */
const carriedSchema = z.looseObject({
  request: generateInputSchema,
  seed: seedSchema.nullable().optional(),
  modelName: nameSchema.nullable().optional(),
  reproduce: reproductionSchema.nullable().optional(),
});

/** What the command line's pictures say: flat, with pictures that were never stored. */
const flatSchema = z.looseObject({
  kind: z.enum(['textToImage', 'edit', 'inpaint', 'outpaint', 'control']),
  prompt: textSchema,
  seed: seedSchema.optional(),
  steps: z.int().nonnegative().optional(),
  model: z.string().optional(),
});

export interface Rebuilt {
  /** Rows made from what pictures say of themselves. */
  readonly generations: number;
  /** Rows made for pictures that say nothing and that nothing uses. */
  readonly imports: number;
}

/** Goes through every file of the store; safe to run again after a kill. `onProgress` hears how many files were looked at. */
export async function rebuild(store: ContentStore, history: History, onProgress: (files: number) => void = () => undefined): Promise<Rebuilt> {
  const silent: { readonly asset: AssetInfo; readonly at: number }[] = [];
  let generations = 0;
  let looked = 0;
  for await (const files of foldersOf(store.folder)) {
    const rows: NewGeneration[] = [];
    for (const file of files) {
      looked += 1;
      if ((await history.assets.isUsed(file.hash)) || !(await store.adopt(file.hash, file.path))) continue;
      const asset = await store.info(file.hash);
      const at = Math.round((await stat(file.path)).mtimeMs);
      const row = await readRow(file, asset, at);
      if (row) rows.push(row);
      else silent.push({ asset, at });
    }
    // In one transaction each folder: a kill repeats a folder, and finds those rows.
    await history.gallery.add(rows);
    generations += rows.length;
    onProgress(looked);
  }
  const imports = await keepUnused(history, silent);
  await history.rebuilt();
  return { generations, imports };
}

/** Pictures that no row names would go with the next collection; as rows of their own they stay until a person removes them. */
async function keepUnused(history: History, silent: readonly { readonly asset: AssetInfo; readonly at: number }[]): Promise<number> {
  let kept = 0;
  for (const { asset, at } of silent) {
    if (await history.assets.isUsed(asset.hash)) continue;
    await history.gallery.add([{ ...blank(asset, at), task: 'import' }]);
    kept += 1;
  }
  return kept;
}

async function readRow(file: FoundFile, asset: AssetInfo, at: number): Promise<NewGeneration | undefined> {
  if (asset.mime !== 'image/png') return undefined;
  const raw = parse(readPngText(await readFile(file.path), keyword));
  const carried = carriedSchema.safeParse(raw);
  if (carried.success) {
    const { request, seed, modelName, reproduce } = carried.data;
    return {
      ...blank(asset, at), task: taskOfRequest(request), prompt: request.prompt, request, seed: seed ?? request.seed ?? null, steps: request.steps ?? null,
      modelName: modelName ?? null, reproduce: reproduce ?? null,
    };
  }
  const flat = flatSchema.safeParse(raw);
  if (!flat.success) return undefined;
  const { kind, prompt, seed, steps, model } = flat.data;
  const reproduce = reproductionSchema.safeParse(raw);
  return { ...blank(asset, at), task: kind, prompt, seed: seed ?? null, steps: steps ?? null, modelName: model ?? null, reproduce: reproduce.success ? reproduce.data : null };
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function blank(asset: AssetInfo, createdAt: number): Omit<NewGeneration, 'task'> {
  return {
    id: idSchema.parse(randomUUID()), hash: hashSchema.parse(asset.hash), width: asset.width, height: asset.height, mime: asset.mime, bytes: asset.bytes, seed: null,
    batchId: null, projectId: null, createdAt, prompt: '', request: null, modelId: null, modelName: null, reproduce: null, steps: null, timingsMs: {},
    jobId: null, label: '', fileName: null, parents: [],
  };
}
