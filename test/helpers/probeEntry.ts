/** An engine process whose providers misbehave on a test: PROBE_HOW says how. */
import { serveParent } from '../../main/engine/childProcess.ts';
import type { ProviderReport } from '../../main/engine/protocol.ts';

const right = { matrixProduct: 1e-7, fusedAttention: 2e-7, decomposedAttention: 2e-7, halfConvolution: 2e-3, gigaflops: 100 };

const absent = (): Promise<never> => Promise.reject(new Error('no model here'));

async function test(provider: ProviderReport['provider']): Promise<ProviderReport> {
  if (provider === 'cpu') return { provider, ...right, gigaflops: 50 };
  switch (process.env['PROBE_HOW']) {
    case 'abort': return process.abort();
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return new Promise(() => undefined);
    case 'hang': for (;;);
    case 'garbage': return { provider, matrixProduct: 'good' } as never;
    case 'nonsense':
      process.send?.({ type: 'dance' });
      return new Promise(() => undefined);
    case 'missing': throw Object.assign(new Error('no such device'), { name: 'EngineError', code: 'SESSION_CREATE', details: {}, retryable: false });
    case 'wrong attention': return { provider, ...right, fusedAttention: 0.3 };
    case 'wrong product': return { provider, ...right, matrixProduct: 0.3 };
    default: return { provider, ...right };
  }
}

serveParent({ createEngine: absent, createEstimators: absent, testProvider: test });
