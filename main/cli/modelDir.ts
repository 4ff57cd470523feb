/** `--model`: a checkpoint's folder, or the name of a model that the studio has. */
import { stat } from 'node:fs/promises';
import { builtInModelId, ModelFolders } from '../models/modelList.ts';
import { HubSettings } from '../models/hubSettings.ts';
import { modelIdOf } from '../models/identity.ts';
import { builtInModel } from './io.ts';

export interface ChosenModel {
  readonly dir: string;
  /** Where the studio keeps its packed weights, for a model of the list. */
  readonly packedDir?: string;
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
  const packedDir = models.packedDirOf(named?.id ?? models.idOf(dir) ?? builtInModelId);
  return { dir, ...(packedDir !== undefined && { packedDir }) };
}
