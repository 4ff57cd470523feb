import { broadcast, product, sameDim, sameShape, showShape, sum, type Dim, type Shape } from './dim.ts';
import { graphError, type Graph, type Value } from './graph.ts';
import type { AttributeValue, DataType } from './proto.ts';

/** Shape-checked ONNX operators. Each returns its output; a misfit is GRAPH_INVALID naming the op and the tensors. */

function one(
  g: Graph, op: string, inputs: readonly (Value | null)[], dataType: DataType, shape: Shape,
  attributes?: Record<string, AttributeValue>, domain?: string,
): Value {
  return g.node(op, inputs, [{ dataType, shape }], {
    ...(attributes === undefined ? {} : { attributes }),
    ...(domain === undefined ? {} : { domain }),
  })[0] as Value;
}

function elementwise(op: 'Add' | 'Mul' | 'Sub' | 'Div', g: Graph, a: Value, b: Value): Value {
  const shape = broadcast(a.shape, b.shape);
  if (!shape || a.dataType !== b.dataType) {
    throw graphError(`${op}: ${a.name} ${a.dataType}${showShape(a.shape)} and ${b.name} ${b.dataType}${showShape(b.shape)} do not fit`);
  }
  return one(g, op, [a, b], a.dataType, shape);
}

export const add = (g: Graph, a: Value, b: Value): Value => elementwise('Add', g, a, b);
export const mul = (g: Graph, a: Value, b: Value): Value => elementwise('Mul', g, a, b);
export const sub = (g: Graph, a: Value, b: Value): Value => elementwise('Sub', g, a, b);
export const div = (g: Graph, a: Value, b: Value): Value => elementwise('Div', g, a, b);

const unary = (op: string) => (g: Graph, x: Value): Value => one(g, op, [x], x.dataType, x.shape);
export const sigmoid = unary('Sigmoid');
export const abs = unary('Abs');
export const round = unary('Round');

/** x·sigmoid(x); the runtime fuses the pair into one kernel. */
export const silu = (g: Graph, x: Value): Value => mul(g, x, sigmoid(g, x));

/** GELU in its tanh form. */
export const geluTanh = (g: Graph, x: Value): Value => one(g, 'Gelu', [x], x.dataType, x.shape, { approximate: 'tanh' });

export function cast(g: Graph, x: Value, to: DataType): Value {
  if (x.dataType === to) return x;
  const codes: Record<DataType, number> = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, bool: 9, f16: 10, bf16: 16 };
  return one(g, 'Cast', [x], to, x.shape, { to: codes[to] });
}

/** Matrix product over the last two axes. [..., m, k] × [..., k, n] → [..., m, n] */
export function matMul(g: Graph, a: Value, b: Value): Value {
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [k1, k2] = [a.shape.at(-1), b.shape.at(-2)];
  if (!batch || k1 === undefined || k2 === undefined || !sameDim(k1, k2) || a.dataType !== b.dataType) {
    throw graphError(`MatMul: ${a.name} ${showShape(a.shape)} × ${b.name} ${showShape(b.shape)} do not fit`);
  }
  return one(g, 'MatMul', [a, b], a.dataType, [...batch, a.shape.at(-2) as Dim, b.shape.at(-1) as Dim]);
}

/** x·Wᵀ + bias with W as checkpoints store it. [m, in] × [out, in] → [m, out] */
export function gemmTransposed(g: Graph, x: Value, weight: Value, bias: Value | null): Value {
  const [m, k] = x.shape;
  const [n, kw] = weight.shape;
  if (x.shape.length !== 2 || weight.shape.length !== 2 || !sameDim(k as Dim, kw as Dim) || x.dataType !== weight.dataType
    || (bias && !sameShape(bias.shape, [n as Dim]))) {
    throw graphError(`Gemm: ${x.name} ${showShape(x.shape)} × ${weight.name} ${showShape(weight.shape)}ᵀ do not fit`);
  }
  return one(g, 'Gemm', bias ? [x, weight, bias] : [x, weight], x.dataType, [m as Dim, n as Dim], { transB: 1 });
}

export function softmax(g: Graph, x: Value): Value {
  return one(g, 'Softmax', [x], x.dataType, x.shape, { axis: -1 });
}

/** Layer norm over the last axis with any (also computed) scale and shift of that width. */
export function layerNorm(g: Graph, x: Value, scale: Value, shift: Value | null, epsilon: number): Value {
  if (!sameDim(scale.shape.at(-1) as Dim, x.shape.at(-1) as Dim)) {
    throw graphError(`LayerNormalization: scale ${showShape(scale.shape)} does not fit ${x.name} ${showShape(x.shape)}`);
  }
  return one(g, 'LayerNormalization', shift ? [x, scale, shift] : [x, scale], x.dataType, x.shape, {
    axis: -1, epsilon: { float: epsilon },
  });
}

/** x / rms(x) · weight over the last axis. */
export function rmsNorm(g: Graph, x: Value, weight: Value, epsilon: number): Value {
  if (!sameDim(weight.shape.at(-1) as Dim, x.shape.at(-1) as Dim)) {
    throw graphError(`SimplifiedLayerNormalization: weight ${showShape(weight.shape)} does not fit ${x.name} ${showShape(x.shape)}`);
  }
  return one(g, 'SimplifiedLayerNormalization', [x, weight], x.dataType, x.shape, { axis: -1, epsilon: { float: epsilon }, stash_type: 1 });
}

/** Reshape to a shape of equal size; at most one unknown dimension may move. */
export function reshape(g: Graph, x: Value, shape: Shape): Value {
  if (!sameDim(product(x.shape), product(shape))) {
    throw graphError(`Reshape: ${x.name} ${showShape(x.shape)} cannot become ${showShape(shape)}`);
  }
  let free = 0;
  const target = shape.map((dim, i) => {
    if (typeof dim === 'number') return dim;
    const here = x.shape[i];
    if (here !== undefined && sameDim(here, dim)) return 0;
    free += 1;
    return -1;
  });
  if (free > 1) throw graphError(`Reshape: ${showShape(x.shape)} → ${showShape(shape)} moves more than one unknown dimension`);
  return one(g, 'Reshape', [x, g.constantI64(target)], x.dataType, shape);
}

/** Inserts an axis of length one. */
export function unsqueeze(g: Graph, x: Value, axis: number): Value {
  return one(g, 'Unsqueeze', [x, g.constantI64([axis])], x.dataType, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
}

export function transpose(g: Graph, x: Value, permutation: readonly number[]): Value {
  const shape = permutation.map((axis) => x.shape[axis] as Dim);
  return one(g, 'Transpose', [x], x.dataType, shape, { perm: permutation });
}

export function concat(g: Graph, values: readonly Value[], axis: number): Value {
  const first = values[0] as Value;
  for (const value of values) {
    const fits = value.shape.length === first.shape.length && value.dataType === first.dataType
      && value.shape.every((dim, i) => i === axis || sameDim(dim, first.shape[i] as Dim));
    if (!fits) throw graphError(`Concat: ${value.name} ${showShape(value.shape)} does not fit ${first.name} ${showShape(first.shape)}`);
  }
  const shape = first.shape.map((dim, i) => (i === axis ? sum(values.map((value) => value.shape[i] as Dim)) : dim));
  return one(g, 'Concat', values, first.dataType, shape, { axis });
}

/** Splits a known axis into parts of the given sizes. */
export function split(g: Graph, x: Value, sizes: readonly number[], axis: number): Value[] {
  const length = x.shape[axis];
  if (length !== sizes.reduce((a, b) => a + b, 0)) {
    throw graphError(`Split: ${x.name} ${showShape(x.shape)} cannot be cut into ${sizes.join('+')} on axis ${axis}`);
  }
  const outputs = sizes.map((size) => ({ dataType: x.dataType, shape: x.shape.map((dim, i) => (i === axis ? size : dim)) }));
  return g.node('Split', [x, g.constantI64(sizes)], outputs, { attributes: { axis } });
}

/** A card's programs bind few buffers at once (12 on software Vulkan), and a split binds all of its pieces. */
const MOST_PIECES = 8;

/** Splits an unknown axis into `parts` nearly equal pieces, a power of two, the last ones the shortest. */
export function splitEvenly(g: Graph, x: Value, parts: number, axis: number): Value[] {
  if (parts > MOST_PIECES) return splitEvenly(g, x, MOST_PIECES, axis).flatMap((piece) => splitEvenly(g, piece, parts / MOST_PIECES, axis));
  const outputs = Array.from({ length: parts }, (_, part) => ({
    dataType: x.dataType, shape: x.shape.map((dim, i) => (i === axis ? `${dim}/${parts}#${part}` : dim)),
  }));
  return g.node('Split', [x], outputs, { attributes: { axis, num_outputs: parts } });
}

/** Rows [start, end) of one axis, bounds given as one-element i64 tensors or numbers. */
export function slice(g: Graph, x: Value, start: Value | number, end: Value | number, axis: number, length: Dim): Value {
  const bound = (at: Value | number): Value => (typeof at === 'number' ? g.constantI64([at]) : at);
  const shape = x.shape.map((dim, i) => (i === axis ? length : dim));
  return one(g, 'Slice', [x, bound(start), bound(end), g.constantI64([axis])], x.dataType, shape);
}

/** Rows of axis 0 by index. [n, …] with indices of any shape → [...indices, …] */
export function gather(g: Graph, x: Value, indices: Value): Value {
  return one(g, 'Gather', [x, indices], x.dataType, [...indices.shape, ...x.shape.slice(1)], { axis: 0 });
}

export function reduceMean(g: Graph, x: Value, axis: number): Value {
  return one(g, 'ReduceMean', [x, g.constantI64([axis])], x.dataType, x.shape.map((dim, i) => (i === axis ? 1 : dim)), { keepdims: 1 });
}

export function reduceMax(g: Graph, x: Value, axis: number): Value {
  return one(g, 'ReduceMax', [x, g.constantI64([axis])], x.dataType, x.shape.map((dim, i) => (i === axis ? 1 : dim)), { keepdims: 1 });
}

/** Bounds may be null for "no bound". */
export function clip(g: Graph, x: Value, low: number | null, high: number | null): Value {
  const bound = (value: number | null): Value | null => (value === null ? null : cast(g, g.constantF32([value], []), x.dataType));
  return one(g, 'Clip', [x, bound(low), bound(high)], x.dataType, x.shape);
}

/** round(x / scale) as signed bytes, one scale per row of axis 0. */
export function quantizeRows(g: Graph, x: Value, scale: Value): Value {
  const zero = g.initializer('const/i8 zeros', 'i8', [1], { kind: 'inline', bytes: new Uint8Array(1) });
  const zeros = one(g, 'Expand', [zero, one(g, 'Shape', [scale], 'i64', [1])], 'i8', scale.shape);
  return one(g, 'QuantizeLinear', [x, scale, zeros], 'i8', x.shape, { axis: 0 });
}

/** 2-D convolution, NCHW. `spatial` names the output's height and width. */
export function conv2d(
  g: Graph, x: Value, weight: Value, bias: Value | null,
  options: { readonly stride: number; readonly pads: readonly [top: number, left: number, bottom: number, right: number] },
  spatial: readonly [Dim, Dim],
): Value {
  const [batch, channels] = x.shape;
  const [out, perGroup, kh, kw] = weight.shape;
  if (x.shape.length !== 4 || weight.shape.length !== 4 || !sameDim(channels as Dim, perGroup as Dim)) {
    throw graphError(`Conv: ${weight.name} ${showShape(weight.shape)} does not fit ${x.name} ${showShape(x.shape)}`);
  }
  return one(g, 'Conv', bias ? [x, weight, bias] : [x, weight], x.dataType, [batch as Dim, out as Dim, ...spatial], {
    kernel_shape: [kh as number, kw as number], strides: [options.stride, options.stride], pads: options.pads,
  });
}

/** Nearest-neighbour doubling of height and width, NCHW. */
export function upsampleNearest2(g: Graph, x: Value): Value {
  const [n, c, h, w] = x.shape as [Dim, Dim, Dim, Dim];
  return one(g, 'Resize', [x, null, g.constantF32([1, 1, 2, 2], [4])], x.dataType, [n, c, product([2, h]), product([2, w])], {
    mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor',
  });
}

/** Group norm as reshape → instance norm → reshape → scale and shift: no provider has a faster kernel for NCHW. */
export function groupNorm(g: Graph, x: Value, groups: number, weight: Value, bias: Value, epsilon: number): Value {
  const [n, c, h, w] = x.shape as [Dim, number, Dim, Dim];
  const grouped = reshape(g, x, [n, groups, product([c / groups, h]), w]);
  const ones = cast(g, g.constantF32(new Array<number>(groups).fill(1), [groups]), x.dataType);
  const zeros = cast(g, g.constantF32(new Array<number>(groups).fill(0), [groups]), x.dataType);
  const normed = one(g, 'InstanceNormalization', [grouped, ones, zeros], x.dataType, grouped.shape, { epsilon: { float: epsilon } });
  const back = reshape(g, normed, x.shape);
  return add(g, mul(g, back, reshape(g, weight, [c, 1, 1])), reshape(g, bias, [c, 1, 1]));
}
