/** Opens what belongs to models: the list, the hub's settings, downloads that were left half done. */
import type { NewEvent } from '../../preload/contract/events.ts';
import { HubSettings, type SessionHub } from './hubSettings.ts';
import { Installs } from './installs.ts';
import { ModelFolders } from './modelList.ts';
import { Network } from './network.ts';
import { defaultTiming, type Timing } from './timing.ts';

export interface ModelsOptions {
  readonly dataDir: string;
  readonly builtInDir: string;
  readonly chosen: () => string;
  readonly publish: (event: NewEvent) => void;
  readonly timing?: Partial<Timing>;
  /** In place of what is stored. */
  readonly session?: SessionHub;
}

export interface Models {
  readonly models: ModelFolders;
  readonly hub: HubSettings;
  readonly installs: Installs;
  readonly network: Network;
}

/** Makes no request; nothing is fetched before a call asks for it. */
export async function openModels({ dataDir, builtInDir, chosen, publish, timing = {}, session }: ModelsOptions): Promise<Models> {
  const hub = await HubSettings.open(dataDir, session);
  const network = new Network({ stallMs: timing.stallMs ?? defaultTiming.stallMs });
  const changed = (): void => publish({ type: 'models' });
  const models = await ModelFolders.open({ dataDir, builtInDir, chosen, changed, modelsDirs: () => hub.dirs, endpoint: () => hub.endpoint });
  const installs = await Installs.open({ settings: hub, network, timing, changed, tell: (install) => publish({ type: 'install', install }) });
  return { models, hub, installs, network };
}
