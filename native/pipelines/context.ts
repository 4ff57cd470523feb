import { EngineError } from '../errors.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { RunOptions } from '../types.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';
import type { RowTable } from '../weights/rowTable.ts';
import type { ConditionCache } from './conditionCache.ts';
import type { CacheMemory } from './cacheMemory.ts';
import type { Networks } from './networks.ts';

/** A value on its way, for parity checks: its name in the golden vectors, its numbers, its shape. */
export type Observe = (name: string, data: ArrayLike<number> | ArrayLike<bigint>, shape: readonly number[]) => void;

/** What every pipeline works with. */
export interface PipelineContext {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  readonly networks: Networks;
  readonly words: RowTable;
  readonly visualWords: RowTable;
  readonly conditions: ConditionCache;
  readonly caches: CacheMemory;
  readonly observe?: Observe;
}

/** Adds up milliseconds per stage. */
export class Stopwatch {
  private readonly spent: Record<string, number> = {};
  private readonly run: RunOptions;
  private readonly networks: Networks;

  constructor(networks: Networks, run: RunOptions) {
    this.networks = networks;
    this.run = run;
    networks.takeLoadMs();
    networks.follow(run);
  }

  /** Times one stage; what it spent on loading networks is counted apart, as `load`. */
  async stage<T>(name: 'condition' | 'encode' | 'denoise' | 'decode' | 'understand', work: () => Promise<T>): Promise<T> {
    throwIfCancelled(this.run);
    this.run.onEvent?.({ type: 'stage', stage: name });
    const started = performance.now();
    try {
      return await work();
    } finally {
      const load = this.networks.takeLoadMs();
      this.spent.load = (this.spent.load ?? 0) + load;
      this.spent[name] = (this.spent[name] ?? 0) + performance.now() - started - load;
    }
  }

  get timingsMs(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.spent).map(([name, ms]) => [name, Math.round(ms * 1000) / 1000]));
  }
}

/** Ends the run as CANCELLED when its caller has asked for it. */
export function throwIfCancelled({ signal }: RunOptions): void {
  if (signal?.aborted) throw new EngineError('CANCELLED', 'the run was cancelled');
}

/** Lets waiting messages (a cancel among them) in between two steps: a step itself blocks the thread. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
