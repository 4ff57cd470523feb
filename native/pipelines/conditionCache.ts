/** Conditions of former jobs: the empty one and those of the same words and pictures come again with every seed. */
import { createHash } from 'node:crypto';
import type { RgbImage } from '../types.ts';

/** A condition as the decoder takes it: refined text features [count, D] and the embedded class token [1, D]. */
export interface Condition {
  readonly textFeatures: Float32Array;
  readonly vector: Float32Array;
  readonly count: number;
}

/** A condition of the real model takes about 2 MB. */
const LIMIT = 24;

/** The newest conditions of one checkpoint, by what they were read from. */
export class ConditionCache {
  private readonly conditions = new Map<string, Condition>();
  private readonly pictures = new WeakMap<readonly RgbImage[], string>();

  /** Names a prompt with the pictures it shows. */
  keyOf(prompt: string, images: readonly RgbImage[]): string {
    let shown = this.pictures.get(images);
    if (shown === undefined) {
      const hash = createHash('sha256');
      for (const { width, height, data } of images) hash.update(`${width}x${height} `).update(data);
      shown = hash.digest('hex');
      this.pictures.set(images, shown);
    }
    return `${shown} ${prompt}`;
  }

  get(key: string): Condition | undefined {
    const found = this.conditions.get(key);
    if (!found) return undefined;
    this.conditions.delete(key);
    this.conditions.set(key, found);
    return found;
  }

  set(key: string, condition: Condition): void {
    this.conditions.set(key, condition);
    for (const oldest of this.conditions.keys()) {
      if (this.conditions.size <= LIMIT) return;
      this.conditions.delete(oldest);
    }
  }
}
