import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface TensorEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** A throw-away copy of a checkpoint folder, to be damaged. */
export class ModelCopy {
  readonly dir = mkdtempSync(join(tmpdir(), 'ovis-broken-'));

  constructor(source: string) {
    // The golden tensors beside the fixtures' weights are no part of a checkpoint.
    cpSync(source, this.dir, { recursive: true, filter: (path) => !path.includes('golden.') });
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Rewrites a JSON file in place. */
  json(name: string, change: (value: Record<string, unknown>) => void): void {
    const value = JSON.parse(readFileSync(this.path(name), 'utf8')) as Record<string, unknown>;
    change(value);
    writeFileSync(this.path(name), JSON.stringify(value));
  }

  /** Rewrites model.safetensors: `change` gets the header and the bytes behind it. */
  weights(change: (header: Record<string, TensorEntry>, data: Buffer) => void): void {
    const file = readFileSync(this.path('model.safetensors'));
    const length = Number(file.readBigUInt64LE(0));
    const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Record<string, TensorEntry>;
    const data = file.subarray(8 + length);
    change(header, data);
    const text = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(this.path('model.safetensors'), Buffer.concat([prefix, text, data]));
  }
}
