/** Bytes a second over the last few seconds: steady enough to read, quick enough to be true. */
const windowMs = 6_000;

export class Rate {
  #samples: { at: number; bytes: number }[] = [];

  /** The number of bytes done by now. */
  add(bytes: number, at = Date.now()): void {
    // Fewer than before: a file started over.
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples.push({ at, bytes });
    this.#samples = this.#samples.filter((sample) => at - sample.at <= windowMs);
  }

  /** Null until there is something to go by. */
  get bytesPerSecond(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at - first.at < 500) return null;
    return Math.round((last.bytes - first.bytes) / ((last.at - first.at) / 1000));
  }

  clear(): void {
    this.#samples = [];
  }
}
