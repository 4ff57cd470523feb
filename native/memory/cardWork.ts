/** What a network works in on a graphics card, as ONNX Runtime's WebGPU provider runs it. */
import type { BuiltGraph, NodeRecord, Value } from '../onnx/graph.ts';
import { LARGEST_KEPT, type CardPool } from './cardPool.ts';
import { executionOf, type Execution } from './liveness.ts';
import { bindShapes, bytesOf, type Bindings } from './shapes.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;

/** One kernel: what it reads, and what it writes. */
interface Step {
  readonly reads: readonly string[];
  readonly writes: readonly Written[];
  /** The same bytes under another shape. */
  readonly view: boolean;
}

interface Written {
  readonly name: string;
  readonly bytes: number;
  /** Of values that may lie in one another's place: the runtime knows their shapes ahead, and they are the same. Null where it does not know. */
  readonly shape: string | null;
}

/** Convolutions read and write with the channels last, between two copies. */
function stepsOf({ live, inputsOf, named, isView, values }: Execution, bindings: Bindings, fixed: boolean): Step[] {
  const written = (value: Value, name = value.name): Written => {
    const shape = value.shape.map((dim) => (fixed ? bytesOf({ ...value, shape: [dim] }, bindings) : dim)).join(',');
    return { name, bytes: bytesOf(value, bindings), shape: fixed || named.has(value.name) ? `${value.dataType} ${shape}` : null };
  };
  return live.flatMap((node: NodeRecord): Step[] => {
    const reads = inputsOf(node);
    const [output] = node.outputs as [Value];
    if (node.opType !== 'Conv') return [{ reads, writes: node.outputs.map((value) => written(value)), view: isView(node) }];
    const [from, to] = [`${output.name}/in`, `${output.name}/out`];
    const input = values.get(reads[0] as string) as Value;
    return [
      { reads: [input.name], writes: [{ ...written(input, from), shape: fixed ? `last ${input.shape.join(',')}` : null }], view: false },
      { reads: [from, ...reads.slice(1)], writes: [{ ...written(output, to), shape: fixed ? `last ${output.shape.join(',')}` : null }], view: false },
      { reads: [to], writes: [written(output)], view: false },
    ];
  });
}

/** A buffer that values lie in, one after the other. */
interface Place {
  readonly bytes: number;
  /** How often what lies in it now will still be read. */
  readers: number;
  /** The step after which nothing lies in it any more. */
  last: number;
}

/** Where the runtime lets every value lie: one that begins may lie where one of the same shape has ended. */
function placesOf(steps: readonly Step[], outputs: ReadonlySet<string>): (readonly Place[])[] {
  const readers = new Map<string, number>();
  for (const { reads } of steps) for (const name of reads) readers.set(name, (readers.get(name) ?? 0) + 1);
  for (const name of outputs) readers.set(name, Infinity);
  const places = new Map<string, { readonly place: Place; readonly shape: string | null }>();
  const ended = new Map<string, Place[]>();
  return steps.map(({ reads, writes, view }, at) => {
    const begun: Place[] = [];
    for (const { name, bytes, shape } of writes) {
      const viewed = view ? places.get(reads[0] as string) : undefined;
      // A view of an input of the network, which is the caller's.
      if (view && !viewed) continue;
      const place = viewed?.place ?? (shape === null ? undefined : ended.get(shape)?.pop()) ?? { bytes, readers: 0, last: at };
      if (place.last === at && place.readers === 0 && !viewed) begun.push(place);
      place.readers += readers.get(name) ?? 0;
      place.last = Math.max(place.last, at);
      places.set(name, { place, shape: viewed?.shape ?? shape });
    }
    for (const name of reads) {
      const known = places.get(name);
      if (!known) continue;
      known.place.last = at;
      if (--known.place.readers === 0 && known.shape !== null) ended.set(known.shape, [...(ended.get(known.shape) ?? []), known.place]);
    }
    return begun;
  });
}

/**
 * Runs a network's buffers through the device's; `pool.peak()` tells the most. Weights are not in it.
 * @param fixed the session is for these shapes alone
 */
export function workOnCard(pool: CardPool, graph: BuiltGraph, shapes: Shapes, others: Readonly<Record<string, number>>, fixed: boolean): void {
  const bindings = bindShapes(graph, shapes, others);
  const steps = stepsOf(executionOf(graph), bindings, fixed);
  const begun = placesOf(steps, new Set(graph.outputs.map(({ name }) => name)));
  const ends = new Map<number, Place[]>();
  for (const place of begun.flat()) if (place.readers !== Infinity) ends.set(place.last, [...(ends.get(place.last) ?? []), place]);
  const sizes = new Map<Place, number>();
  const inputs = graph.inputs.map((value) => pool.take(bytesOf(value, bindings)));
  steps.forEach((_, at) => {
    for (const place of begun[at] as readonly Place[]) sizes.set(place, pool.take(place.bytes));
    for (const place of ends.get(at) ?? []) {
      pool.release(sizes.get(place) as number);
      sizes.delete(place);
    }
  });
  for (const size of [...inputs, ...sizes.values()]) pool.release(size);
  pool.finish();
}

/** Whether a value of this run is too large for the provider to use its buffer again: then its session had better be for these shapes alone. */
export function outgrowsPool(graph: BuiltGraph, shapes: Shapes, others: Readonly<Record<string, number>>): boolean {
  const bindings = bindShapes(graph, shapes, others);
  return executionOf(graph).live.some(({ outputs }) => outputs.some((value) => bytesOf(value, bindings) > LARGEST_KEPT));
}
