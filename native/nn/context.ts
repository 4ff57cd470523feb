import { Graph, type Value } from '../onnx/graph.ts';
import { cast } from '../onnx/ops.ts';
import type { DataType } from '../onnx/proto.ts';
import type { Precision } from '../types.ts';
import type { PackRequest } from '../weights/pack/store.ts';
import type { Part } from '../weights/pack/tensor.ts';
import type { TensorEntry } from '../weights/safetensors.ts';
import type { Weights } from '../weights/weights.ts';
import { uncut, type Chunks } from './chunks.ts';

/** How a network is to be built: which kernels, which number format, which intermediate values to expose. */
export interface BuildOptions {
  readonly precision: Precision;
  readonly attention: 'fused' | 'decomposed';
  /** Default: everything in one piece. */
  readonly chunks?: Chunks;
  /** Intermediate values to add as outputs; parity checks only. */
  readonly taps?: ReadonlySet<string> | 'all';
}

/** What every layer needs while a graph is written. */
export interface BuildContext {
  readonly g: Graph;
  readonly weights: Weights;
  readonly precision: Precision;
  readonly attention: 'fused' | 'decomposed';
  readonly chunks: Chunks;
  /** Element type of activations: f16 on half-precision graphs, else f32. */
  readonly computeType: 'f32' | 'f16';
}

/** Opens the graph of one network. */
export function buildContext(name: string, weights: Weights, options: BuildOptions): BuildContext {
  return {
    g: new Graph(name, options.taps ?? null),
    weights,
    precision: options.precision,
    attention: options.attention,
    chunks: options.chunks ?? uncut,
    computeType: options.precision === 'fp16' ? 'f16' : 'f32',
  };
}

const storedType: Readonly<Record<string, DataType>> = { F32: 'f32', F16: 'f16', BF16: 'bf16' };

/**
 * A checkpoint tensor as a graph constant in the activations' type, read in place from the safetensors file.
 * The cast of half-precision weights is folded when the session is made. WEIGHT_MISSING, WEIGHT_SHAPE.
 * @param view another shape of the same bytes (a leading part of axis 0, or a reshape)
 */
export function weight(ctx: BuildContext, name: string, shape: readonly number[], view?: readonly number[]): Value {
  const entry = ctx.weights.expect(name, shape);
  const half = ctx.computeType === 'f16' ? packedHalf(ctx, entry, shape, view ?? shape) : null;
  if (half) return half;
  const dataType = storedType[entry.dtype] as DataType;
  const used = view ?? shape;
  const elementBytes = dataType === 'f32' ? 4 : 2;
  const byteLength = used.reduce((a, b) => a * b, elementBytes);
  const label = view ? `${name}[${view.join('x')}]` : name;
  const stored = ctx.g.initializer(label, dataType, used, {
    kind: 'external', location: ctx.weights.location(entry), offset: entry.offset, byteLength,
  });
  return cast(ctx.g, stored, ctx.computeType);
}

/** Small tensors are cast at each load: nothing is gained by packing them. */
const worthPacking = 2 ** 16;

/** The same tensor as half precision from the packed file, where there is one. */
function packedHalf(ctx: BuildContext, entry: TensorEntry, shape: readonly number[], used: readonly number[]): Value | null {
  const count = shape.reduce((a, b) => a * b, 1);
  if (entry.dtype === 'F16' || count < worthPacking) return null;
  const found = packedMatrix(ctx, { kind: 'f16', entry, rows: shape[0] as number, columns: count / (shape[0] as number) });
  return found && found(0, 'f16', used);
}

/** Asks for a packed matrix; its parts become graph constants by number. */
export function packedMatrix(ctx: BuildContext, request: Omit<PackRequest, 'name'>): ((part: number, dataType: DataType, shape: readonly number[]) => Value) | null {
  const { name } = request.entry;
  const found = ctx.weights.packed?.({ ...request, name });
  if (!found) return null;
  return (index, dataType, shape) => {
    const part = found.parts[index] as Part;
    const elementBytes = { f32: 4, f16: 2 }[dataType as 'f32'] ?? 1;
    return ctx.g.initializer(`${name}/${request.kind}.${index}[${shape.join('x')}]`, dataType, shape, {
      kind: 'external', location: found.location, offset: part.offset, byteLength: shape.reduce((a, b) => a * b, elementBytes),
    });
  };
}

/** A float graph input, cast to the activations' type. */
export function floatInput(ctx: BuildContext, name: string, shape: readonly (number | string)[]): Value {
  return cast(ctx.g, ctx.g.input(name, 'f32', shape), ctx.computeType);
}

/** A float graph output, always f32 outside. */
export function floatOutput(ctx: BuildContext, name: string, value: Value): void {
  ctx.g.output(name, cast(ctx.g, value, 'f32'));
}

/** Offers an intermediate value for parity checks, as f32. */
export function tap(ctx: BuildContext, name: string, value: Value): void {
  ctx.g.tap(name, value.dataType === 'f16' ? cast(ctx.g, value, 'f32') : value);
}
