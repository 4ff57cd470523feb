/** torch's bfloat16 normal draw: every step rounded to 8 bits, so 256 radii and 256 angles are all there is. */

import type { Mt19937 } from './mt19937.ts';

const block = 16;
const lanes = 8;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * Rounds to the nearest bfloat16, ties to even.
 */
export function toBfloat16(value: number): number {
  float[0] = value;
  const b = bits[0]!;
  bits[0] = (b + 0x7fff + ((b >>> 16) & 1)) & 0xffff0000;
  return float[0];
}

interface Tables {
  readonly radius: Float32Array;
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

let tables: Tables | undefined;

function makeTables(): Tables {
  const radius = new Float32Array(256);
  const cosine = new Float32Array(256);
  const sine = new Float32Array(256);
  for (let u = 0; u < 256; u++) {
    radius[u] = toBfloat16(Math.sqrt(toBfloat16(-2 * toBfloat16(Math.log(1 - u / 256)))));
    const theta = toBfloat16(2 * Math.PI * (u / 256));
    cosine[u] = toBfloat16(Math.cos(theta));
    sine[u] = toBfloat16(Math.sin(theta));
  }
  return { radius, cosine, sine };
}

/**
 * Fills `out` with torch's bfloat16 stream; below 16 values it rounds the doubles that `out` already holds.
 * Source: torch `DistributionTemplates.h`.
 */
export function fillBfloat16(out: Float32Array, rng: Mt19937): void {
  if (out.length < block) {
    for (let i = 0; i < out.length; i++) out[i] = toBfloat16(out[i]!);
    return;
  }
  const { radius, cosine, sine } = (tables ??= makeTables());
  const fill = (offset: number, uniforms: Uint8Array, from: number) => {
    for (let j = 0; j < lanes; j++) {
      const r = radius[uniforms[from + j]!]!;
      const angle = uniforms[from + j + lanes]!;
      out[offset + j] = toBfloat16(r * cosine[angle]!) + 0;
      out[offset + j + lanes] = toBfloat16(r * sine[angle]!) + 0;
    }
  };
  const uniforms = new Uint8Array(out.length);
  for (let i = 0; i < uniforms.length; i++) uniforms[i] = rng.draw();
  for (let i = 0; i + block <= out.length; i += block) fill(i, uniforms, i);
  if (out.length % block !== 0) {
    for (let i = 0; i < block; i++) uniforms[i] = rng.draw();
    fill(out.length - block, uniforms, 0);
  }
}
