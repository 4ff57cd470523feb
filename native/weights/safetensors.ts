/** Reads the header of a safetensors file, trusting nothing in it; the weights themselves stay on disk. */
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { EngineError, type ErrorDetails, type EngineErrorCode } from '../errors.ts';
import { type Dtype, bytesPerElement, isDtype } from './dtype.ts';
import { type StrictJson, StrictJsonError, parseStrictJson } from './strictJson.ts';

/** Where one tensor lies. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Absolute path with every link resolved. */
  readonly file: string;
  /** Bytes from the start of the file; any alignment. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  /** Absolute path with every link resolved. */
  readonly file: string;
  /** In the order of the file's data. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  /** The header's bytes as they stand in the file, without the length before them. */
  readonly bytes: Uint8Array;
  readonly fileSize: number;
}

/** The format's own limit. */
const maxHeaderBytes = 100_000_000;
const lengthBytes = 8;

/**
 * Reads and checks the header of a safetensors file.
 * CONFIG_INVALID: not a safetensors file, bad JSON, duplicate names, overlaps, holes. WEIGHT_MISSING: the file is cut short.
 * WEIGHT_SHAPE: a shape that its bytes do not fit. DTYPE_UNSUPPORTED: anything but F32, F16, BF16.
 * Source: the safetensors format, https://huggingface.co/docs/safetensors.
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  const { file, bytes, fileSize } = await readHeaderBytes(path);
  const json = parseHeaderJson(bytes, path);
  const dataStart = lengthBytes + bytes.byteLength;

  const entries: TensorEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of json) {
    if (name === '__metadata__') metadata = readMetadata(value, path);
    else entries.push(readEntry(name, value, { path, file, dataStart, fileSize }));
  }
  entries.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  checkLayout(entries, { path, dataStart, fileSize });
  return { tensors: new Map(entries.map((entry) => [entry.name, entry])), metadata, file, bytes, fileSize };
}

async function readHeaderBytes(path: string): Promise<{ file: string; bytes: Uint8Array; fileSize: number }> {
  let handle: FileHandle | undefined;
  try {
    const file = await realpath(path);
    // Looked at before it is opened: opening a pipe would wait for its writer.
    const facts = await stat(file);
    const fileSize = facts.size;
    if (!facts.isFile()) throw corrupt(path, 'it is not a regular file');
    if (fileSize < lengthBytes + 2) throw corrupt(path, `it has only ${String(fileSize)} bytes`, { bytes: fileSize });
    handle = await open(file, 'r');

    const prefix = await readExactly(handle, 0, lengthBytes + 1, path);
    const claimed = Buffer.from(prefix.buffer, prefix.byteOffset).readBigUInt64LE(0);
    // Compared before it becomes a size: a header may claim 2^64 - 1.
    if (claimed > BigInt(maxHeaderBytes)) throw corrupt(path, `its header claims ${String(claimed)} bytes`, { claimed: String(claimed) });
    const length = Number(claimed);
    if (length < 2) throw corrupt(path, `its header claims ${String(length)} bytes`, { claimed: String(claimed) });
    if (prefix[lengthBytes] !== 0x7b /* { */) throw corrupt(path, 'its header does not begin with "{"');
    if (lengthBytes + length > fileSize) {
      throw new EngineError(
        'WEIGHT_MISSING',
        `${path}: cut short inside the header: ${String(lengthBytes + length - fileSize)} bytes are missing.`,
        { file: path, missingBytes: lengthBytes + length - fileSize },
      );
    }
    return { file, bytes: await readExactly(handle, lengthBytes, length, path), fileSize };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError('WEIGHT_MISSING', `${path}: cannot be read: ${String(error)}`, { file: path }, { cause: error });
  } finally {
    await handle?.close();
  }
}

/** Reads `length` bytes at `offset` (into the start of `bytes` when given), or WEIGHT_MISSING when the file ends before. */
export async function readExactly(
  handle: FileHandle,
  offset: number,
  length: number,
  path: string,
  bytes: Uint8Array = new Uint8Array(length),
): Promise<Uint8Array> {
  let done = 0;
  while (done < length) {
    // One read may return less than asked (2 GiB at most on Linux).
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done);
    if (bytesRead === 0) {
      throw new EngineError('WEIGHT_MISSING', `${path}: ends ${String(length - done)} bytes too early.`, {
        file: path,
        missingBytes: length - done,
      });
    }
    done += bytesRead;
  }
  return bytes.subarray(0, length);
}

function parseHeaderJson(bytes: Uint8Array, path: string): ReadonlyMap<string, StrictJson> {
  let json: StrictJson;
  try {
    json = parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof StrictJsonError ? `${error.message} at byte ${String(error.position)}` : 'not UTF-8';
    throw corrupt(path, `its header is not valid JSON: ${why}`, {}, error);
  }
  if (!isMap(json)) throw corrupt(path, 'its header is not a JSON object');
  return json;
}

function readMetadata(value: StrictJson, path: string): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (!isMap(value)) throw corrupt(path, '__metadata__ is not an object');
  for (const [key, text] of value) {
    if (typeof text !== 'string') throw corrupt(path, `__metadata__.${quote(key)} is not a string`);
    metadata.set(key, text);
  }
  return metadata;
}

interface FileFacts {
  readonly path: string;
  readonly file: string;
  readonly dataStart: number;
  readonly fileSize: number;
}

function readEntry(name: string, value: StrictJson, { path, file, dataStart, fileSize }: FileFacts): TensorEntry {
  const tensor = name.slice(0, 200);
  if (!isMap(value)) throw corrupt(path, `tensor ${quote(name)} is not described by an object`, { tensor });
  const dtype = value.get('dtype');
  if (typeof dtype !== 'string') throw corrupt(path, `tensor ${quote(name)} has no dtype`, { tensor });
  if (!isDtype(dtype)) {
    const got = dtype.slice(0, 40);
    throw new EngineError('DTYPE_UNSUPPORTED', `${path}: tensor ${quote(name)} is ${got}; only F32, F16 and BF16 can be run.`, {
      file: path,
      tensor,
      expected: ['F32', 'F16', 'BF16'],
      got,
    });
  }
  const shape = value.get('shape');
  if (!isList(shape) || shape.length > 8 || !shape.every(isSize)) {
    throw new EngineError('WEIGHT_SHAPE', `${path}: tensor ${quote(name)}: its shape must be at most 8 whole numbers of at least 0.`, {
      file: path,
      tensor,
      expected: 'whole numbers',
      got: showJson(shape),
    });
  }
  const offsets = value.get('data_offsets');
  if (!isList(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw corrupt(path, `tensor ${quote(name)}: data_offsets must be two whole numbers`, { tensor, got: showJson(offsets) });
  }
  const [begin, end] = offsets as readonly [number, number];
  if (end < begin) throw corrupt(path, `tensor ${quote(name)} ends at ${String(end)}, before it begins at ${String(begin)}`, { tensor });

  const bytes = shape.reduce<number>((product, size) => product * size, bytesPerElement[dtype]);
  // A product beyond 2^53 is inexact but can never equal a valid length, so the comparison still refuses it.
  if (!Number.isSafeInteger(bytes) || bytes !== end - begin) {
    throw new EngineError(
      'WEIGHT_SHAPE',
      `${path}: tensor ${quote(name)} of shape [${shape.join(', ')}] in ${dtype} takes ${String(bytes)} bytes, but ${String(end - begin)} are given.`,
      { file: path, tensor, expected: bytes, got: end - begin },
    );
  }
  if (dataStart + end > fileSize) {
    const missingBytes = dataStart + end - fileSize;
    throw new EngineError('WEIGHT_MISSING', `${path}: cut short: tensor ${quote(name)} lacks ${String(missingBytes)} bytes.`, {
      file: path,
      tensor,
      missingBytes,
    });
  }
  return { name, dtype, shape, file, offset: dataStart + begin, byteLength: bytes };
}

/** The format leaves no holes: tensors follow each other without a gap and the last one ends the file. */
function checkLayout(entries: readonly TensorEntry[], { path, dataStart, fileSize }: Omit<FileFacts, 'file'>): void {
  let end = dataStart;
  let previous = 'the header';
  for (const { name, offset, byteLength } of entries) {
    const tensor = name.slice(0, 200);
    if (offset < end) throw corrupt(path, `tensor ${quote(name)} overlaps ${previous} by ${String(end - offset)} bytes`, { tensor });
    if (offset > end) throw corrupt(path, `${String(offset - end)} unused bytes lie between ${previous} and tensor ${quote(name)}`, { tensor });
    end = offset + byteLength;
    previous = `tensor ${quote(name)}`;
  }
  if (end !== fileSize) throw corrupt(path, `${String(fileSize - end)} unused bytes follow ${previous}`, { unusedBytes: fileSize - end });
}

function corrupt(path: string, why: string, details: ErrorDetails = {}, cause?: unknown): EngineError {
  const code: EngineErrorCode = 'CONFIG_INVALID';
  return new EngineError(code, `${path}: not a sound safetensors file: ${why}.`, { file: path, ...details }, { cause });
}

function isMap(value: StrictJson | undefined): value is ReadonlyMap<string, StrictJson> {
  return value instanceof Map;
}

function isList(value: StrictJson | undefined): value is readonly StrictJson[] {
  return Array.isArray(value);
}

function isSize(value: StrictJson): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A hostile name on one line. */
function quote(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}

/** A short picture of a hostile value for an error. */
function showJson(value: StrictJson | undefined): string {
  if (value === undefined) return 'nothing';
  if (isMap(value)) return 'an object';
  return isList(value) ? `[${value.slice(0, 8).map(showJson).join(', ').slice(0, 120)}${value.length > 8 ? ', …' : ''}]` : String(value).slice(0, 60);
}
