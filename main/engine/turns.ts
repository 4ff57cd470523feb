/** One piece of work after the other, in the order in which they were asked for. */
import { cancelled } from '../errors.ts';

export class Turns {
  readonly #ended: () => void;
  #tail: Promise<void> = Promise.resolve();
  #unfinished = 0;

  /** `ended` is called after each piece of work, when `busy` is right again. */
  constructor(ended: () => void) {
    this.#ended = ended;
  }

  /** Whether something runs or waits. */
  get busy(): boolean {
    return this.#unfinished > 0;
  }

  /** Waits for its turn, then works. CANCELLED where `stop` is aborted before: who waits is freed at once. */
  take<T>(stop: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (stop.aborted) return Promise.reject(cancelled());
    this.#unfinished++;
    return new Promise<T>((resolve, reject) => {
      const abandon = (): void => reject(cancelled('Cancelled before it began.'));
      stop.addEventListener('abort', abandon, { once: true });
      this.#tail = this.#tail.then(async () => {
        stop.removeEventListener('abort', abandon);
        try {
          if (!stop.aborted) resolve(await work());
        } catch (error) {
          reject(error);
        } finally {
          this.#unfinished--;
          this.#ended();
        }
      });
    });
  }

  /** Resolves when all that was asked for so far is over. */
  async over(): Promise<void> {
    await this.#tail;
  }
}
