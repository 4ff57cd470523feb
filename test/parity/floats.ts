/** A tensor's bytes as the typed array that its dtype asks for (copied: file buffers are not aligned). */
export function decodeFloat(bytes: Uint8Array, dtype: 'F32' | 'I32' | 'U8'): Float32Array | Int32Array | Uint8Array {
  const copy = new Uint8Array(bytes);
  if (dtype === 'U8') return copy;
  return dtype === 'F32' ? new Float32Array(copy.buffer) : new Int32Array(copy.buffer);
}
