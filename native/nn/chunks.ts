import { LARGEST_KEPT } from '../memory/cardPool.ts';

/** Into how many pieces a network cuts what would grow too big in one. */
export interface Chunks {
  /** Query rows of decomposed attention. */
  readonly queries: number;
  /** Rows of the decoder's widest layers. */
  readonly rows: number;
}

export const uncut: Chunks = { queries: 1, rows: 1 };

/** Enough pieces for both. */
export const largerOf = (a: Chunks, b: Chunks): Chunks => ({ queries: Math.max(a.queries, b.queries), rows: Math.max(a.rows, b.rows) });

/** Where a network runs. A card's provider never uses a large buffer again (memory/cardPool.ts), so nothing on it should grow beyond that. */
export type Device = 'processor' | 'card';

/** The bytes that one score tensor may take in decomposed attention. */
const scoreLimit: Readonly<Record<Device, number>> = { processor: 256 * 2 ** 20, card: LARGEST_KEPT };

/** As a power of two, so that sessions are rarely rebuilt. */
function piecesWithin(rows: number, rowBytes: number, limit: number): number {
  let pieces = 1;
  while (Math.ceil(rows / pieces) * rowBytes > limit && pieces < rows) pieces *= 2;
  return pieces;
}

/** How many query chunks keep every score tensor small. */
export function queryChunksFor(device: Device, numHeads: number, queries: number, keys: number, elementBytes: number): number {
  return piecesWithin(queries, numHeads * keys * elementBytes, scoreLimit[device]);
}

/** How many row chunks keep the widest layer's output, `width` values a row, small. A processor takes it whole. */
export function rowChunksFor(device: Device, rows: number, width: number, elementBytes: number): number {
  return device === 'processor' ? 1 : piecesWithin(rows, width * elementBytes, LARGEST_KEPT);
}
