/** Depth from a picture, by the small network that may lie beside a model. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RgbImage } from '../engine/protocol.ts';
import { StudioError } from '../errors.ts';
import type { EngineService, ModelList, SettingsService } from '../services.ts';

export interface DepthEstimatorParts {
  readonly engine: Pick<EngineService, 'depthMap'>;
  readonly models: Pick<ModelList, 'dirOf'>;
  readonly settings: Pick<SettingsService, 'get'>;
  /** The model that is always there. */
  readonly builtInModelId: string;
}

export interface Found {
  readonly dir: string;
  /** Changes with the network, so that what another one has made is not taken for its work. */
  readonly version: string;
}

export class DepthEstimator {
  readonly #parts: DepthEstimatorParts;

  constructor(parts: DepthEstimatorParts) {
    this.#parts = parts;
  }

  /** The chosen model's, else the built-in one's; undefined where neither has one. Looks at files only: no engine is started for it. */
  async find(): Promise<Found | undefined> {
    const { models, settings, builtInModelId } = this.#parts;
    for (const id of new Set([settings.get().modelId, builtInModelId])) {
      const dir = await models.dirOf(id).catch(() => undefined);
      const config = dir === undefined ? undefined : await stat(join(dir, 'depth', 'config.json')).catch(() => undefined);
      if (dir !== undefined && config !== undefined) return { dir, version: `${config.size}-${Math.round(config.mtimeMs)}` };
    }
    return undefined;
  }

  /** A map of the picture's own size, near = white. Errors: the engine's. */
  estimate({ dir }: Found, image: RgbImage): Promise<RgbImage> {
    return this.#parts.engine.depthMap(dir, image);
  }
}

export function noEstimator(): StudioError {
  return new StudioError('REQUEST_INVALID', 'No model here can read depth from a picture: add a depth map of it.', { field: 'from', reason: 'NO_ESTIMATOR' });
}
