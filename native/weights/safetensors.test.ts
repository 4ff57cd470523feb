import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRawSafetensors } from '../../test/helpers/rawSafetensors.ts';
import { EngineError } from '../errors.ts';
import { readSafetensorsHeader } from './safetensors.ts';

let dir = '';
let file = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'safetensors-'));
  file = path.join(dir, 'model.safetensors');
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

const tensor = (dtype: unknown, shape: unknown, begin: unknown, end: unknown): unknown => ({ dtype, shape, data_offsets: [begin, end] });
const data = (bytes: number): Uint8Array => new Uint8Array(bytes);

async function refusal(header: unknown, bytes = 16, claimed?: bigint): Promise<EngineError> {
  return refusalOf(writeRawSafetensors(file, header, data(bytes), claimed));
}

async function refusalOf(name: string): Promise<EngineError> {
  const error = await readSafetensorsHeader(name).then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  );
  if (error instanceof EngineError) return error;
  throw error as Error;
}

describe('a sound file', () => {
  it('gives entries in the order of the data, with absolute offsets', async () => {
    const header = { b: tensor('BF16', [2, 2], 4, 12), __metadata__: { format: 'pt' }, a: tensor('F32', [1], 0, 4), empty: tensor('F16', [0, 3], 12, 12), scalar: tensor('F32', [], 12, 16) };
    writeRawSafetensors(file, header, data(16));
    const { tensors, metadata, bytes, fileSize } = await readSafetensorsHeader(file);
    expect([...tensors.keys()]).toEqual(['a', 'b', 'empty', 'scalar']);
    expect(tensors.get('b')).toEqual({ name: 'b', dtype: 'BF16', shape: [2, 2], file, offset: fileSize - 12, byteLength: 8 });
    expect(metadata.get('format')).toBe('pt');
    expect(8 + bytes.byteLength + 16).toBe(fileSize);
  });

  it('may be padded, unaligned and without metadata', async () => {
    writeRawSafetensors(file, `${JSON.stringify({ a: tensor('F32', [1], 0, 4) })}   `, data(4));
    expect((await readSafetensorsHeader(file)).tensors.size).toBe(1);
  });

  it('is found behind a link, and named by its real path', async () => {
    writeRawSafetensors(file, { a: tensor('F32', [1], 0, 4) }, data(4));
    const link = path.join(dir, 'link.safetensors');
    symlinkSync(file, link);
    expect((await readSafetensorsHeader(link)).tensors.get('a')?.file).toBe(file);
  });
});

describe('an unsound header', () => {
  it.each([
    ['no JSON', '{"a": ', 'not valid JSON'],
    ['no object', '[]', 'begin with "{"'],
    ['leading space', ' {}', 'begin with "{"'],
    ['a name twice', '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', '"a" stands twice'],
    ['a field twice', '{"a":{"dtype":"F32","dtype":"F16","shape":[4],"data_offsets":[0,16]}}', '"dtype" stands twice'],
    ['an overlap', { a: tensor('F32', [3], 0, 12), b: tensor('F32', [2], 8, 16) }, 'tensor "b" overlaps tensor "a" by 4 bytes'],
    ['the same bytes twice', { a: tensor('F32', [4], 0, 16), b: tensor('F32', [4], 0, 16) }, 'overlaps'],
    ['a hole', { a: tensor('F32', [1], 0, 4), b: tensor('F32', [2], 8, 16) }, '4 unused bytes lie between tensor "a" and tensor "b"'],
    ['a hole at the start', { a: tensor('F32', [3], 4, 16) }, '4 unused bytes lie between the header and tensor "a"'],
    ['bytes at the end', { a: tensor('F32', [3], 0, 12) }, '4 unused bytes follow tensor "a"'],
    ['no tensors but bytes', {}, '16 unused bytes follow the header'],
    ['end before begin', { a: tensor('F32', [4], 16, 0) }, 'before it begins'],
    ['negative offsets', { a: tensor('F32', [4], -16, 0) }, 'two whole numbers'],
    ['one offset', { a: { dtype: 'F32', shape: [4], data_offsets: [0] } }, 'two whole numbers'],
    ['offsets beyond 2^53', '{"a":{"dtype":"F32","shape":[4],"data_offsets":[18446744073709551600,18446744073709551616]}}', 'two whole numbers'],
    ['no offsets', { a: { dtype: 'F32', shape: [4] } }, 'two whole numbers'],
    ['a number for a tensor', { a: 7 }, 'not described by an object'],
    ['no dtype', { a: { shape: [4], data_offsets: [0, 16] } }, 'has no dtype'],
    ['metadata of numbers', { __metadata__: { step: 7 } }, '__metadata__."step"'],
    ['metadata as a list', { __metadata__: [] }, '__metadata__ is not an object'],
  ])('%s', async (_, header, message) => {
    const error = await refusal(header);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { file } });
    expect(error.message).toContain(message);
  });

  it.each(['F64', 'I64', 'U8', 'BOOL', 'F8_E4M3', 'I32', 'toString', 'f32', ''])('dtype %j', async (dtype) => {
    expect(await refusal({ a: tensor(dtype, [4], 0, 16) })).toMatchObject({ code: 'DTYPE_UNSUPPORTED', details: { tensor: 'a', got: dtype } });
  });

  it.each([
    [[-4]],
    [[1.5]],
    [['4']],
    [[null]],
    [null],
    ['4'],
    [{}],
    [[1, 1, 1, 1, 1, 1, 1, 1, 4]],
    [[5]],
    [[]],
    [[2 ** 40, 2 ** 40]],
    [[2 ** 31, 2 ** 31, 4]],
    [[1e300]],
    [[0]],
  ])('shape %j', async (shape) => {
    expect(await refusal({ a: tensor('F32', shape, 0, 16) })).toMatchObject({ code: 'WEIGHT_SHAPE', details: { tensor: 'a' } });
  });

  it('not UTF-8', async () => {
    const bytes = Buffer.from('.{"a":1}');
    bytes[4] = 0xff;
    writeFileSync(file, Buffer.concat([Buffer.from([7, 0, 0, 0, 0, 0, 0, 0]), bytes.subarray(1)]));
    expect((await refusalOf(file)).message).toContain('not UTF-8');
  });

  it.each([
    [2n ** 64n - 1n, 'CONFIG_INVALID'],
    [2n ** 63n, 'CONFIG_INVALID'],
    [8_000_000_000n, 'CONFIG_INVALID'],
    [100_000_001n, 'CONFIG_INVALID'],
    [100_000_000n, 'WEIGHT_MISSING'],
    [0n, 'CONFIG_INVALID'],
    [1n, 'CONFIG_INVALID'],
  ])('a length of %s is refused before anything of that size is allocated', async (claimed, code) => {
    const before = process.memoryUsage().arrayBuffers;
    expect((await refusal({ a: tensor('F32', [4], 0, 16) }, 16, claimed)).code).toBe(code);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2e6);
  });
});

describe('a file cut short', () => {
  it('names the tensor and the bytes that are missing', async () => {
    writeRawSafetensors(file, { a: tensor('F32', [4], 0, 16), b: tensor('F32', [4], 16, 32) }, data(20));
    const error = await refusalOf(file);
    expect(error).toMatchObject({ code: 'WEIGHT_MISSING', details: { tensor: 'b', missingBytes: 12 } });
    expect(error.message).toContain('tensor "b" lacks 12 bytes');
  });

  it('inside the header', async () => {
    writeRawSafetensors(file, { a: tensor('F32', [4], 0, 16) }, data(16));
    truncateSync(file, 30);
    expect(await refusalOf(file)).toMatchObject({ code: 'WEIGHT_MISSING', details: { missingBytes: expect.any(Number) } });
  });

  it.each([0, 1, 7, 8, 9])('after %i bytes', async (size) => {
    writeFileSync(file, Buffer.alloc(size));
    expect((await refusalOf(file)).code).toBe('CONFIG_INVALID');
  });
});

describe('what is no file at all', () => {
  it('is refused: absent, a folder, a dangling link, a loop', async () => {
    const at = (name: string): string => path.join(dir, name);
    mkdirSync(at('folder'));
    symlinkSync(at('nowhere'), at('dangling'));
    symlinkSync(at('loop'), at('loop'));
    expect((await refusalOf(at('absent'))).code).toBe('WEIGHT_MISSING');
    expect((await refusalOf(at('dangling'))).code).toBe('WEIGHT_MISSING');
    expect((await refusalOf(at('loop'))).code).toBe('WEIGHT_MISSING');
    expect((await refusalOf(at('folder'))).code).toBe('CONFIG_INVALID');
  });

  it.skipIf(process.platform === 'win32')('a pipe is refused without waiting for its writer', async () => {
    execFileSync('mkfifo', [path.join(dir, 'pipe')]);
    expect((await refusalOf(path.join(dir, 'pipe'))).code).toBe('CONFIG_INVALID');
  });
});
