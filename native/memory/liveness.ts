/** Which tensors of a graph are in memory at the same time, as ONNX Runtime's CPU provider runs it. */
import type { BuiltGraph, NodeRecord, Value } from '../onnx/graph.ts';
import { bindShapes, bytesOf, countOf, type Bindings } from './shapes.ts';

/** Asking for memory, or giving back what was asked for under that id. */
export type MemoryEvent = { readonly id: number; readonly bytes: number } | { readonly id: number; readonly bytes: 'free' };

/** The same bytes under another shape. */
const views = new Set(['Reshape', 'Unsqueeze', 'Squeeze', 'Identity']);
/** Kernels that write over an input which nobody else needs. */
const inPlace = new Set(['Add', 'Mul', 'Sub', 'Div', 'Sigmoid', 'Clip', 'Softmax', 'Abs']);

/** Nodes whose output has dimensions that the runtime cannot name before it runs, even where its inputs' are known. */
function losesShape({ opType, inputs, outputs }: NodeRecord, { initializers }: BuiltGraph): boolean {
  const [shape] = outputs.map((value) => value.shape);
  if (shape?.every((dim) => typeof dim === 'number')) return false;
  switch (opType) {
    case 'Conv': case 'Resize': case 'Slice': case 'Concat': return true;
    case 'Reshape': {
      const target = initializers.get(inputs[1] as string)?.data;
      return target?.kind !== 'inline' || new BigInt64Array(target.bytes.buffer, target.bytes.byteOffset, target.bytes.length / 8).includes(-1n);
    }
    default: return false;
  }
}

/** Values whose shape the runtime knows by number or name: it writes in place over these alone. */
function namedShapes(graph: BuiltGraph, folded: ReadonlySet<string>): Set<string> {
  const named = new Set([...folded, ...graph.inputs.map(({ name }) => name)]);
  for (const node of graph.nodes) {
    if (losesShape(node, graph) || !node.inputs.every((name) => name === '' || named.has(name))) continue;
    for (const { name } of node.outputs) named.add(name);
  }
  return named;
}

/** A buffer and the names under which it is known. */
interface Buffer {
  readonly id: number;
  readonly bytes: number;
  users: number;
}

/** Names that depend on initializers alone are folded when the session is made. */
function foldedNames({ nodes, initializers }: BuiltGraph): Set<string> {
  const folded = new Set(initializers.keys());
  for (const { inputs, outputs } of nodes) {
    if (inputs.every((name) => name === '' || folded.has(name))) outputs.forEach(({ name }) => folded.add(name));
  }
  return folded;
}

/** x·sigmoid(x) becomes one kernel: the sigmoid's output never exists. */
function fusedSigmoids(nodes: readonly NodeRecord[]): Map<string, string> {
  const fused = new Map<string, string>();
  const sigmoids = new Map(nodes.filter(({ opType }) => opType === 'Sigmoid').map(({ inputs, outputs }) => [(outputs[0] as Value).name, inputs[0] as string]));
  for (const { opType, inputs } of nodes) {
    if (opType !== 'Mul') continue;
    const [a, b] = inputs as [string, string];
    if (sigmoids.get(b) === a) fused.set(b, a);
  }
  return fused;
}

/** A graph as it is run: what is left of it once constants are folded and pairs of nodes are one kernel. */
export interface Execution {
  readonly live: readonly NodeRecord[];
  readonly values: ReadonlyMap<string, Value>;
  /** Of a node, what it reads that is no constant. */
  readonly inputsOf: (node: NodeRecord) => string[];
  /** How often each value is read; outputs of the graph once more. */
  readonly uses: ReadonlyMap<string, number>;
  /** Values whose shapes the runtime knows before it runs. */
  readonly named: ReadonlySet<string>;
  readonly isView: (node: NodeRecord) => boolean;
}

export function executionOf(graph: BuiltGraph): Execution {
  const folded = foldedNames(graph);
  const fused = fusedSigmoids(graph.nodes);
  const values = new Map<string, Value>([...graph.inputs, ...graph.initializers.values(), ...graph.nodes.flatMap(({ outputs }) => outputs)].map((value) => [value.name, value]));
  const uses = new Map<string, number>();
  const inputsOf = ({ inputs }: NodeRecord): string[] => inputs.filter((name) => name !== '' && !folded.has(name)).map((name) => fused.get(name) ?? name);
  const live = graph.nodes.filter(({ outputs }) => outputs.some(({ name }) => !folded.has(name) && !fused.has(name)));
  for (const node of live) for (const name of inputsOf(node)) uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const { name } of graph.outputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  return { live, values, inputsOf, uses, named: namedShapes(graph, folded), isView: ({ opType }) => views.has(opType) };
}

/** Every allocation of one run in its order. Inputs are the caller's; outputs stay until the caller lets go of them. */
export function memoryEvents(graph: BuiltGraph, bindings: Bindings): MemoryEvent[] {
  const events: MemoryEvent[] = [];
  const { live, values, inputsOf, uses, named } = executionOf(graph);

  const buffers = new Map<string, Buffer>();
  let nextId = 0;
  const allocate = (bytes: number, users: number): Buffer => {
    const buffer = { id: nextId++, bytes, users };
    events.push({ id: buffer.id, bytes });
    return buffer;
  };
  const release = (buffer: Buffer | undefined): void => {
    if (buffer && --buffer.users === 0) events.push({ id: buffer.id, bytes: 'free' });
  };
  for (const node of live) {
    const names = inputsOf(node);
    const outputs = node.outputs.map((value) => ({ value, bytes: bytesOf(value, bindings), users: uses.get(value.name) ?? 0 }));
    const [first] = outputs;
    const isView = views.has(node.opType);
    const source = isView ? buffers.get(names[0] as string)
      : inPlace.has(node.opType) && first && named.has(first.value.name) ? names.map((name) => buffers.get(name)).find((buffer, i) => buffer?.users === uses1(names, i) && buffer.bytes === first.bytes) : undefined;
    if (source && first) {
      source.users += first.users;
      buffers.set(first.value.name, source);
    } else if (!isView || buffers.has(names[0] as string)) {
      for (const { value, bytes, users } of outputs) buffers.set(value.name, allocate(bytes, Math.max(1, users)));
    }
    const scratch = scratchBytes(node, values, bindings).map((bytes) => allocate(bytes, 1));
    for (const buffer of scratch.reverse()) release(buffer);
    for (const name of names) release(buffers.get(name));
    // What nobody reads (the log variance of a posterior, say) goes at once.
    for (const { value, users } of outputs) if (users === 0 && !source) release(buffers.get(value.name));
  }
  return events;
}

/** How often the same name stands among a node's inputs. */
function uses1(names: readonly string[], index: number): number {
  return names.filter((name) => name === names[index]).length;
}

/** What a kernel asks for while it runs. */
function scratchBytes({ opType, inputs }: NodeRecord, values: ReadonlyMap<string, Value>, bindings: Bindings): number[] {
  const value = (index: number): Value => values.get(inputs[index] as string) as Value;
  const count = (index: number): number => countOf(value(index).shape, bindings);
  switch (opType) {
    // Heads first: queries, keys and values are copied.
    case 'MultiHeadAttention': return [4 * count(0), 4 * count(1), 4 * count(2)];
    // Activations quantised to a byte each.
    case 'DynamicQuantizeMatMul': return [count(0)];
    case 'MatMulNBits': return [count(0) + (4 * count(0)) / 32];
    default: return [];
  }
}

/** The most that is allocated at one time. */
export function peakBytes(events: readonly MemoryEvent[]): number {
  const sizes = new Map<number, number>();
  let [now, peak] = [0, 0];
  for (const { id, bytes } of events) {
    if (bytes === 'free') now -= sizes.get(id) as number;
    else {
      sizes.set(id, bytes);
      now += bytes;
    }
    peak = Math.max(peak, now);
  }
  return peak;
}

/** Dimensions that an input's value names rather than its shape. */
export type Fed = Readonly<Record<string, { readonly data: ArrayLike<number | bigint> }>>;

/** What cannot be read off shapes. A cache that is written in place is its owner's. */
export function dimsByValue(feeds: Fed): Readonly<Record<string, number>> {
  const target = feeds.target_count?.data[0];
  return { T: 0, ...(target === undefined ? {} : { n: Number(target) }) };
}

/** The most memory that one run of a graph works in, apart from its weights. `others`: dimensions that follow from a value. */
export function workBytes(graph: BuiltGraph, shapes: Readonly<Record<string, readonly number[]>>, others: Readonly<Record<string, number>> = dimsByValue({})): number {
  return peakBytes(memoryEvents(graph, bindShapes(graph, shapes, others)));
}
