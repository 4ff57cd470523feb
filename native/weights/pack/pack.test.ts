import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeRandomTensors, gaussianBlock } from '../../../test/helpers/randomWeights.ts';
import { Graph, type Value } from '../../onnx/graph.ts';
import { abs, add, cast, clip, div, mul, quantizeRows, reduceMax, reshape, round, split, transpose } from '../../onnx/ops.ts';
import { createSession } from '../../onnx/session.ts';
import type { Dtype } from '../dtype.ts';
import { openWeights, type Weights } from '../weights.ts';
import { int8Limit, type PackKind, q4Blocks, smallestScale } from './kernels.ts';
import { openPacked, type PackOptions, type PackRequest } from './store.ts';

const [ROWS, COLUMNS] = [160, 256];
let dir: string;
beforeEach(() => { dir = mkdtempSync(path.join(tmpdir(), 'ovis-pack-')); });
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Values of every size, ties, zeros and rows that are all zero among them. */
function awkward(dtype: Dtype): Uint8Array {
  const values = new Float32Array(ROWS * COLUMNS);
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / COLUMNS);
    if (row % 16 === 3) continue;
    values[i] = row % 16 === 5 ? ((i % 31) - 15) / 2 : Math.sin(1.3 * i) * 10 ** (((i * 7919) % 13) - 9);
  }
  if (dtype === 'F32') return new Uint8Array(values.buffer);
  const bits = new Uint32Array(values.buffer);
  // Cut, not rounded: any 16 bits will do. As F16 they are read as what they then are, without the infinities.
  const halves = Uint16Array.from(bits, (word) => (dtype === 'BF16' ? word >>> 16 : (word >>> 16) & 0xfbff));
  return new Uint8Array(halves.buffer);
}

async function stored(dtype: Dtype, bytes = awkward(dtype)): Promise<Weights> {
  writeRandomTensors(path.join(dir, 'model.safetensors'), [{ name: 'w', shape: [ROWS, COLUMNS], dtype }], gaussianBlock(1));
  const weights = await openWeights(dir);
  const entry = weights.expect('w');
  const file = readFileSync(entry.file);
  file.set(bytes, entry.offset);
  writeFileSync(entry.file, file);
  return weights;
}

function request(weights: Weights, kind: PackKind): PackRequest {
  return { name: 'w', kind, entry: weights.expect('w'), rows: ROWS, columns: COLUMNS };
}
const options = (change: Partial<PackOptions> = {}): PackOptions => ({ dir: path.join(dir, 'packed'), hash: 'h', network: 'net', form: 'int8', threads: 2, ...change });

/** What the runtime makes of the stored weights when a graph quantises them. */
async function byGraph(weights: Weights, kind: PackKind, dtype: Dtype): Promise<Uint8Array[]> {
  const g = new Graph('packing by graph');
  const entry = weights.expect('w');
  const type = { F32: 'f32', F16: 'f16', BF16: 'bf16' } as const;
  const raw = g.initializer('w', type[dtype], [ROWS, COLUMNS], { kind: 'external', location: weights.location(entry), offset: entry.offset, byteLength: entry.byteLength });
  if (kind === 'f16') g.output('levels', cast(g, raw, 'f16'));
  else {
    const w = cast(g, raw, 'f32');
    if (kind === 'int8') {
      const scale = reshape(g, clip(g, div(g, reduceMax(g, abs(g, w), 1), g.constantF32([int8Limit], [1])), smallestScale, null), [ROWS]);
      g.output('levels', transpose(g, quantizeRows(g, w, scale), [1, 0]));
      g.output('scale', scale);
    } else {
      const block = q4Blocks[kind];
      const blocks = COLUMNS / block;
      const blocked = reshape(g, w, [ROWS, blocks, block]);
      const scale = clip(g, div(g, reduceMax(g, abs(g, blocked), 2), g.constantF32([7.5], [1])), smallestScale, null);
      const levels = clip(g, round(g, add(g, div(g, blocked, scale), g.constantF32([8], [1]))), 0, 15);
      const pairs = split(g, reshape(g, levels, [ROWS, blocks, block / 2, 2]), [1, 1], 3) as [Value, Value];
      g.output('levels', cast(g, add(g, pairs[0], mul(g, pairs[1], g.constantF32([16], [1]))), 'u8'));
      g.output('scale', scale);
    }
  }
  const session = await createSession(g.build(), { provider: 'cpu', threads: 1, externalRoot: weights.externalRoot });
  const results = await session.run({});
  await session.release();
  return Object.values(results).map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

describe('packed weights', () => {
  it.each((['F32', 'BF16', 'F16'] as const).flatMap((dtype) => (['int8', 'q4', 'q4b128', 'f16'] as const).map((kind) => [dtype, kind] as const)))('%s as %s are bit for bit what the graph computes', async (dtype, kind) => {
    const weights = await stored(dtype);
    const packed = await openPacked([request(weights, kind)], options());
    const bytes = readFileSync(packed?.file ?? '');
    const mine = packed?.parts.get('w')?.map(({ offset, byteLength }) => bytes.subarray(offset, offset + byteLength)) ?? [];
    const theirs = await byGraph(weights, kind, dtype);
    expect(mine).toHaveLength(theirs.length);
    mine.forEach((part, i) => expect(Buffer.compare(part, theirs[i]!), `part ${i}`).toBe(0));
  });

  it('are made once, and again where bytes were changed, cut off or left unfinished', async () => {
    const weights = await stored('F32');
    const requests = [request(weights, 'int8'), { ...request(weights, 'q4'), name: 'v' }];
    const heard: number[] = [];
    const first = await openPacked(requests, options({ progress: ({ doneBytes, totalBytes }) => heard.push(doneBytes / totalBytes) }));
    expect(first?.packed).toBe(2);
    expect(heard).toEqual([0.5, 1]);
    const file = first?.file ?? '';
    const right = readFileSync(file);
    expect((await openPacked(requests, options()))?.packed).toBe(0);
    const wrong = Buffer.from(right);
    wrong[100] = (wrong[100] ?? 0) ^ 4;
    writeFileSync(file, wrong);
    expect((await openPacked(requests, options()))?.packed).toBe(1);
    expect(readFileSync(file).equals(right)).toBe(true);
    truncateSync(file, right.length - 5_000);
    expect((await openPacked(requests, options()))?.packed).toBe(1);
    expect(readFileSync(file).equals(right)).toBe(true);
    // Killed while its line was being written.
    const ledger = file.replace(/bin$/, 'sums');
    truncateSync(ledger, statSync(ledger).size - 4);
    expect((await openPacked(requests, options()))?.packed).toBe(1);
    expect(readFileSync(file).equals(right)).toBe(true);
  });

  it('of other content lie elsewhere', async () => {
    const weights = await stored('F32');
    const [a, b] = [await openPacked([request(weights, 'q4')], options()), await openPacked([request(weights, 'q4')], options({ hash: 'other' }))];
    expect(a?.file).not.toBe(b?.file);
    expect(readdirSync(path.join(dir, 'packed'))).toHaveLength(2);
  });

  it('stop when called off, and go on from there', async () => {
    const weights = await stored('F32');
    const requests = Array.from({ length: 6 }, (_, i) => ({ ...request(weights, 'int8'), name: `w${i}` }));
    const abort = new AbortController();
    const began = openPacked(requests, options({ threads: 1, signal: abort.signal, progress: () => abort.abort(new Error('called off')) }));
    await expect(began).rejects.toThrow('called off');
    const again = await openPacked(requests, options());
    expect(again?.packed).toBeLessThan(6);
    expect(again?.packed).toBeGreaterThan(0);
  });

  it('that cannot be written leave the packing to the graph', async () => {
    const weights = await stored('F32');
    writeFileSync(path.join(dir, 'packed'), 'a file in the way');
    expect(await openPacked([request(weights, 'int8')], options())).toBeNull();
  });
});
