/** The engine's only public door. */

import { PipelineEngine } from './pipelines/engine.ts';
import type { Engine, EngineOptions } from './types.ts';

export { EngineError, engineErrorCodes, type EngineErrorCode } from './errors.ts';
export { ENGINE_VERSION } from './pipelines/engine.ts';
export type * from './types.ts';

/**
 * Opens a checkpoint folder as published on the hub; networks are built at first use.
 * CONFIG_INVALID, WEIGHT_MISSING, WEIGHT_SHAPE, DTYPE_UNSUPPORTED, NON_FINITE or RUNTIME_LOAD naming what is wrong.
 */
export async function createEngine(dir: string, options: EngineOptions = {}): Promise<Engine> {
  return PipelineEngine.open(dir, options);
}
