import { EngineError } from '../errors.ts';
import { sameShape, showShape, type Shape } from './dim.ts';
import {
  ProtoWriter, writeModel, writeNode, writeTensor, writeValueInfo,
  type AttributeValue, type DataType, type TensorData, type TensorSpec,
} from './proto.ts';

/** A tensor inside a graph: its name, element type and (possibly symbolic) shape. */
export interface Value {
  readonly name: string;
  readonly dataType: DataType;
  readonly shape: Shape;
}

export interface NodeOptions {
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Names the node and its outputs, for readable runtime errors and profiles. */
  readonly label?: string;
}

/** Where a graph may take a value that its caller only wants to look at. */
export type Tap = (name: string, value: Value) => void;

/** One node as it was written: what it is, and the names of what goes in and out ('' = an absent optional input). */
export interface NodeRecord {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly Value[];
}

export interface BuiltGraph {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The same with the shapes of its inputs in numbers: a runtime that knows every size ahead lets values share memory. */
  bytesFor(shapes: Readonly<Record<string, readonly number[]>>): Uint8Array;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** In the order in which they run. */
  readonly nodes: readonly NodeRecord[];
  readonly initializers: ReadonlyMap<string, TensorSpec>;
}

/**
 * Collects nodes, initializers, inputs and outputs of one ONNX graph.
 * Ops live in ops.ts and check shapes before they add a node; here is only the bookkeeping.
 */
export class Graph {
  readonly name: string;
  private readonly nodes: ProtoWriter[] = [];
  private readonly records: NodeRecord[] = [];
  private readonly initializers = new Map<string, TensorSpec>();
  private readonly inputValues: Value[] = [];
  private readonly outputValues: Value[] = [];
  private readonly names = new Set<string>();
  private readonly tapped: ReadonlySet<string> | 'all' | null;

  /** @param taps which intermediate values become extra outputs (parity checks only) */
  constructor(name: string, taps: ReadonlySet<string> | 'all' | null = null) {
    this.name = name;
    this.tapped = taps;
  }

  private unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.names.has(name); i++) name = `${wanted}_${i}`;
    this.names.add(name);
    return name;
  }

  input(name: string, dataType: DataType, shape: Shape): Value {
    if (this.names.has(name)) throw graphError(`input ${name} of graph ${this.name} is declared twice`);
    this.names.add(name);
    const value = { name, dataType, shape };
    this.inputValues.push(value);
    return value;
  }

  /** Makes a value an output under the given name. */
  output(name: string, value: Value): void {
    if (this.outputValues.some((known) => known.name === name)) throw graphError(`output ${name} of graph ${this.name} is declared twice`);
    this.nodes.push(writeNode({ opType: 'Identity', name: `${name}/output`, inputs: [value.name], outputs: [name] }));
    this.names.add(name);
    const out = { ...value, name };
    this.records.push({ opType: 'Identity', inputs: [value.name], outputs: [out] });
    this.outputValues.push(out);
  }

  /** Offers an intermediate value to whoever asked for it when the graph was built. */
  readonly tap: Tap = (name, value) => {
    if (this.tapped === 'all' || this.tapped?.has(name)) this.output(name, value);
  };

  /** A constant: inline bytes, or bytes of a file. The same name twice is the same tensor. */
  initializer(name: string, dataType: DataType, shape: readonly number[], data: TensorData): Value {
    const known = this.initializers.get(name);
    if (known) {
      if (known.dataType !== dataType || !sameShape(known.shape, shape)) {
        throw graphError(`initializer ${name} is used as ${showShape(known.shape)} and as ${showShape(shape)}`);
      }
    } else {
      this.initializers.set(name, { name, dataType, shape, data });
      this.names.add(name);
    }
    return { name, dataType, shape };
  }

  constantF32(values: readonly number[], shape: readonly number[]): Value {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    return this.initializer(this.constantName('f', values, shape), 'f32', shape, { kind: 'inline', bytes });
  }

  constantI64(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.initializer(this.constantName('i', values, shape), 'i64', shape, { kind: 'inline', bytes });
  }

  /** Equal short constants share one name; long ones are told apart by a counter. */
  private constantName(prefix: string, values: readonly number[], shape: readonly number[]): string {
    const first = values[0] ?? 0;
    const text = values.length > 8 && values.every((value) => value === first) ? `${first}…` : values.join(',');
    const name = `const/${prefix}[${shape.join('x')}](${text})`;
    return text.length <= 120 ? name : this.unique(`const/${prefix}[${shape.join('x')}]`);
  }

  /** Adds a node whose output types and shapes the caller has worked out. Empty input names are absent optional inputs. */
  node(
    opType: string,
    inputs: readonly (Value | null)[],
    outputs: readonly { readonly dataType: DataType; readonly shape: Shape }[],
    options: NodeOptions = {},
  ): Value[] {
    const name = this.unique(options.label ?? opType);
    const values = outputs.map(({ dataType, shape }, i) => ({
      name: this.unique(outputs.length === 1 ? `${name}:0` : `${name}:${i}`), dataType, shape,
    }));
    this.nodes.push(writeNode({
      opType, name,
      ...(options.domain === undefined ? {} : { domain: options.domain }),
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs: values.map((value) => value.name),
      ...(options.attributes === undefined ? {} : { attributes: options.attributes }),
    }));
    this.records.push({ opType, inputs: inputs.map((input) => input?.name ?? ''), outputs: values });
    return values;
  }

  build(): BuiltGraph {
    const bytesFor = (shapes: Readonly<Record<string, Shape>>): Uint8Array => {
      const graph = new ProtoWriter();
      for (const node of this.nodes) graph.message(1, node);
      graph.string(2, this.name);
      for (const spec of this.initializers.values()) graph.message(5, writeTensor(spec));
      for (const { name, dataType, shape } of this.inputValues) graph.message(11, writeValueInfo(name, dataType, shapes[name] ?? shape));
      for (const value of this.outputValues) graph.message(12, writeValueInfo(value.name, value.dataType, value.shape));
      return writeModel(graph);
    };
    return { name: this.name, bytes: bytesFor({}), bytesFor, inputs: this.inputValues, outputs: this.outputValues, nodes: this.records, initializers: this.initializers };
  }
}

export function graphError(message: string, details: Record<string, string> = {}): EngineError {
  return new EngineError('GRAPH_INVALID', message, details);
}
