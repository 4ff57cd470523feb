/** The one door to OpenCV.js: loaded on first use, because that takes half a second and eleven megabytes. */

import { createRequire } from 'node:module';
import { EngineError } from '../errors.ts';

/** A matrix in OpenCV's own memory: `delete` it. */
export interface Mat {
  readonly data: Uint8Array;
  delete(): void;
}

/** What we use of OpenCV.js; its own declarations describe another release. */
export interface OpenCv {
  readonly Mat: new () => Mat;
  readonly CV_8UC1: number;
  readonly CV_8UC3: number;
  readonly COLOR_RGB2GRAY: number;
  readonly INPAINT_TELEA: number;
  readonly BORDER_DEFAULT: number;
  readonly Size: new (width: number, height: number) => object;
  matFromArray(rows: number, columns: number, type: number, data: Uint8Array): Mat;
  cvtColor(src: Mat, out: Mat, code: number): void;
  GaussianBlur(src: Mat, out: Mat, size: object, sigmaX: number, sigmaY: number, border: number): void;
  Canny(src: Mat, out: Mat, low: number, high: number, aperture: number, l2: boolean): void;
  inpaint(src: Mat, mask: Mat, out: Mat, radius: number, method: number): void;
}

interface Loading extends Partial<OpenCv> {
  onRuntimeInitialized?: () => void;
}

/** The module is a thenable that resolves to itself: handed to a promise as it is, it would never settle. */
interface Holder {
  readonly cv: OpenCv;
}

let loaded: Promise<Holder> | undefined;

/** The module hooks the process's last-resort handlers as it loads and would turn our failures into its own: unhooked. */
function withoutHooks<T>(load: () => T): T {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listeners(event as 'uncaughtException'));
  const result = load();
  for (const [i, event] of events.entries()) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before[i]!.includes(listener)) process.off(event, listener);
    }
  }
  return result;
}

async function load(): Promise<Holder> {
  try {
    const module = withoutHooks(() => createRequire(import.meta.url)('@techstark/opencv-js') as Loading);
    if (!module.Mat) await new Promise<void>((resolve) => (module.onRuntimeInitialized = resolve));
    return { cv: module as OpenCv };
  } catch (cause) {
    throw new EngineError('RUNTIME_LOAD', 'OpenCV.js cannot be loaded.', {}, { cause });
  }
}

/**
 * Runs `work` with OpenCV and a `keep` that marks matrices to be freed when it ends. RUNTIME_LOAD where it cannot be loaded.
 */
export async function withOpenCv<T>(work: (cv: OpenCv, keep: (mat: Mat) => Mat) => T): Promise<T> {
  const { cv } = await (loaded ??= load());
  const kept: Mat[] = [];
  try {
    return work(cv, (mat) => {
      kept.push(mat);
      return mat;
    });
  } catch (cause) {
    // C++ exceptions arrive as bare pointers; with checked arguments what is left is memory.
    if (typeof cause === 'number') throw new EngineError('OUT_OF_MEMORY', 'OpenCV ran out of memory: try a smaller picture.', {}, { cause });
    throw cause;
  } finally {
    for (const mat of kept) mat.delete();
  }
}
