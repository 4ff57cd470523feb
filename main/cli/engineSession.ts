/** One command's use of the engine process: started, loaded, interruptible, ended. */
import { EngineHost } from '../engine/host.ts';
import { cancelled } from '../errors.ts';
import { defined, type Arguments, type OptionSpec } from './arguments.ts';
import type { Io } from './io.ts';
import { chosenModel } from './modelDir.ts';
import { ProgressBar } from './progress.ts';
import type { EngineOptions, ModelInfo, RunOptions } from '../engine/protocol.ts';

export const engineOptionSpecs: readonly OptionSpec[] = [
  { name: 'model', value: 'MODEL', help: 'Checkpoint folder, or a name of models list (default: the built-in Toybox)' },
  { name: 'precision', value: 'P', help: 'fp32, fp16, int8, q4 or q4b128 (default: what was chosen for the model, else fp32)' },
  { name: 'threads', value: 'N', help: 'CPU threads (default: all cores)' },
  { name: 'provider', value: 'P', help: 'cpu, webgpu, cuda, dml or coreml' },
  { name: 'attention', value: 'V', help: 'auto, fused or decomposed' },
];

export function engineOptions(args: Arguments): EngineOptions {
  return defined({
    threads: args.number('threads'),
    provider: args.choice('provider', ['cpu', 'webgpu', 'cuda', 'dml', 'coreml']),
    precision: args.choice('precision', ['fp32', 'fp16', 'int8', 'q4', 'q4b128']),
    attention: args.choice('attention', ['auto', 'fused', 'decomposed']),
  });
}

export interface EngineSession {
  readonly host: EngineHost;
  readonly model: ModelInfo;
  readonly progress: ProgressBar;
  /** Hand these to every run: progress, and a stop between steps at Ctrl-C. */
  readonly run: Required<Pick<RunOptions, 'onEvent' | 'signal'>>;
}

/** Work elsewhere that a Ctrl-C stops after its step; a second one gives up waiting. */
export async function interruptible<T>(args: Arguments, io: Io, work: (run: { readonly progress: ProgressBar; readonly signal: AbortSignal }) => Promise<T>): Promise<T> {
  const progress = new ProgressBar(io.stderr, args.flag('quiet'));
  const abort = new AbortController();
  const gaveUp = Promise.withResolvers<never>();
  const unsubscribe = io.onInterrupt(() => {
    if (abort.signal.aborted) gaveUp.reject(cancelled());
    progress.say('Stopping after this step. Ctrl-C again stops at once.');
    abort.abort();
  });
  try {
    return await Promise.race([work({ progress, signal: abort.signal }), gaveUp.promise]);
  } finally {
    progress.end();
    unsubscribe();
  }
}

/** Loads the model and hands it to `use`; the engine process is gone when this returns. The second Ctrl-C ends it in mid-step. */
export async function withEngine<T>(args: Arguments, io: Io, use: (session: EngineSession) => Promise<T>): Promise<T> {
  const options = engineOptions(args);
  const progress = new ProgressBar(io.stderr, args.flag('quiet'));
  const host = new EngineHost({ spawn: io.spawn, idleTimeoutMs: 0, shutdownGraceMs: 2_000 });
  const abort = new AbortController();
  const unsubscribe = io.onInterrupt(() => {
    if (abort.signal.aborted) host.kill();
    else {
      progress.say('Stopping after this step. Ctrl-C again stops at once.');
      abort.abort();
    }
  });
  const run = { onEvent: progress.onEvent, signal: abort.signal };
  try {
    const { dir, ...chosen } = await chosenModel(args.text('model'), args.text('data') ?? io.dataDir);
    const model = await host.load(dir, { ...chosen, ...options }, run);
    if (abort.signal.aborted) throw cancelled();
    return await use({ host, model, progress, run });
  } finally {
    progress.end();
    unsubscribe();
    await host.dispose();
  }
}
