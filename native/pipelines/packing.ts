/** Packs a whole model ahead of its first use, and tells what that takes. */
import os from 'node:os';
import { EngineError } from '../errors.ts';
import type { PackReport, PackTarget, Precision, RunOptions } from '../types.ts';
import { openCheckpoint, type Checkpoint } from '../weights/checkpoint.ts';
import { packRequests } from '../weights/pack/apply.ts';
import { packingError } from '../weights/pack/error.ts';
import { type PackKind, packKindOf } from '../weights/pack/kernels.ts';
import { makePacked, packedBytes, type PackRequest } from '../weights/pack/store.ts';
import { buildNetwork, networkNames, type NetworkName } from './graphs.ts';

/** What a precision takes of the disk, and what it costs. */
export interface PackOutlook {
  /** Of the packed files when they are made; 0 where nothing is packed. */
  readonly bytes: number;
  /** Of these, written. */
  readonly doneBytes: number;
  /** Difference of the weights over the weights, root mean squares. */
  readonly error: number;
}

/** Which matrices of each network are packed at a precision. The form of attention does not matter to them. */
function requestsOf(checkpoint: Checkpoint, precision: Precision): Map<NetworkName, PackRequest[]> {
  const own = networkNames.map((name): [NetworkName, PackRequest[]] => [name, packRequests(checkpoint, (weights) => buildNetwork(name, weights, { precision, attention: 'fused' }))]);
  return new Map(own.filter(([, requests]) => requests.length > 0));
}

const storedBytes = (requests: readonly PackRequest[]): number => requests.reduce((sum, { entry }) => sum + entry.byteLength, 0);

type Requests = ReadonlyMap<NetworkName, readonly PackRequest[]>;

/** By content and precision: writing the graphs of a large model and reading its weights takes most of a second. */
const looked = new Map<string, { readonly networks: Requests; readonly error: number }>();

function look(checkpoint: Checkpoint, precision: Precision): { readonly networks: Requests; readonly error: number } {
  const key = `${checkpoint.dir} ${checkpoint.hash} ${precision}`;
  let found = looked.get(key);
  if (!found) {
    const networks = requestsOf(checkpoint, precision);
    found = { networks, error: packingError([...networks.values()].flat()) };
    if (looked.size >= 20) looked.clear();
    looked.set(key, found);
  }
  return found;
}

/** What packing a checkpoint takes and costs; `packedDir` = where it would lie. Reads a sample of the weights, once. */
export async function packOutlook(checkpoint: Checkpoint, precision: Precision, packedDir: string): Promise<PackOutlook> {
  const form = packKindOf[precision];
  if (form === undefined) return { bytes: 0, doneBytes: 0, error: 0 };
  const { networks, error } = look(checkpoint, precision);
  return { ...(await bytesOf(checkpoint, networks, form, packedDir)), error };
}

async function bytesOf(checkpoint: Checkpoint, networks: Requests, form: PackKind, dir: string): Promise<Omit<PackOutlook, 'error'>> {
  let [bytes, doneBytes] = [0, 0];
  for (const [network, requests] of networks) {
    const found = await packedBytes(requests, { dir, hash: checkpoint.hash, network, form });
    bytes += found.bytes;
    doneBytes += found.doneBytes;
  }
  return { bytes, doneBytes };
}

/**
 * Makes the packed weights of every network of a model folder, or what is missing of them.
 * REQUEST_INVALID where a precision packs nothing, the checkpoint's errors, the disk's with its code, CANCELLED: what was made until then stays.
 */
export async function packModel(dir: string, { precision, packedDir, threads = os.availableParallelism() }: PackTarget, { onEvent, signal }: RunOptions = {}): Promise<PackReport> {
  const form: PackKind | undefined = packKindOf[precision];
  if (form === undefined) throw new EngineError('REQUEST_INVALID', `${precision} runs from the weights as they are stored`, { field: 'precision', got: precision });
  const began = performance.now();
  const checkpoint = await openCheckpoint(dir);
  const networks = requestsOf(checkpoint, precision);
  const totalBytes = storedBytes([...networks.values()].flat());
  let [before, packedStoredBytes] = [0, 0];
  try {
    for (const [network, requests] of networks) {
      const own = storedBytes(requests);
      let now = 0;
      await makePacked(requests, {
        dir: packedDir, hash: checkpoint.hash, network, form, threads, signal,
        progress: ({ doneBytes, totalBytes: missing, bytesPerSecond }) => {
          now = doneBytes;
          onEvent?.({ type: 'packing', network, doneBytes: before + own - missing + doneBytes, totalBytes, bytesPerSecond });
        },
      });
      packedStoredBytes += now;
      before += own;
    }
  } catch (error) {
    if (signal?.aborted) throw new EngineError('CANCELLED', 'packing was called off; what is packed stays', {}, { cause: error, retryable: true });
    throw error;
  }
  const milliseconds = performance.now() - began;
  const { bytes } = await bytesOf(checkpoint, networks, form, packedDir);
  return { bytes, packedStoredBytes, milliseconds };
}
