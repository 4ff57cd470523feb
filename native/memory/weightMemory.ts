/** What a network's weights take once its session is made, and while it is being made, on ONNX Runtime's CPU provider. */
import type { BuiltGraph, Value } from '../onnx/graph.ts';
import { bytesOf } from './shapes.ts';

/**
 * Bytes of private memory. Blocks below a megabyte share a heap that keeps its largest size for good; larger ones go back to the
 * system one by one (the engine's process is started so: see main/engine/allocator.ts).
 */
export interface WeightMemory {
  /** Of the finished session. */
  readonly held: number;
  /** The most while it is made. */
  readonly loading: number;
  /** Of `held` and of `loading`, what lies in small blocks. */
  readonly heldSmall: number;
  readonly loadingSmall: number;
  /** Bytes of the weight files that it reads in place: mapped, and given back by the system when memory is short. */
  readonly mapped: number;
}

const smallBlock = 2 ** 20;

/** A session's own tables, beside its weights. */
const sessionBytes = 4 * 2 ** 20;
/** Quantising inside the graph, at its largest, for each weight; seen on layers of the real size. Weights packed ahead do without. */
const quantisingBytes = { int8: 9, q4: 38.5 };

/** A constant as a kernel wants it. */
interface Constant {
  readonly bytes: number;
  /** As folded from what is stored; 0 where the file's own bytes will do. */
  readonly folded: number;
  /** The kernel's own copy; 0 where it reads the constant itself. */
  readonly copied: number;
  readonly way: 'packed' | 'reordered' | 'read';
}

/** Matrix kernels round the columns up to whole panels. */
const panels = (columns: number): number => Math.ceil(columns / 16) * 16;

function copyOf(opType: string, index: number, value: Value): number {
  const shape = value.shape as readonly number[];
  const [first, second] = shape as [number, number];
  switch (opType) {
    // Stored [out, in].
    case 'Gemm': return index === 1 ? second * panels(first) * 4 : 0;
    case 'MatMul': return index === 1 && shape.length === 2 ? first * panels(second) * 4 : 0;
    case 'DynamicQuantizeMatMul': return index === 1 ? first * panels(second) + 4 * panels(second) : 0;
    // Levels [out, blocks, half a block's bytes] with a scale and a sum of each block.
    case 'MatMulNBits': return index === 1 ? first * second * ((shape[2] as number) + 8) : 0;
    default: return 0;
  }
}

function constantsOf(graph: BuiltGraph): Constant[] {
  const values = new Map<string, Value>(graph.nodes.flatMap(({ outputs }) => outputs).map((value) => [value.name, value]));
  const folded = new Set<string>();
  const constants = new Map<string, Constant>();
  for (const { opType, inputs, outputs } of graph.nodes) {
    if (inputs.every((name) => name === '' || folded.has(name) || graph.initializers.has(name))) {
      outputs.forEach(({ name }) => folded.add(name));
      continue;
    }
    inputs.forEach((name, index) => {
      const stored = graph.initializers.get(name);
      if (constants.has(name) || (!stored && !folded.has(name))) return;
      const value: Value = stored ?? (values.get(name) as Value);
      const bytes = bytesOf(value, new Map());
      const reordered = opType === 'Conv' && index === 1;
      const copied = reordered ? bytes : copyOf(opType, index, value);
      constants.set(name, { bytes, folded: stored?.data.kind === 'external' ? 0 : bytes, copied, way: reordered ? 'reordered' : copied > 0 ? 'packed' : 'read' });
    });
  }
  return [...constants.values()];
}

/** What quantising inside the graph takes beside the weights themselves; all matrices are at it together. */
function quantising(graph: BuiltGraph): Amount {
  const levels = new Map(graph.nodes.flatMap(({ outputs }) => outputs).map((value) => [value.name, value]));
  let taken = nothing;
  for (const { opType, inputs } of graph.nodes) {
    const kind = opType === 'DynamicQuantizeMatMul' ? 'int8' : opType === 'MatMulNBits' ? 'q4' : null;
    const value = kind && levels.get(inputs[1] as string);
    if (!kind || !value) continue;
    const weights = bytesOf(value, new Map()) * (kind === 'q4' ? 2 : 1);
    taken = plus(taken, { bytes: weights * quantisingBytes[kind], small: 4 * weights < smallBlock ? weights * quantisingBytes[kind] : 0 });
  }
  return taken;
}

/** Bytes, and those of them in small blocks. */
interface Amount {
  readonly bytes: number;
  readonly small: number;
}

const nothing: Amount = { bytes: 0, small: 0 };
const block = (bytes: number): Amount => ({ bytes, small: bytes < smallBlock ? bytes : 0 });
const plus = (a: Amount, b: Amount, sign = 1): Amount => ({ bytes: a.bytes + sign * b.bytes, small: a.small + sign * b.small });
const larger = (a: Amount, b: Amount): Amount => ({ bytes: Math.max(a.bytes, b.bytes), small: Math.max(a.small, b.small) });

/** The same on a graphics card, of its own memory: every constant as a kernel reads it, once. What the processor holds meanwhile is not in it. */
export function cardWeights(graph: BuiltGraph): WeightMemory {
  const held = constantsOf(graph).reduce((total, { bytes }) => total + bytes, 0);
  return { held, loading: held, heldSmall: 0, loadingSmall: 0, mapped: 0 };
}

export function weightMemory(graph: BuiltGraph): WeightMemory {
  const constants = constantsOf(graph);
  const sum = (pick: (constant: Constant) => number): Amount => constants.reduce((total, constant) => plus(total, block(pick(constant))), nothing);
  const own: Amount = { bytes: sessionBytes, small: sessionBytes };
  const held = plus(own, sum(({ folded, copied, way }) => (way === 'read' ? folded : copied)));
  // Everything is folded first; convolutions are all reordered next, beside their originals; then one matrix after the other is packed and dropped.
  let now = plus(plus(own, sum(({ folded }) => folded)), sum(({ copied, way }) => (way === 'reordered' ? copied : 0)));
  let loading = now;
  now = plus(now, sum(({ folded, way }) => (way === 'reordered' ? folded : 0)), -1);
  for (const { folded, copied, way } of constants) {
    if (way !== 'packed') continue;
    now = plus(now, block(copied));
    loading = larger(loading, now);
    now = plus(now, block(folded), -1);
  }
  loading = larger(held, plus(loading, quantising(graph)));
  const mapped = [...graph.initializers.values()].reduce((total, { data }) => total + (data.kind === 'external' ? data.byteLength : 0), 0);
  return { held: held.bytes, loading: loading.bytes, heldSmall: held.small, loadingSmall: loading.small, mapped };
}
