/** The Mersenne Twister as torch seeds and reads it. */

const stateSize = 624;
const middle = 397;

/** A stream of 32-bit draws; one instance per seed. */
export class Mt19937 {
  readonly #state = new Uint32Array(stateSize);
  #next = stateSize;

  /** Takes the low 32 bits of the seed, as `torch.manual_seed` does. */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed % 2 ** 32;
    for (let i = 1; i < stateSize; i++) {
      const previous = state[i - 1]!;
      state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
  }

  #refill(): void {
    const state = this.#state;
    for (let i = 0; i < stateSize; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % stateSize]! & 0x7fffffff);
      state[i] = state[(i + middle) % stateSize]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }

  /** The next 32 bits, as a signed integer: callers mask what they need. */
  draw(): number {
    if (this.#next === stateSize) this.#refill();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  /** A float32 in [0, 1) times 2²⁴: an integer below 2²⁴. */
  draw24(): number {
    return this.draw() & 0xffffff;
  }

  /** A double in [0, 1) from 53 bits of two draws, the first draw on top. */
  drawDouble(): number {
    const high = this.draw() & 0x1fffff;
    return (high * 2 ** 32 + (this.draw() >>> 0)) * 2 ** -53;
  }
}
