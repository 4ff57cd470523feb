/** The pictures so far, as small WebP files in memory: fetched by address, gone with the studio. */
import type { RgbImage } from '../engine/protocol.ts';
import type { Preview } from '../../preload/contract/jobs.ts';

export interface EncodedPreview {
  readonly mime: string;
  readonly bytes: Uint8Array;
}

/** A page that is a little behind may still ask for an earlier step. */
const stepsPerJob = 3;
const maxJobs = 24;

export class Previews {
  readonly #encode: (image: RgbImage) => Promise<Uint8Array>;
  /** Least recently changed first. */
  readonly #jobs = new Map<string, Map<number, Uint8Array>>();
  #busy: Promise<void> = Promise.resolve();
  #next: { readonly jobId: string; readonly step: number; readonly image: RgbImage; readonly ready: (preview: Preview) => void } | undefined;

  constructor(encode: (image: RgbImage) => Promise<Uint8Array>) {
    this.#encode = encode;
  }

  /** Keeps a step; `ready` is called once it can be fetched. While one is encoded only the newest of the others waits. */
  add(jobId: string, step: number, image: RgbImage, ready: (preview: Preview) => void): void {
    const idle = this.#next === undefined;
    this.#next = { jobId, step, image, ready };
    if (idle) this.#busy = this.#busy.then(() => this.#encodeNext());
  }

  get(jobId: string, step: number): EncodedPreview | undefined {
    const bytes = this.#jobs.get(jobId)?.get(step);
    return bytes && { mime: 'image/webp', bytes };
  }

  async #encodeNext(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    if (!next) return;
    // A preview that fails is worth nothing, the job goes on.
    const bytes = await this.#encode(next.image).catch(() => undefined);
    if (!bytes) return;
    const steps = this.#jobs.get(next.jobId) ?? new Map<number, Uint8Array>();
    steps.set(next.step, bytes);
    for (const step of [...steps.keys()].slice(0, -stepsPerJob)) steps.delete(step);
    this.#jobs.delete(next.jobId);
    this.#jobs.set(next.jobId, steps);
    for (const id of [...this.#jobs.keys()].slice(0, -maxJobs)) this.#jobs.delete(id);
    next.ready({ step: next.step, path: `/preview/${next.jobId}/${next.step}` });
  }
}
