/** The engine process's side of the protocol: a queue in front of one engine. Knows neither fork nor Electron. */
import { toFailure, StudioError } from '../errors.ts';
import { parentMessageSchema, parseOr } from './messageSchemas.ts';
import { protocolVersion } from './protocol.ts';
import type { ChildMessage, Engine, EngineCall, EngineOptions, EstimatorOptions, Estimators, PackReport, PackTarget, ProgressEvent, ProviderName, ProviderReport, RunOptions } from './protocol.ts';

/** The two directions of whatever carries the messages. */
export interface Channel {
  send(message: ChildMessage): void;
  onMessage(listener: (message: unknown) => void): void;
}

export type CreateEngine = (dir: string, options: EngineOptions) => Promise<Engine>;
export type CreateEstimators = (dir: string, options: EstimatorOptions) => Promise<Estimators>;

/** What the process serves: the engine, and the small networks that need no loaded model. */
export interface Served {
  readonly createEngine: CreateEngine;
  readonly createEstimators: CreateEstimators;
  readonly testProvider?: (provider: ProviderName) => Promise<ProviderReport>;
  readonly packModel?: (dir: string, target: PackTarget, run: RunOptions) => Promise<PackReport>;
}

/** Answers calls one after the other until told to stop; `exit` is called once the engine is released. */
export function serveEngine({ createEngine, createEstimators, testProvider, packModel }: Served, channel: Channel, exit: () => void): void {
  let engine: Engine | undefined;
  let estimators: { readonly dir: string; readonly threads: number | null; readonly opened: Estimators } | undefined;
  let tail: Promise<void> = Promise.resolve();
  /** Calls that wait or run, by id. */
  const open = new Map<number, AbortController>();

  const fail = (id: number | null, error: unknown): void => channel.send({ type: 'failure', id, error: toFailure(error) });

  const loaded = (): Engine => {
    if (engine === undefined) throw new StudioError('MODEL_MISSING', 'No model is loaded.');
    return engine;
  };

  const release = async (): Promise<void> => {
    const old = engine;
    engine = undefined;
    await old?.dispose();
  };

  /** Kept between calls: making a session takes longer than running it. */
  const estimatorsOf = async (dir: string, threads: number | null): Promise<Estimators> => {
    if (estimators?.dir === dir && estimators.threads === threads) return estimators.opened;
    await estimators?.opened.dispose();
    estimators = undefined;
    const opened = await createEstimators(dir, threads === null ? {} : { threads });
    estimators = { dir, threads, opened };
    return opened;
  };

  const perform = async (call: EngineCall, run: Required<RunOptions>): Promise<unknown> => {
    switch (call.type) {
      case 'load':
        // Released first: two checkpoints at once may not fit.
        await release();
        run.onEvent({ type: 'stage', stage: 'load' });
        engine = await createEngine(call.dir, call.options);
        return engine.info;
      case 'generate': return loaded().generate(call.request, run);
      case 'understand': return loaded().understand(call.request, run);
      case 'estimate': {
        const opened = await estimatorsOf(call.dir, call.threads);
        return call.task === 'depth' ? opened.depthMap(call.image) : opened.detect(call.image);
      }
      case 'estimators': {
        // Looked at afresh: the folder may have gained a network since.
        const opened = await createEstimators(call.dir, {});
        await opened.dispose();
        return opened.has;
      }
      case 'probe':
        if (!testProvider) throw new StudioError('REQUEST_INVALID', 'This engine tests no providers.');
        return testProvider(call.provider);
      case 'pack':
        if (!packModel) throw new StudioError('REQUEST_INVALID', 'This engine packs no models.');
        return packModel(call.dir, call.target, run).catch((error: unknown) => { throw packFailure(error, call.target.packedDir); });
      case 'info': return loaded().info;
      case 'unload':
        await release();
        return null;
    }
  };

  const answer = async (call: EngineCall, signal: AbortSignal): Promise<void> => {
    let seq = 0;
    const onEvent = (event: ProgressEvent): void => channel.send({ type: 'event', id: call.id, seq: seq++, event });
    try {
      if (signal.aborted) throw new StudioError('CANCELLED', 'Cancelled before it began.');
      channel.send({ type: 'result', id: call.id, value: await perform(call, { onEvent, signal }) });
    } catch (error) {
      fail(call.id, error);
    } finally {
      open.delete(call.id);
    }
  };

  channel.onMessage((raw) => {
    let message;
    try {
      message = parseOr(parentMessageSchema, raw, 'IPC_INVALID', 'The engine process received a malformed message');
    } catch (error) {
      fail(readableId(raw), error);
      return;
    }
    switch (message.type) {
      case 'cancel':
        open.get(message.id)?.abort();
        return;
      case 'shutdown':
        for (const controller of open.values()) controller.abort();
        tail = tail.then(release).then(() => estimators?.opened.dispose()).finally(exit);
        return;
      default: {
        if (open.has(message.id)) {
          fail(message.id, new StudioError('IPC_INVALID', `Call ${message.id} is already open.`, { id: message.id }));
          return;
        }
        const call = message;
        const controller = new AbortController();
        open.set(call.id, controller);
        tail = tail.then(() => answer(call, controller.signal));
      }
    }
  });
  channel.send({ type: 'ready', protocol: protocolVersion });
}

/** What the disk said, in the contract's words. */
function packFailure(error: unknown, dir: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new StudioError('DISK_FULL', `No disk space for packed weights in ${dir}.`, { path: dir }, { retryable: true, cause: error });
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return new StudioError('REQUEST_INVALID', `Packed weights cannot be written to ${dir}: ${code}.`, { path: dir, reason: code }, { cause: error });
  return error;
}

function readableId(raw: unknown): number | null {
  if (typeof raw !== 'object' || raw === null || !('id' in raw)) return null;
  return Number.isSafeInteger(raw.id) && Number(raw.id) >= 0 ? Number(raw.id) : null;
}
