/** Empties the trash after its days and removes files that nothing uses: a minute after the start, then once a day. */
import { toFailure, type Failure } from '../errors.ts';

export interface TidyingParts {
  /** How many rows and files went. */
  readonly tidy: () => Promise<{ readonly rows: number; readonly files: number }>;
  readonly done: (gone: { readonly rows: number; readonly files: number }) => void;
  readonly report: (failure: Failure, what: string) => void;
  /** After the start: opening a studio has better things to do. */
  readonly firstMs?: number;
  readonly everyMs?: number;
}

/** Returns the way to end it, which waits for what is being tidied. */
export function keepTidy({ tidy, done, report, firstMs = 60_000, everyMs = 86_400_000 }: TidyingParts): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const next = (ms: number): void => {
    timer = setTimeout(() => {
      running = tidy().then(done, (error: unknown) => report(toFailure(error), 'tidying up')).finally(() => next(everyMs));
    }, ms);
    timer.unref();
  };
  next(firstMs);
  return async () => {
    clearTimeout(timer);
    await running;
    // The end of what ran has set the clock anew.
    clearTimeout(timer);
  };
}
