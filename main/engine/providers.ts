/** Which providers this machine has, what each computes rightly, and which one to use: found in a process of its own, and remembered. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { providerProbeSchema, type ProviderProbe, type ProvidersState } from '../../preload/contract/system.ts';
import type { Provider } from '../../preload/contract/generation.ts';
import { StudioError, toFailure } from '../errors.ts';
import { writeFileAtomic } from '../writeFile.ts';
import { EngineConnection } from './connection.ts';
import { providerReportSchema } from './messageSchemas.ts';
import type { ProviderReport } from './protocol.ts';
import type { SpawnEngine } from './spawnNode.ts';

export interface ProvidersOptions {
  readonly dataDir: string;
  readonly spawn: SpawnEngine;
  readonly platform?: NodeJS.Platform;
  /** How long a self-test may take. A software device takes 7 s. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

/** What a kernel may be off by, over its largest value: half precision stands at 4e-3. */
const tolerance = { matrixProduct: 1e-3, attention: 0.02, halfConvolution: 0.02 };

/** What ONNX Runtime is built with, by system. */
const known: Readonly<Record<string, readonly Provider[]>> = { linux: ['cpu', 'webgpu', 'cuda'], win32: ['cpu', 'webgpu', 'dml', 'cuda'], darwin: ['cpu', 'webgpu', 'coreml'] };

const storedSchema = z.object({ probes: z.array(z.unknown()) });

export class Providers {
  readonly #options: ProvidersOptions;
  readonly #file: string;
  readonly #probes = new Map<Provider, ProviderProbe>();
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(options: ProvidersOptions) {
    this.#options = options;
    this.#file = join(options.dataDir, 'providers.json');
  }

  /** Reads what was found before; what cannot be read is forgotten. */
  static async open(options: ProvidersOptions): Promise<Providers> {
    const providers = new Providers(options);
    const text = await readFile(providers.#file, 'utf8').catch(() => '');
    for (const entry of readStored(text)) {
      const probe = providerProbeSchema.safeParse(entry);
      // A test that was under way when the studio ended took it down, or was cut off: either way it is not tried again unasked.
      if (probe.success) providers.#probes.set(probe.data.provider, probe.data.state === 'testing' ? { ...probe.data, state: 'crashed', reason: 'The studio ended while this was tested.' } : probe.data);
    }
    return providers;
  }

  state(): ProvidersState {
    const probes = this.#known().map((provider) => this.#probes.get(provider) ?? untested(provider));
    const { provider, reason } = choose(probes);
    return { probes, chosen: provider, reason };
  }

  /** Tests one, also one that crashed before: somebody asked for it. Never throws for what the provider does. DISK_FULL. */
  probe(provider: Provider): Promise<ProvidersState> {
    if (!this.#known().includes(provider)) {
      return Promise.reject(new StudioError('REQUEST_INVALID', `There is no ${provider} on this system.`, { provider, known: [...this.#known()] }));
    }
    // One at a time: two on one card disturb each other's timing.
    const next = this.#tail.then(async () => {
      const at = (this.#options.now ?? Date.now)();
      // On disk first: what takes the whole studio down must not do so at every start.
      await this.#store({ ...untested(provider), state: 'testing', testedAt: at });
      await this.#store({ ...(await this.#test(provider)), testedAt: at });
      return this.state();
    });
    this.#tail = next.catch(() => undefined);
    return next;
  }

  #known(): readonly Provider[] {
    return known[this.#options.platform ?? process.platform] ?? ['cpu'];
  }

  async #test(provider: Provider): Promise<ProviderProbe> {
    const { spawn, timeoutMs = 90_000 } = this.#options;
    let connection: EngineConnection | undefined;
    try {
      connection = await EngineConnection.open(spawn, 60_000);
      const signal = AbortSignal.timeout(timeoutMs);
      const report = await connection.call({ type: 'probe', provider }, providerReportSchema, 0, { signal }).catch((error: unknown) => {
        throw signal.aborted ? new StudioError('ENGINE_CRASHED', `It did not answer within ${Math.round(timeoutMs / 1000)} s.`, { reason: 'hung' }) : error;
      });
      return judged(report);
    } catch (error) {
      const { code, message } = toFailure(error);
      const crashed = code === 'ENGINE_CRASHED' || code === 'OUT_OF_MEMORY' || code === 'IPC_INVALID' || code === 'CANCELLED';
      return { ...untested(provider), state: crashed ? 'crashed' : 'absent', reason: message.slice(0, 500) };
    } finally {
      await connection?.close(2_000);
    }
  }

  async #store(probe: ProviderProbe): Promise<void> {
    this.#probes.set(probe.provider, probe);
    await writeFileAtomic(this.#file, Buffer.from(`${JSON.stringify({ probes: [...this.#probes.values()] }, null, 2)}\n`));
  }
}

function readStored(text: string): readonly unknown[] {
  try {
    return storedSchema.parse(JSON.parse(text)).probes;
  } catch {
    return [];
  }
}

function untested(provider: Provider): ProviderProbe {
  return { provider, state: 'untested', reason: null, testedAt: null, report: null, attention: null };
}

/** Right where its matrix products and one form of attention are. */
function judged(report: ProviderReport): ProviderProbe {
  const { provider, matrixProduct, fusedAttention, decomposedAttention, halfConvolution, gigaflops } = report;
  const right = (error: number | null, limit: number): boolean => error !== null && error <= limit;
  const attention = right(fusedAttention, tolerance.attention) ? 'fused' : right(decomposedAttention, tolerance.attention) ? 'decomposed' : null;
  const faults = [
    right(matrixProduct, tolerance.matrixProduct) ? '' : 'its matrix products are wrong',
    attention === null ? 'its attention is wrong' : attention === 'decomposed' ? 'its fused attention is wrong, so it is written out' : '',
    right(halfConvolution, tolerance.halfConvolution) ? '' : 'its half-precision convolutions are wrong or missing',
  ].filter(Boolean);
  const usable = right(matrixProduct, tolerance.matrixProduct) && attention !== null;
  const numbers = { matrixProduct, fusedAttention, decomposedAttention, halfConvolution, gigaflops };
  return { provider, state: usable ? 'right' : 'wrong', reason: faults.length === 0 ? null : `${faults.join('; ').replace(/^./, (first) => first.toUpperCase())}.`, testedAt: null, report: numbers, attention };
}

/** The fastest of those that compute rightly; the processor where nothing else was found. */
function choose(probes: readonly ProviderProbe[]): { readonly provider: Provider; readonly reason: string } {
  const right = probes.filter(({ state, report }) => state === 'right' && report !== null).sort((a, b) => (b.report?.gigaflops ?? 0) - (a.report?.gigaflops ?? 0));
  const [best, second] = right;
  if (!best) {
    const tried = probes.some(({ state }) => state !== 'untested');
    return { provider: 'cpu', reason: tried ? 'The processor: nothing was found to compute rightly in its test.' : 'The processor works everywhere. Test the others to find what is fastest here.' };
  }
  const speed = (probe: ProviderProbe): string => `${Math.round(probe.report?.gigaflops ?? 0)} GFLOP/s`;
  return { provider: best.provider, reason: second ? `The fastest that computes rightly: ${speed(best)}, the next one ${speed(second)}.` : 'The only one that was found to compute rightly.' };
}
