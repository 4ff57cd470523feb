/** Safetensors files made by hand, right or wrong, for tests of the reader. */
import { writeFileSync } from 'node:fs';

/** Length prefix (or a lie), header text and data, as bytes. */
export function rawSafetensors(header: unknown, data: Uint8Array = new Uint8Array(0), claimedLength?: bigint): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(claimedLength ?? BigInt(text.byteLength));
  return Buffer.concat([prefix, text, data]);
}

/** Writes such a file and returns its path. */
export function writeRawSafetensors(file: string, header: unknown, data?: Uint8Array, claimedLength?: bigint): string {
  writeFileSync(file, rawSafetensors(header, data, claimedLength));
  return file;
}
