/** Where undo goes when memory is full. */
import { decodeDiff } from './schema.ts';
import type { Diff } from './diff.ts';

/** Keeps texts outside memory for the life of the page. Both may reject; nothing is lost then. */
export interface SpillStore {
  /** Keeps a text and answers the key to read it by. */
  append(text: string): Promise<string>;
  read(key: string): Promise<string>;
}

/** A kept diff that cannot be read again: `gone` for good, or the store failed and may work next time. */
export class SpillError extends Error {
  override readonly name = 'SpillError';
  readonly gone: boolean;
  constructor(message: string, gone: boolean, cause?: unknown) {
    super(message, { cause });
    this.gone = gone;
  }
}

/** Reads a diff back. Throws SpillError. */
export async function readSpilled(store: SpillStore, key: string): Promise<Diff> {
  let text: string;
  try {
    text = await store.read(key);
  } catch (cause) {
    throw new SpillError('The older steps could not be read', false, cause);
  }
  const diff = decodeDiff(text);
  if (diff === undefined) throw new SpillError('The older steps are damaged', true);
  return diff;
}
