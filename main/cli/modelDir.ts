/** `--model`: a checkpoint's folder, or the name of a model that the studio has. */
import { stat } from 'node:fs/promises';
import { builtInModelId, ModelFolders } from '../models/modelList.ts';
import type { Precision } from '../engine/protocol.ts';
import { chosenPrecision } from '../models/chosenPrecision.ts';
import { HubSettings } from '../models/hubSettings.ts';
import { modelIdOf } from '../models/identity.ts';
import { SettingsFile } from '../settings.ts';
import { builtInModel } from './io.ts';

export interface ChosenModel {
  readonly dir: string;
  /** Where the studio keeps its packed weights, for a model of the list. */
  readonly packedDir?: string;
  /** Chosen in the studio; the command line's own option goes before it. */
  readonly precision?: Precision;
}

/** The model meant; what is neither a folder nor a known name is handed back as a folder, for the engine to refuse. */
export async function chosenModel(given: string | undefined, dataDir: string | undefined): Promise<ChosenModel> {
  if (given === undefined) return { dir: builtInModel };
  if (dataDir === undefined) return { dir: given };
  const hub = await HubSettings.open(dataDir);
  const models = await ModelFolders.open({ dataDir, builtInDir: builtInModel, chosen: () => '', changed: () => undefined, modelsDirs: () => hub.dirs, endpoint: () => hub.endpoint });
  const isFolder = (await stat(given).catch(() => undefined))?.isDirectory() ?? false;
  const wanted = given.toLowerCase();
  const named = isFolder ? undefined : (await models.list()).find(({ id, name, state }) => state === 'ready' && [id, name.toLowerCase()].some((known) => known === wanted || known === modelIdOf(wanted)));
  const dir = named?.dir ?? given;
  const modelId = named?.id ?? models.idOf(dir);
  const packedDir = models.packedDirOf(modelId ?? builtInModelId);
  const { precision, precisions = {} } = (await SettingsFile.open(dataDir, () => undefined)).get();
  const own = modelId === null ? precision : chosenPrecision({ precision, precisions }, modelId);
  return { dir, ...(packedDir !== undefined && { packedDir }), ...(own !== null && { precision: own }) };
}
