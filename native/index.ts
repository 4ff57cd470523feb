/** The engine's only public door. */

import { PipelineEngine } from './pipelines/engine.ts';
import { FolderEstimators } from './pipelines/estimators.ts';
import type { Engine, EngineOptions, EstimatorOptions, Estimators } from './types.ts';

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

/**
 * Opens the detector and the depth estimator of a model folder (its subfolders `detector` and `depth`, as far as they are there);
 * `has` says which. CONFIG_INVALID, WEIGHT_MISSING or WEIGHT_SHAPE naming what is wrong with one that is there.
 */
export async function createEstimators(dir: string, options: EstimatorOptions = {}): Promise<Estimators> {
  return FolderEstimators.open(dir, options);
}
