import type { Failure } from '../../preload/contract/errors.ts';
import { precisionSchema } from '../../preload/contract/generation.ts';
import { fitLabel, fitNote, type Fit } from '../models/fit.ts';
import { bytes } from '../ui/format.ts';

/** What the page offers to do about a problem. The place that shows it decides how. */
export type Remedy =
  | { readonly kind: 'retry'; readonly label: string }
  | { readonly kind: 'smaller'; readonly label: string; readonly width: number; readonly height: number }
  | { readonly kind: 'fit'; readonly label: string; readonly fit: Fit }
  | { readonly kind: 'models'; readonly label: string }
  | { readonly kind: 'settings'; readonly label: string }
  | { readonly kind: 'reload'; readonly label: string };

export interface Explanation {
  readonly sentence: string;
  readonly more?: string;
  readonly remedy?: Remedy;
}

const retry: Remedy = { kind: 'retry', label: 'Retry' };

function floor32(value: number): number {
  return Math.max(64, Math.floor(value / 32) * 32);
}

/** The way that fits, where the failure carries one. */
function fitOf({ planPrecision, planVaeTile, planWidth, planHeight, planMemoryLimitBytes }: Failure['details']): Fit | undefined {
  const precision = precisionSchema.safeParse(planPrecision);
  const fit: Fit = {
    ...(precision.success ? { precision: precision.data } : {}),
    ...(typeof planMemoryLimitBytes === 'number' ? { memoryLimitBytes: planMemoryLimitBytes } : {}),
    ...(typeof planVaeTile === 'number' ? { vaeTile: planVaeTile } : {}),
    ...(typeof planWidth === 'number' && typeof planHeight === 'number' ? { width: planWidth, height: planHeight } : {}),
  };
  return Object.keys(fit).length === 0 ? undefined : fit;
}

/** Typed code → one sentence that blames nobody, and one action. */
export function explain(problem: Failure, size?: { readonly width: number; readonly height: number }): Explanation {
  const { details } = problem;
  const number = (name: string): number | undefined => (typeof details[name] === 'number' ? details[name] : undefined);
  switch (problem.code) {
    case 'OUT_OF_MEMORY': {
      const fit = fitOf(details);
      if (fit !== undefined) {
        const [needed, free] = [number('neededBytes'), number('freeBytes')];
        const short = needed === undefined || free === undefined ? '' : ` It takes ${bytes(needed)}; ${bytes(free)} are there.`;
        return { sentence: `Memory ran out${size === undefined ? '' : ` at ${size.width} × ${size.height}`}.${short}`, more: `The engine is running again. ${fitNote(fit)}`.trim(), remedy: { kind: 'fit', label: fitLabel(fit), fit } };
      }
      if (size === undefined) return { sentence: 'Memory ran out.', more: 'The engine is running again.', remedy: { kind: 'settings', label: 'Open settings' } };
      const [width, height] = [floor32(size.width * 0.75), floor32(size.height * 0.75)];
      const smaller: Remedy = { kind: 'smaller', label: `Try ${width} × ${height}`, width, height };
      return { sentence: `Memory ran out at ${size.width} × ${size.height}.`, more: 'The engine is running again.', remedy: smaller };
    }
    case 'ENGINE_CRASHED': return { sentence: 'The engine stopped and is running again.', remedy: retry };
    case 'DISK_FULL': {
      const needed = number('neededBytes');
      return { sentence: needed === undefined ? 'No disk space is left.' : `No disk space: ${bytes(needed)} more is needed.`, more: 'Free some space, then retry.', remedy: retry };
    }
    case 'MODEL_MISSING': return { sentence: 'The model’s files are not on this computer.', remedy: { kind: 'models', label: 'Open Models' } };
    case 'CHECKSUM': return { sentence: 'A file of the model is damaged.', remedy: { kind: 'models', label: 'Open Models' } };
    case 'WEIGHT_MISSING': case 'WEIGHT_SHAPE': case 'CONFIG_INVALID': case 'DTYPE_UNSUPPORTED':
      return { sentence: 'The model’s files do not fit together.', more: problem.message, remedy: { kind: 'models', label: 'Open Models' } };
    case 'RUNTIME_LOAD': case 'SESSION_CREATE': case 'GRAPH_INVALID':
      return { sentence: 'The engine could not start with these settings.', more: problem.message, remedy: { kind: 'settings', label: 'Open settings' } };
    case 'NON_FINITE': return { sentence: 'The numbers ran out of range, so there is no picture.', more: 'A higher precision in Settings avoids this.', remedy: { kind: 'settings', label: 'Open settings' } };
    case 'REQUEST_INVALID': case 'IPC_INVALID': return { sentence: problem.message };
    case 'ASSET_MISSING': return { sentence: 'The picture’s file is no longer there.' };
    case 'DB_CORRUPT': return { sentence: 'The history was damaged; it is being rebuilt from the picture files.' };
    case 'DB_FROM_FUTURE': return { sentence: 'This data folder was written by a newer studio.', more: 'Update the studio, or choose another folder.', remedy: { kind: 'settings', label: 'Open settings' } };
    case 'UNAUTHORIZED': return { sentence: 'This page is no longer signed in.', more: 'Open the address that the studio printed.', remedy: { kind: 'reload', label: 'Reload' } };
    case 'PROJECT_LOCKED': return { sentence: 'Another page is writing this project.' };
    case 'DATA_IN_USE': return { sentence: 'Another studio uses this data folder.' };
    case 'NOT_FOUND': return { sentence: 'That is no longer there.' };
    case 'NETWORK': return { sentence: problem.message, more: 'What was fetched so far is kept.', remedy: retry };
    case 'HUB_BUSY': return { sentence: problem.message, more: 'What was fetched so far is kept.', remedy: retry };
    case 'HUB_DENIED': case 'HUB_INVALID': return { sentence: problem.message, remedy: { kind: 'models', label: 'Open Models' } };
    case 'CANCELLED': return { sentence: 'Cancelled.', remedy: retry };
    case 'INTERNAL': return {
      sentence: problem.message === '' ? 'Something unexpected happened.' : problem.message, ...(problem.retryable ? { remedy: retry } : {}),
    };
  }
}
