import { EngineHost, type EngineHostOptions } from '../../main/engine/host.ts';
import { spawnNode } from '../../main/engine/spawnNode.ts';
import type { Failure } from '../../main/errors.ts';

/** The real engine behind a host that counts how often its process was started: once, as long as nothing fell. */
export class CountingHost extends EngineHost {
  readonly #count: { starts: number; kill: () => void };

  constructor(options: EngineHostOptions = {}) {
    const real = spawnNode();
    const count = { starts: 0, kill: (): void => undefined };
    super({
      ...options,
      spawn: (handlers) => {
        count.starts++;
        const child = real(handlers);
        count.kill = () => child.kill();
        return child;
      },
    });
    this.#count = count;
  }

  get starts(): number {
    return this.#count.starts;
  }

  /** SIGKILL from outside, as a system short of memory would. */
  killFromOutside(): void {
    this.#count.kill();
  }
}

/** The typed failure of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof Error && error.name === 'StudioError') return error as unknown as Failure;
    throw error;
  }
  throw new Error(`expected a typed failure, got ${JSON.stringify(value)?.slice(0, 200)}`);
}
