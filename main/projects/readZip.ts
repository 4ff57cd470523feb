/** Reads a zip that may be hostile: nothing is trusted but what has been read and counted. */
import { createHash } from 'node:crypto';
import type { Entry, ZipFile } from 'yauzl';
import { StudioError } from '../errors.ts';

export interface ZipLimits {
  readonly entries: number;
  /** Bytes of one part, and of all together, unpacked. */
  readonly entryBytes: number;
  readonly totalBytes: number;
}

/** Beyond this no honest part unpacks; smaller ones may be of anything. */
const mostRatio = 400;
const smallBytes = 1024 * 1024;

/** REQUEST_INVALID with the reason why a file is no project of ours. */
export function refused(reason: string, message: string, details: Record<string, string | number> = {}, cause?: unknown): StudioError {
  return new StudioError('REQUEST_INVALID', message, { reason, ...details }, cause === undefined ? {} : { cause });
}

export class SafeZip {
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#zip = zip;
    this.#entries = entries;
  }

  /** From bytes or a path. REQUEST_INVALID for what is no zip, is cut short, names a place outside, holds a name twice, or unpacks beyond the limits. */
  static async open(from: Buffer | string, limits: ZipLimits): Promise<SafeZip> {
    // Loaded with the first file: the studio's start needs none.
    const { fromBufferPromise, openPromise } = await import('yauzl');
    const options = { lazyEntries: true, autoClose: false, strictFileNames: true, validateEntrySizes: true } as const;
    const zip = await (typeof from === 'string' ? openPromise(from, options) : fromBufferPromise(from, options)).catch((error: unknown) => {
      throw unreadable(error);
    });
    try {
      return new SafeZip(zip, await listed(zip, limits));
    } catch (error) {
      zip.close();
      throw error instanceof StudioError ? error : unreadable(error);
    }
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** One part, unpacked. REQUEST_INVALID where it is missing or damaged; CHECKSUM where it is not what `sha256` says. */
  async read(name: string, sha256: string, most: number): Promise<Buffer> {
    const entry = this.#entries.get(name);
    if (!entry) throw refused('MISSING_PART', `The file lacks ${name}.`, { part: name });
    if (entry.uncompressedSize > most) throw refused('TOO_LARGE', `${name} has ${entry.uncompressedSize} bytes; ${most} are the limit.`, { part: name, bytes: entry.uncompressedSize });
    const hash = createHash('sha256');
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of await this.#zip.openReadStreamPromise(entry)) {
        bytes += (chunk as Buffer).length;
        // What it really unpacks to counts, not what it says.
        if (bytes > most) throw refused('TOO_LARGE', `${name} unpacks beyond ${most} bytes.`, { part: name });
        hash.update(chunk as Buffer);
        chunks.push(chunk as Buffer);
      }
    } catch (error) {
      throw error instanceof StudioError ? error : unreadable(error, name);
    }
    const actual = hash.digest('hex');
    if (sha256 !== '' && actual !== sha256) throw new StudioError('CHECKSUM', `${name} in the file is damaged: its content is not what it was when it was saved.`, { part: name, expected: sha256, received: actual });
    return Buffer.concat(chunks);
  }

  close(): void {
    this.#zip.close();
  }
}

async function listed(zip: ZipFile, limits: ZipLimits): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  if (zip.entryCount > limits.entries) throw refused('TOO_LARGE', `The file has ${zip.entryCount} parts; ${limits.entries} are the limit.`, { entries: zip.entryCount });
  let unpacked = 0;
  let packed = 0;
  for await (const entry of zip.eachEntry()) {
    const { fileName, uncompressedSize, compressedSize } = entry;
    if (entries.has(fileName)) throw refused('DUPLICATE_PART', `The file holds ${fileName} twice.`, { part: fileName });
    unpacked += uncompressedSize;
    packed += compressedSize;
    // More packed bytes than the file has: parts lie over each other, each unpacking the same bytes.
    if (packed > zip.fileSize) throw refused('OVERLAPPING', 'Parts of the file lie over each other.', { part: fileName });
    if (uncompressedSize > limits.entryBytes || unpacked > limits.totalBytes) throw refused('TOO_LARGE', `The file unpacks to more than ${limits.totalBytes} bytes, or one part of it to more than ${limits.entryBytes}.`, { part: fileName });
    if (uncompressedSize > smallBytes && uncompressedSize > mostRatio * compressedSize) throw refused('BOMB', `${fileName} would unpack to ${Math.round(uncompressedSize / Math.max(1, compressedSize))} times its size.`, { part: fileName });
    entries.set(fileName, entry);
  }
  return entries;
}

function unreadable(error: unknown, part?: string): StudioError {
  const said = error instanceof Error ? error.message : String(error);
  if (/^invalid characters in fileName|^absolute path|^invalid relative path/.test(said)) return refused('UNSAFE_NAME', `The file names a place outside of itself: ${said}.`, {}, error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return refused('NOT_READABLE', 'There is no such file.', {}, error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EISDIR') return refused('NOT_READABLE', 'The file cannot be read.', { error: code }, error);
  return refused('DAMAGED', `This is no project file, or it is damaged${part === undefined ? '' : ` at ${part}`}: ${said}.`, {}, error);
}
