/** Choosing the next token from logits. */

export interface SamplingOptions {
  /** 0 = greedy. */
  readonly temperature: number;
  /** Smallest set of tokens whose probabilities reach this share; 1 = all. */
  readonly topP: number;
  /** Only the k likeliest; 0 = all. */
  readonly topK: number;
  /** Above 1 makes tokens that stand already less likely; 1 = off. */
  readonly repetitionPenalty: number;
}

/** A seeded stream of uniform numbers in [0, 1). Source: xoshiro128** over a splitmix32 seed. */
export function uniformStream(seed: number): () => number {
  let mix = (seed ^ Math.floor(seed / 2 ** 32)) >>> 0;
  const next32 = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  const s = Uint32Array.from({ length: 4 }, next32);
  const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
  return () => {
    const result = Math.imul(rotate(Math.imul(s[1] as number, 5), 7), 9) >>> 0;
    const t = (s[1] as number) << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotate(s[3]!, 11);
    return result / 2 ** 32;
  };
}

/** The index of the largest value; the first of equals. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/**
 * The next token. logits [vocabulary], changed in place by the repetition penalty; `seen` holds the tokens that stand already.
 * Source: Hugging Face's logits processors, in their order: penalty, temperature, top-k, top-p.
 */
export function chooseToken(logits: Float32Array, options: SamplingOptions, seen: ReadonlySet<number>, uniform: () => number): number {
  if (options.repetitionPenalty !== 1) {
    for (const token of seen) {
      const value = logits[token] ?? 0;
      logits[token] = value > 0 ? value / options.repetitionPenalty : value * options.repetitionPenalty;
    }
  }
  if (options.temperature === 0) return argmax(logits);
  const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]!);
  const kept = options.topK > 0 ? order.slice(0, options.topK) : order;
  const top = logits[kept[0] as number] as number;
  const weights = kept.map((token) => Math.exp((logits[token]! - top) / options.temperature));
  const total = weights.reduce((a, b) => a + b, 0);
  let count = 0;
  let mass = 0;
  do mass += weights[count++]!; while (count < kept.length && mass < options.topP * total);
  let at = uniform() * mass;
  for (let i = 0; i < count; i++) {
    at -= weights[i]!;
    if (at < 0) return kept[i] as number;
  }
  return kept[count - 1] as number;
}
