/** The engine's only public door. */

import { PipelineEngine } from './pipelines/engine.ts';
import { FolderEstimators } from './pipelines/estimators.ts';
import { packModel as packAhead } from './pipelines/packing.ts';
import { testProvider as runSelfTest } from './onnx/selfTest.ts';
import type { Engine, EngineOptions, EstimatorOptions, Estimators, PackReport, PackTarget, ProviderName, ProviderReport, RunOptions } from './types.ts';

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

/** Runs a provider's self-test. A native library may end the process over it: ask in one of its own. SESSION_CREATE where it is not there, RUNTIME_LOAD. */
export async function testProvider(provider: ProviderName): Promise<ProviderReport> {
  return runSelfTest(provider);
}

/** Packs a model folder's weights for a precision ahead of its first use; `packing` events tell how far. What is there already is checked, not made again. */
export async function packModel(dir: string, target: PackTarget, run: RunOptions = {}): Promise<PackReport> {
  return packAhead(dir, target, run);
}
