/** A checkpoint whose matrices lie packed, as a graph sees it. */
import path from 'node:path';
import { commonFolder } from '../files.ts';
import type { Weights } from '../weights.ts';
import { openPacked, type PackOptions, type PackRequest } from './store.ts';

/** The matrices that a graph wants packed. */
export function packRequests<W extends Weights>(weights: W, build: (weights: W) => unknown): PackRequest[] {
  const requests = new Map<string, PackRequest>();
  build({
    ...weights,
    packed: (request) => {
      requests.set(`${request.kind} ${request.name}`, request);
      return null;
    },
  });
  return [...requests.values()];
}

/**
 * Builds the graph once to learn which matrices it wants packed, has them packed, and hands back the weights with them.
 * The same weights where nothing is to be packed or the disk does not allow it.
 */
export async function withPacked<W extends Weights>(weights: W, build: (weights: W) => unknown, options: PackOptions): Promise<W> {
  const requests = packRequests(weights, build);
  if (requests.length === 0) return weights;
  const packed = await openPacked(requests, options);
  if (!packed) return weights;
  // One folder must hold both the stored and the packed files.
  const root = commonFolder([...[...weights.tensors.values()].map(({ file }) => file), path.resolve(packed.file)]);
  const relative = (file: string): string => path.relative(root, file).split(path.sep).join('/');
  const location = relative(path.resolve(packed.file));
  return {
    ...weights,
    externalRoot: root,
    location: (entry) => relative(entry.file),
    packed: ({ name }) => {
      const parts = packed.parts.get(name);
      return parts === undefined ? null : { location, parts };
    },
  };
}
