import { step } from '../schedulers/flowMatchEuler.ts';
import type { RunOptions } from '../types.ts';
import { breathe, throwIfCancelled } from './context.ts';

export interface DenoisePlan {
  /** Tokens at times[0]; changed in place. */
  readonly x: Float32Array;
  /** Falling times, the last one 0. */
  readonly times: Float32Array;
  /** The guided velocity at a time. */
  velocity(x: Float32Array, t: number, index: number): Promise<Float32Array>;
  /** What is done to the state after each step (inpainting keeps the known part). */
  afterStep?(x: Float32Array, tNext: number, index: number): void;
  /** Shown the state before the step with its velocity: enough to guess the clean state. */
  afterVelocity?(x: Float32Array, v: Float32Array, t: number, index: number): void;
}

/** THE denoising loop: Euler steps from times[0] to 0, with progress, previews and a cancel that works within a step. */
export async function denoise(plan: DenoisePlan, run: RunOptions): Promise<void> {
  const { x, times } = plan;
  const steps = times.length - 1;
  const started = performance.now();
  for (let i = 0; i < steps; i++) {
    await breathe();
    throwIfCancelled(run);
    const stepStarted = performance.now();
    const [t, tNext] = [times[i] as number, times[i + 1] as number];
    const v = await plan.velocity(x, t, i);
    plan.afterVelocity?.(x, v, t, i);
    step(x, v, t, tNext);
    plan.afterStep?.(x, tNext, i);
    const now = performance.now();
    run.onEvent?.({
      type: 'step', step: i + 1, steps, stepMs: now - stepStarted, leftMs: ((now - started) / (i + 1)) * (steps - i - 1),
    });
  }
  await breathe();
  throwIfCancelled(run);
}
