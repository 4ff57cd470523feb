import { EngineError } from '../errors.ts';
import type { ProviderName } from '../types.ts';
import type { BuiltGraph } from './graph.ts';
import type { DataType } from './proto.ts';
import type * as Ort from 'onnxruntime-node';

/** The one place that talks to onnxruntime-node. */

/** A tensor; in ordinary memory unless `device` says otherwise. */
export interface HostTensor {
  readonly dataType: DataType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array | Uint16Array;
  /** Where it lies on the card; `data` is then empty. To be fed to runs on the same card, let go of with `letGo`, and good for as long as its session. */
  readonly device?: Ort.Tensor;
}

export interface SessionOptions {
  readonly provider: ProviderName;
  readonly threads: number;
  /** The folder under which the graph's external weights lie. */
  readonly externalRoot: string;
  /** Looks for the fastest kernels; off only in tests that compare optimisation levels. */
  readonly optimise?: boolean;
  /** Shapes of all inputs, where the session is for these alone. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Outputs that stay on the card: they are fed to a later run. WebGPU only. */
  readonly keep?: readonly string[];
}

export interface Session {
  readonly name: string;
  /** Runs the graph. Blocks the thread while it runs (runtime fact); RUNTIME errors come typed. */
  run(feeds: Readonly<Record<string, HostTensor>>, into?: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  release(): Promise<void>;
}

const ortType: Partial<Record<DataType, Ort.Tensor.Type>> = {
  f32: 'float32', i32: 'int32', i64: 'int64', u8: 'uint8', i8: 'int8', f16: 'float16', bool: 'bool',
};
const ownType = new Map(Object.entries(ortType).map(([own, theirs]) => [theirs, own as DataType]));

let runtime: typeof Ort | null = null;

/** Loads the native library at first use. RUNTIME_LOAD when it is missing or does not fit this system. */
export async function loadRuntime(): Promise<typeof Ort> {
  if (runtime) return runtime;
  try {
    const loaded = (await import('onnxruntime-node')) as unknown as typeof Ort & { default?: typeof Ort };
    runtime = loaded.default ?? loaded;
    return runtime;
  } catch (cause) {
    throw new EngineError('RUNTIME_LOAD', `ONNX Runtime could not be loaded on ${process.platform} ${process.arch}`, {
      platform: process.platform, arch: process.arch, reason: messageOf(cause),
    }, { cause });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const outOfMemoryPattern = /bad[_ ]alloc|out of memory|failed to allocate|allocat\w* (?:memory|buffer) of size|BFCArena/i;

function typedFailure(code: 'SESSION_CREATE' | 'GRAPH_INVALID', name: string, cause: unknown): EngineError {
  const reason = messageOf(cause);
  if (outOfMemoryPattern.test(reason)) {
    return new EngineError('OUT_OF_MEMORY', `not enough memory for the ${name} network`, { network: name, reason }, { cause, retryable: true });
  }
  const verb = code === 'SESSION_CREATE' ? 'could not be prepared' : 'failed while running';
  return new EngineError(code, `the ${name} network ${verb}: ${reason}`, { network: name, reason }, { cause });
}

/** Weights of one node may be larger than the 1 GiB at which the runtime stops folding casts (an LM head is). */
const FOLD_LIMIT_BYTES = 4 * 2 ** 30;

/** Makes a runnable session of a graph. SESSION_CREATE or OUT_OF_MEMORY naming the network. */
export async function createSession(graph: BuiltGraph, options: SessionOptions): Promise<Session> {
  const ort = await loadRuntime();
  let session: Ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(options.shapes ? graph.bytesFor(options.shapes) : graph.bytes, {
      executionProviders: [options.provider],
      graphOptimizationLevel: options.optimise === false ? 'disabled' : 'all',
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Every tensor is taken when it is needed and given back at its last use: memory is what lives, and a plan can foretell it (memory/liveness.ts).
      enableCpuMemArena: false,
      enableMemPattern: false,
      logSeverityLevel: 4,
      ...(options.keep === undefined || options.keep.length === 0 ? {} : { preferredOutputLocation: Object.fromEntries(graph.outputs.map(({ name }) => [name, options.keep?.includes(name) ? 'gpu-buffer' : 'cpu'] as const)) }),
      extra: {
        session: { model_external_initializers_file_folder_path: options.externalRoot, intra_op: { allow_spinning: '0' } },
        optimization: { constant_folding_max_output_size_in_bytes: `${FOLD_LIMIT_BYTES}` },
      },
    });
  } catch (cause) {
    throw typedFailure('SESSION_CREATE', graph.name, cause);
  }
  return wrap(ort, graph, session);
}

function wrap(ort: typeof Ort, graph: BuiltGraph, session: Ort.InferenceSession): Session {
  const toOrt = (tensor: HostTensor): Ort.Tensor =>
    tensor.device ?? new ort.Tensor(ortType[tensor.dataType] as 'float32', tensor.data as Float32Array, tensor.shape);
  return {
    name: graph.name,
    async run(feeds, into) {
      try {
        const inputs = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)]));
        const results = into
          ? await session.run(inputs, Object.fromEntries(graph.outputs.map(({ name }) => [name, into[name] ? toOrt(into[name]) : null])))
          : await session.run(inputs);
        return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, {
          dataType: ownType.get(tensor.type) ?? 'f32', shape: [...tensor.dims],
          // Asking such a tensor for its data ends the process (runtime fact).
          ...(tensor.location === 'gpu-buffer' ? { data: nowhere, device: tensor } : { data: tensor.data as Float32Array }),
        }]));
      } catch (cause) {
        throw typedFailure('GRAPH_INVALID', graph.name, cause);
      }
    },
    async release() {
      await session.release();
    },
  };
}

const nowhere = new Float32Array(0);

/** Gives back what a tensor takes of a card; nothing to do for one in ordinary memory. */
export function letGo(tensor: HostTensor): void {
  tensor.device?.dispose();
}

/** A float tensor from numbers already in place. */
export function f32Tensor(data: Float32Array, shape: readonly number[]): HostTensor {
  return { dataType: 'f32', shape, data };
}

/** An int32 tensor. */
export function i32Tensor(values: readonly number[], shape: readonly number[] = [values.length]): HostTensor {
  return { dataType: 'i32', shape, data: Int32Array.from(values) };
}

/** An int64 tensor from small integers. */
export function i64Tensor(values: ArrayLike<number>, shape: readonly number[] = [values.length]): HostTensor {
  return { dataType: 'i64', shape, data: BigInt64Array.from(Array.from(values), BigInt) };
}
