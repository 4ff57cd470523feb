import { open, type FileHandle } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import { toFloat32 } from './dtype.ts';
import { readExactly, type TensorEntry } from './safetensors.ts';

const CACHE_ROWS = 4096;

/** Rows of a two-dimensional tensor, read one by one from its file: an embedding table is never loaded whole. */
export class RowTable {
  private readonly entry: TensorEntry;
  private readonly width: number;
  private readonly cache = new Map<number, Float32Array>();
  private handle: FileHandle | null = null;

  /** @param entry a tensor of shape [rows, width] */
  constructor(entry: TensorEntry) {
    this.entry = entry;
    this.width = entry.shape[1] as number;
  }

  /** Copies the given rows, in order, into `out` [n, width] at row `at`. */
  async read(rows: readonly number[], out: Float32Array, at = 0): Promise<void> {
    for (const [i, row] of rows.entries()) out.set(await this.row(row), (at + i) * this.width);
  }

  private async row(row: number): Promise<Float32Array> {
    const known = this.cache.get(row);
    if (known) return known;
    this.handle ??= await this.open();
    const bytes = this.entry.byteLength / (this.entry.shape[0] as number);
    const values = toFloat32(await readExactly(this.handle, this.entry.offset + row * bytes, bytes, this.entry.file), this.entry.dtype);
    if (this.cache.size >= CACHE_ROWS) this.cache.clear();
    this.cache.set(row, values);
    return values;
  }

  private async open(): Promise<FileHandle> {
    try {
      return await open(this.entry.file, 'r');
    } catch (cause) {
      throw new EngineError('WEIGHT_MISSING', `${this.entry.file}, which holds ${this.entry.name}, can no longer be opened`, {
        tensor: this.entry.name, file: this.entry.file,
      }, { cause });
    }
  }

  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = null;
  }
}
