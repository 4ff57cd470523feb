/** Hashes one file in a thread of its own: gigabytes of it would hold up every call otherwise. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { HashMessage, HashTask } from './hashFile.ts';

const { path, algorithm, prefix } = workerData as HashTask;
const tell = (message: HashMessage): void => parentPort?.postMessage(message);

const hash = createHash(algorithm).update(prefix);
let told = Date.now();
let bytes = 0;
try {
  for await (const piece of createReadStream(path, { highWaterMark: 4 * 2 ** 20 })) {
    hash.update(piece as Uint8Array);
    bytes += (piece as Uint8Array).length;
    if (Date.now() - told < 100) continue;
    told = Date.now();
    tell({ type: 'bytes', bytes });
  }
  tell({ type: 'digest', digest: hash.digest('hex'), bytes });
} catch (error) {
  tell({ type: 'failure', code: error instanceof Error && 'code' in error ? String(error.code) : 'unknown', message: String(error) });
}
