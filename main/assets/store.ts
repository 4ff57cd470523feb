/** Pictures as files named by their content, with their rows in the history. */
import { webcrypto } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { assetInfoSchema, type AssetInfo } from '../../preload/contract/project.ts';
import { thumbnailEdge } from '../../preload/contract/common.ts';
import { extensions } from '../../preload/contract/fileNames.ts';
import { StudioError } from '../errors.ts';
import type { StoredAsset } from '../history/assetRows.ts';
import type { AssetRows } from '../history/history.ts';
import type { DataFolder } from '../history/dataFolder.ts';
import type { PictureFacts } from '../imaging/messages.ts';
import type { AssetStore, PictureSize } from '../services.ts';
import { contentPath, foldersOf, removeParts, sizeOf, writeWhole } from './files.ts';
import { Locks } from './locks.ts';

/** A file just put is not yet named by any row; nobody takes this long to name it. */
const defaultGraceMs = 24 * 3_600_000;

export interface StoreParts {
  readonly folder: Pick<DataFolder, 'assets' | 'thumbnails'>;
  readonly rows: AssetRows;
  readonly imaging: { inspect(input: Uint8Array | string, edge: number): Promise<PictureFacts> };
  readonly graceMs?: number;
}

export class ContentStore implements AssetStore {
  readonly #parts: StoreParts;
  readonly #locks = new Locks();
  #swept = false;

  private constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  /** The history must be open already: who holds it holds the folder. */
  static async open(parts: StoreParts): Promise<ContentStore> {
    await removeParts(parts.folder.assets);
    await removeParts(parts.folder.thumbnails);
    return new ContentStore(parts);
  }

  /** Where the files lie. */
  get folder(): string {
    return this.#parts.folder.assets;
  }

  /**
   * Stores encoded bytes as they are; the same bytes are stored once. `made`: a PNG of the studio's own making, which nobody has to decode to
   * know it; its thumbnail comes when it is asked for. REQUEST_INVALID unless they can be decoded; DISK_FULL.
   */
  async put(bytes: Uint8Array, made?: PictureSize): Promise<AssetInfo> {
    const { folder, rows, imaging } = this.#parts;
    const hash = await sha256(bytes);
    return this.#locks.hold(hash, async () => {
      const known = await rows.get(hash);
      if (known && (await sizeOf(this.#pathOf(known))) === bytes.length) {
        await rows.put(known);
        return infoOf(known);
      }
      const facts = made === undefined ? await imaging.inspect(bytes, thumbnailEdge) : { mime: 'image/png', width: made.width, height: made.height, thumbnail: undefined };
      const asset = storedAsset(hash, bytes.length, facts);
      const path = this.#pathOf(asset);
      await writeWhole(folder.assets, path, bytes);
      try {
        await rows.put(asset);
      } catch (error) {
        // Without its row nobody would ever find it, unless the row was there before.
        if (!known) await rm(path, { force: true });
        throw error;
      }
      // It can be made again, so that its failure is not the picture's.
      if (facts.thumbnail) await writeWhole(folder.thumbnails, this.#thumbnailPath(hash), facts.thumbnail).catch(() => undefined);
      return infoOf(asset);
    });
  }

  async info(hash: string): Promise<AssetInfo> {
    return infoOf(await this.#known(hash));
  }

  /** CHECKSUM when the file is not as long as it was. */
  async read(hash: string): Promise<Uint8Array> {
    const { path } = await this.file(hash);
    return new Uint8Array(await readFile(path));
  }

  /** Where the bytes lie. CHECKSUM when the file is not as long as it was. */
  async file(hash: string): Promise<{ readonly path: string; readonly mime: string; readonly bytes: number }> {
    const asset = await this.#known(hash);
    const path = this.#pathOf(asset);
    const bytes = await sizeOf(path);
    if (bytes === undefined) throw missing(hash);
    if (bytes !== asset.bytes) throw new StudioError('CHECKSUM', `A stored picture is damaged: ${bytes} bytes where ${asset.bytes} were written. Add it again to repair it.`, { hash, expected: asset.bytes, received: bytes });
    return { path, mime: asset.mime, bytes };
  }

  /** Reads the whole file against its name. CHECKSUM when it has changed. */
  async verify(hash: string): Promise<void> {
    const actual = await sha256(await this.read(hash));
    if (actual !== hash) throw new StudioError('CHECKSUM', 'A stored picture is damaged: its content has changed on the disk. Add it again to repair it.', { expected: hash, received: actual });
  }

  async thumbnail(hash: string): Promise<{ readonly path: string; readonly bytes: number }> {
    const path = this.#thumbnailPath(hash);
    const bytes = await sizeOf(path);
    if (bytes !== undefined && bytes > 0) return { path, bytes };
    // Many tiles may ask at once for the same one.
    return this.#locks.hold(`thumbnail ${hash}`, async () => {
      const made = await sizeOf(path);
      if (made !== undefined && made > 0) return { path, bytes: made };
      const { thumbnail } = await this.#parts.imaging.inspect((await this.file(hash)).path, thumbnailEdge);
      if (!thumbnail) throw new StudioError('INTERNAL', 'No thumbnail was made.', { hash });
      await writeWhole(this.#parts.folder.thumbnails, path, thumbnail);
      return { path, bytes: thumbnail.length };
    });
  }

  /**
   * Removes files that no row uses and that were not put within the grace. What went out of the trash for good goes at once.
   * Files without any row get one first, so that one collection is enough to decide about them.
   */
  async collect(): Promise<{ readonly files: number; readonly bytes: number }> {
    const { rows, graceMs = defaultGraceMs } = this.#parts;
    await this.#sweep();
    await rows.forgetUnused(Date.now() - graceMs);
    let files = 0;
    let bytes = 0;
    for (const { hash, extension } of await rows.pendingRemovals()) {
      await this.#locks.hold(hash, async () => {
        // Put again since it was forgotten: then it has a row, and stays.
        if (!(await rows.isPendingRemoval(hash))) return;
        const path = contentPath(this.#parts.folder.assets, hash, extension);
        const size = await sizeOf(path);
        await rm(path, { force: true });
        await rm(this.#thumbnailPath(hash), { force: true });
        await rows.removalDone(hash);
        if (size === undefined) return;
        files += 1;
        bytes += size;
      });
    }
    return { files, bytes };
  }

  /** Gives a row to files that a killed studio left without one; unless something uses them, they go once their grace is over. */
  async #sweep(): Promise<void> {
    // Only a kill makes such files, so once after each start is enough.
    if (this.#swept) return;
    this.#swept = true;
    for await (const files of foldersOf(this.#parts.folder.assets)) {
      const unknown = new Set(await this.#parts.rows.unknown(files.map((file) => file.hash)));
      for (const file of files) if (unknown.has(file.hash)) await this.adopt(file.hash, file.path);
    }
  }

  /** Writes down a file that lies in the store without a row. Returns false when it is no picture of that name: it is left alone. */
  async adopt(hash: string, path: string): Promise<boolean> {
    return this.#locks.hold(hash, async () => {
      const { rows, imaging } = this.#parts;
      if ((await rows.unknown([hash])).length === 0) return true;
      const facts = await imaging.inspect(path, 0).catch(() => undefined);
      const bytes = await sizeOf(path);
      if (!facts || bytes === undefined) return false;
      const asset = storedAsset(hash, bytes, facts);
      if (this.#pathOf(asset) !== path) return false;
      await rows.put(asset);
      return true;
    });
  }

  async close(): Promise<void> {
    // Nothing is held open between calls.
  }

  #pathOf(asset: StoredAsset): string {
    return contentPath(this.#parts.folder.assets, asset.hash, asset.extension);
  }

  #thumbnailPath(hash: string): string {
    return contentPath(this.#parts.folder.thumbnails, hash, 'webp');
  }

  async #known(hash: string): Promise<StoredAsset> {
    const asset = await this.#parts.rows.get(hash);
    if (!asset) throw missing(hash);
    return asset;
  }
}

function missing(hash: string): StudioError {
  return new StudioError('ASSET_MISSING', 'This picture is not in the store: it was removed, or its file is gone. Add it again.', { hash });
}

function storedAsset(hash: string, bytes: number, facts: PictureFacts): StoredAsset {
  const mime = assetInfoSchema.shape.mime.safeParse(facts.mime);
  if (!mime.success) throw new StudioError('REQUEST_INVALID', `Pictures of the kind ${facts.mime} are not stored.`, { mime: facts.mime });
  return { hash, extension: extensions[mime.data], mime: mime.data, width: facts.width, height: facts.height, bytes };
}

function infoOf({ hash, mime, width, height, bytes }: StoredAsset): AssetInfo {
  return { hash, mime, width, height, bytes };
}

/** Hashes off the main thread. */
async function sha256(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)).toString('hex');
}
