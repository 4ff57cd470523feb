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

let loaded: Promise<OpenCv> | undefined;

async function load(): Promise<OpenCv> {
  try {
    const module = createRequire(import.meta.url)('@techstark/opencv-js') as Loading | Promise<OpenCv>;
    if (module instanceof Promise) return await module;
    if (!module.Mat) await new Promise<void>((resolve) => (module.onRuntimeInitialized = resolve));
    return module as OpenCv;
  } catch (cause) {
    throw new EngineError('RUNTIME_LOAD', 'OpenCV.js cannot be loaded.', {}, { cause });
  }
}

/**
 * Runs `work` with OpenCV and a `keep` that marks matrices to be freed when it ends. RUNTIME_LOAD where it cannot be loaded.
 */
export async function withOpenCv<T>(work: (cv: OpenCv, keep: (mat: Mat) => Mat) => T): Promise<T> {
  const cv = await (loaded ??= load());
  const kept: Mat[] = [];
  try {
    return work(cv, (mat) => {
      kept.push(mat);
      return mat;
    });
  } finally {
    for (const mat of kept) mat.delete();
  }
}
