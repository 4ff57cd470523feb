/** An engine process whose engine is a puppet: the prompt says how it behaves. Everything around the engine is the real code. */
import { serveParent } from '../../main/engine/childProcess.ts';
import type { Engine, EngineOptions, GenerateRequest, GenerateResult, ModelInfo, RunOptions, UnderstandRequest, UnderstandResult } from '../../main/engine/protocol.ts';

const macrotask = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function typed(code: string, message: string): Error {
  return Object.assign(new Error(message), { name: 'EngineError', code, details: { from: 'fake' }, retryable: false });
}

function block(ms: number): void {
  const end = Date.now() + ms;
  while (Date.now() < end);
}

async function misbehave(how: string): Promise<void> {
  switch (how) {
    case 'abort': return process.abort();
    case 'sigkill':
      process.kill(process.pid, 'SIGKILL');
      return macrotask(10_000);
    case 'exit': return process.exit(3);
    case 'throw later':
      setTimeout(() => { throw new Error('thrown outside of any call'); });
      return macrotask(10_000);
    case 'heap': {
      const hoard: unknown[] = [];
      for (;;) hoard.push(new Array(1e5).fill(Math.random()));
    }
     
    case 'bad_alloc':
      process.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n", () => process.abort());
      return macrotask(10_000);
    case 'card out of memory':
      // The runtime says so and goes on.
      process.stderr.write('[E:onnxruntime] WebGPU device err');
      await macrotask(50);
      process.stderr.write('or(3): vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY\n');
      return macrotask(20_000);
    case 'hang': return block(120_000);
    case 'never': return new Promise(() => setInterval(() => undefined, 1000));
    case 'nonsense message':
      process.send?.({ type: 'event', id: 'seven', event: { type: 'dance' } });
      return macrotask(10_000);
    case 'nonsense text':
      process.send?.('hello');
      return macrotask(10_000);
    case 'out of memory': throw typed('OUT_OF_MEMORY', 'The runtime could not allocate.');
    case 'bare error': throw new Error('an assumption was wrong');
  }
}

class PuppetEngine implements Engine {
  readonly info: ModelInfo;

  constructor(dir: string, options: EngineOptions) {
    this.info = {
      dir, name: 'puppet', modelHash: '0'.repeat(64), parameters: 1, weightBytes: process.pid, dtypes: ['F32'], contextImages: 1,
      sizes: [[64, 64]], defaults: { steps: 4, txtCfg: 5, imgCfg: 1.5 }, tasks: [],
      reproduce: { engineVersion: '0', provider: 'cpu', precision: options.precision ?? 'fp32', threads: options.threads ?? 1, attention: 'fused', modelHash: '0'.repeat(64) },
    };
  }

  async generate(request: GenerateRequest, run: RunOptions = {}): Promise<GenerateResult> {
    await misbehave(request.prompt);
    const steps = request.steps ?? 3;
    const data = new Uint8Array(12).fill(7);
    run.onEvent?.({ type: 'stage', stage: 'denoise' });
    for (let step = 1; step <= steps; step++) {
      await macrotask();
      if (run.signal?.aborted) throw typed('CANCELLED', `Cancelled after step ${step - 1}.`);
      if (request.prompt === 'slow') await macrotask(50);
      run.onEvent?.({ type: 'step', step, steps, stepMs: 1, leftMs: steps - step });
      if (request.previewEvery) run.onEvent?.({ type: 'preview', step, image: { width: 2, height: 2, data } });
    }
    // The smallest size that a request may ask for: what is recalled from a result must be a request again.
    const image = 'image' in request ? request.image : 'map' in request ? request.map : { width: 16, height: 16, data: new Uint8Array(16 * 16 * 3).fill(7) };
    if (request.prompt === 'malformed result') return { image: { width: 3, height: 3, data } } as GenerateResult;
    return { image, seed: request.seed ?? 42, steps, txtCfg: request.txtCfg ?? 5, imgCfg: 'imgCfg' in request ? (request.imgCfg ?? 1.5) : 1.5, timingsMs: { denoise: 1 }, reproduce: this.info.reproduce };
  }

  async understand(request: UnderstandRequest, run: RunOptions = {}): Promise<UnderstandResult> {
    await misbehave(request.prompt);
    const words = ['It ', 'is ', 'a ', 'red ', 'cube.'];
    for (const [index, text] of words.entries()) {
      await macrotask();
      if (run.signal?.aborted) throw typed('CANCELLED', 'Cancelled.');
      run.onEvent?.({ type: 'token', text, index });
    }
    return { text: words.join(''), tokens: words.length, stopReason: 'eos', timingsMs: { understand: 1 } };
  }

  async dispose(): Promise<void> {}
}

if (process.env['FAKE_ENGINE'] === 'dies at start') process.exit(7);
if (process.env['FAKE_ENGINE'] === 'silent') setInterval(() => undefined, 1000);
else {
  serveParent({
    createEngine: async (dir, options) => {
      if (dir.endsWith('broken')) throw typed('CONFIG_INVALID', 'config.json: hidden_size is missing');
      await misbehave(process.env['FAKE_ENGINE_LOAD'] ?? '');
      return new PuppetEngine(dir, options);
    },
    // Inverts the picture instead of measuring it: enough to see that it went there and back.
    createEstimators: async (dir) => ({
      has: { detector: !dir.endsWith('broken'), depth: !dir.endsWith('broken') },
      detect: async () => ({ things: [], floor: 'wood', sky: 'day' }),
      depthMap: async (image) => ({ ...image, data: image.data.map((value) => 255 - value) }),
      dispose: async () => undefined,
    }),
  });
}
