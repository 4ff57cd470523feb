/** The printable stand-ins that byte-level BPE writes for bytes. Source: GPT-2 `bytes_to_unicode`. */

function makeAlphabet(): string[] {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

/** The character of each byte. */
export const byteCharacters: readonly string[] = makeAlphabet();

const bytesOfCharacters = new Map(byteCharacters.map((character, byte) => [character, byte]));

/**
 * The bytes that a vocabulary piece stands for; undefined where it is not written in the byte alphabet.
 */
export function pieceBytes(piece: string): Uint8Array | undefined {
  const bytes = new Uint8Array(piece.length);
  for (let i = 0; i < piece.length; i++) {
    const byte = bytesOfCharacters.get(piece[i]!);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}
