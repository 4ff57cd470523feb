/** Room for one sequence's keys and values at a time: gigabytes of it would wait for the garbage collector if each sequence took its own. */
export class CacheMemory {
  private arrays: Float32Array[] = [];

  /** `count` arrays of `size` values; what stands in them is of no meaning. */
  take(count: number, size: number): Float32Array[] {
    if (this.arrays.length < count || (this.arrays[0]?.length ?? 0) < size) {
      this.arrays = [];
      this.arrays = Array.from({ length: count }, () => new Float32Array(size));
    }
    return this.arrays.slice(0, count).map((array) => array.subarray(0, size));
  }
}
