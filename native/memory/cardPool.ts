/**
 * Buffers of a graphics card as ONNX Runtime's WebGPU provider hands them out: in sizes of its own, each to be used again as soon as it is let go.
 * What is larger than its largest size is never used again: it goes when the card has come to the end of the commands that name it, and commands
 * are written much faster than they are done. Seen on software Vulkan: forty sums of 200 MB in a row take 8.6 GB, of 64 MB 0.4 GB.
 */

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** Sizes that it rounds up to, and how many that lie idle of each it keeps. Source: BucketCacheManager. */
const classes: readonly (readonly [bytes: number, kept: number])[] = [
  [64, 250], [128, 200], [256, 200], [512, 200], [2 * KIB, 230], [4 * KIB, 200],
  ...[8, 16, 32, 64, 128, 256, 512].map((kib) => [kib * KIB, 50] as const),
  [MIB, 50], [2 * MIB, 30], [4 * MIB, 20], [8 * MIB, 10], [12 * MIB, 10], [16 * MIB, 10], [25 * MIB, 15], [32 * MIB, 22],
  [44_236_800, 2], [58_982_400, 6], [64 * MIB, 6], [128 * MIB, 6], [160 * MIB, 6],
];

/** The largest buffer that is used again. */
export const LARGEST_KEPT = 160 * MIB;

/** One device's buffers. It stays from network to network, as the device does. */
export class CardPool {
  readonly #idle = new Map<number, number>();
  /** Large ones that were let go in this run. */
  #lost = 0;
  #most = 0;
  /** Bytes of all buffers there are, in use or idle. */
  bytes = 0;

  /** Takes a buffer for so many bytes; the size to be given back. */
  take(bytes: number): number {
    const size = classes.find(([most]) => bytes <= most)?.[0] ?? Math.ceil(bytes / 16) * 16;
    const idle = this.#idle.get(size) ?? 0;
    if (idle > 0) this.#idle.set(size, idle - 1);
    else this.bytes += size;
    this.#most = Math.max(this.#most, this.bytes);
    return size;
  }

  release(size: number): void {
    const kept = classes.find(([bytes]) => bytes === size)?.[1];
    const idle = this.#idle.get(size) ?? 0;
    if (kept === undefined) this.#lost += size;
    else if (idle < kept) this.#idle.set(size, idle + 1);
    else this.bytes -= size;
  }

  /** A run is over: the card has done all of it. */
  finish(): void {
    this.bytes -= this.#lost;
    this.#lost = 0;
  }

  /** The most bytes since the last call. */
  peak(): number {
    const most = this.#most;
    this.#most = this.bytes;
    return most;
  }
}
