/** A file's sum: made here for a small one, by a worker thread for the others. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { StudioError } from '../errors.ts';

export interface HashTask {
  readonly path: string;
  readonly algorithm: 'sha256' | 'sha1';
  /** Hashed before the file's bytes. */
  readonly prefix: string;
}

export type HashMessage =
  | { readonly type: 'bytes'; readonly bytes: number }
  | { readonly type: 'digest'; readonly digest: string; readonly bytes: number }
  | { readonly type: 'failure'; readonly code: string; readonly message: string };

/** What the hub says a file's bytes add up to. */
export interface KnownSums {
  readonly bytes: number;
  readonly sha256: string | null;
  readonly gitSha1: string | null;
}

/** Whether a file holds the bytes that the hub has; by their number alone where the hub tells no sum. `read` hears how many bytes were looked at. */
export async function isAsKnown(path: string, known: KnownSums, signal: AbortSignal, read: (bytes: number) => void = () => undefined): Promise<boolean> {
  const task: HashTask = known.sha256 !== null ? { path, algorithm: 'sha256', prefix: '' } : { path, algorithm: 'sha1', prefix: `blob ${known.bytes}\0` };
  const { digest, bytes } = known.bytes <= smallBytes ? await hashHere(task) : await hashFile(task, signal, read);
  return bytes === known.bytes && digest === (known.sha256 ?? known.gitSha1 ?? digest);
}

/** A thread takes longer to start than this much takes to hash. */
const smallBytes = 2 ** 20;

async function hashHere({ path, algorithm, prefix }: HashTask): Promise<{ digest: string; bytes: number }> {
  try {
    // What lies there may be larger than what should.
    if ((await stat(path)).size > smallBytes) return { digest: '', bytes: -1 };
    const bytes = await readFile(path);
    return { digest: createHash(algorithm).update(prefix).update(bytes).digest('hex'), bytes: bytes.length };
  } catch (error) {
    throw unreadable(path, error instanceof Error && 'code' in error ? String(error.code) : 'unknown');
  }
}

function unreadable(path: string, code: string): StudioError {
  return code === 'ENOENT' ? new StudioError('NOT_FOUND', `${path} is gone.`, { path }) : new StudioError('REQUEST_INVALID', `${path} cannot be read: ${code}.`, { path, reason: code });
}

/** Errors: NOT_FOUND for a file that is gone, REQUEST_INVALID for one that cannot be read. */
export function hashFile(task: HashTask, signal: AbortSignal, read: (bytes: number) => void): Promise<{ digest: string; bytes: number }> {
  return new Promise((resolve, reject) => {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./hashWorker.${extension}`, import.meta.url), { workerData: task });
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', stop);
      worker.removeAllListeners();
      void worker.terminate();
      settle();
    };
    const stop = (): void => end(() => reject(signal.reason as Error));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    worker.on('message', (message: HashMessage) => {
      if (message.type === 'bytes') read(message.bytes);
      else if (message.type === 'digest') end(() => resolve(message));
      else end(() => reject(unreadable(task.path, message.code)));
    });
    worker.on('error', (cause) => end(() => reject(new StudioError('INTERNAL', 'The hashing worker stopped.', { path: task.path }, { retryable: true, cause }))));
    worker.on('exit', (code) => end(() => reject(new StudioError('INTERNAL', `The hashing worker ended with ${code}.`, { path: task.path }, { retryable: true }))));
  });
}
