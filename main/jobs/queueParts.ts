/** What the queue is built from. */
import type { Provider } from '../../preload/contract/generation.ts';
import type { Failure } from '../errors.ts';
import type { Imaging } from '../imaging/imaging.ts';
import type { MemoryForecast } from '../models/memoryForecast.ts';
import type { AssetStore, EngineService, EventHub, HistoryService, ModelList, Pictures, SettingsService } from '../services.ts';

export interface QueueParts {
  readonly history: Pick<HistoryService, 'jobs' | 'chats' | 'gallery'>;
  readonly assets: Pick<AssetStore, 'info' | 'file' | 'put'>;
  readonly pictures: Pictures;
  readonly imaging: Pick<Imaging, 'encodePreview' | 'encodeSheet'> & Partial<Pick<Imaging, 'warm'>>;
  readonly engine: Pick<EngineService, 'load' | 'generate' | 'understand'>;
  readonly models: Pick<ModelList, 'list' | 'dirOf'>;
  readonly settings: Pick<SettingsService, 'get'>;
  readonly events: Pick<EventHub, 'publish' | 'follow'>;
  readonly memory?: Pick<MemoryForecast, 'of'>;
  /** Where the settings name none. */
  readonly chosenProvider?: () => Provider;
  /** Where a bug is noted down. */
  readonly report?: (failure: Failure, what: string) => void;
  /** How long `close` waits for the running step. */
  readonly closeGraceMs?: number;
}
