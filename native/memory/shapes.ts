/** Named dimensions of a graph put into numbers. */
import type { Dim, Shape } from '../onnx/dim.ts';
import { graphError, type BuiltGraph, type Value } from '../onnx/graph.ts';
import type { DataType } from '../onnx/proto.ts';

/** What each named dimension is in one run. */
export type Bindings = ReadonlyMap<string, number>;

export const elementBytes: Readonly<Record<DataType, number>> = { f32: 4, f16: 2, bf16: 2, i32: 4, i64: 8, i8: 1, u8: 1, bool: 1 };

const isNumber = (text: string): boolean => /^\d+$/.test(text);

/**
 * Reads the names off the shapes of a run's inputs. "8*h" beside 512 says h = 64; a sum such as "L+N" is known as a whole.
 * `others` are dimensions that follow from a value. GRAPH_INVALID for an input without a shape.
 */
export function bindShapes(graph: BuiltGraph, shapes: Readonly<Record<string, readonly number[]>>, others: Readonly<Record<string, number>> = {}): Bindings {
  const bindings = new Map<string, number>(Object.entries(others));
  for (const { name, shape } of graph.inputs) {
    const actual = shapes[name];
    if (!actual || actual.length !== shape.length) throw graphError(`no shape is given for input ${name} of graph ${graph.name}`);
    shape.forEach((dim, axis) => {
      if (typeof dim === 'number') return;
      const factors = dim.includes('+') ? [dim] : dim.split('*');
      const names = factors.filter((factor) => !isNumber(factor));
      const known = factors.filter(isNumber).reduce((product, factor) => product * Number(factor), 1);
      if (names.length === 1) bindings.set(names[0] as string, (actual[axis] as number) / known);
    });
  }
  return bindings;
}

/** A dimension's value; GRAPH_INVALID when it uses a name that no input has. */
export function valueOf(dim: Dim, bindings: Bindings): number {
  if (typeof dim === 'number') return dim;
  const known = bindings.get(dim);
  if (known !== undefined) return known;
  // A piece of an axis cut evenly, of a sum as well: "L+N/4#3" is the last of four.
  const [, whole, parts, index] = /^(.*)\/(\d+)#(\d+)$/.exec(dim) ?? [];
  if (whole !== undefined) {
    const length = valueOf(whole, bindings);
    const piece = Math.ceil(length / Number(parts));
    return Math.max(0, Math.min(piece, length - piece * Number(index)));
  }
  if (dim.includes('+')) return dim.split('+').reduce((sum, part) => sum + valueOf(part, bindings), 0);
  if (dim.includes('*')) return dim.split('*').reduce((product, part) => product * valueOf(part, bindings), 1);
  if (isNumber(dim)) return Number(dim);
  throw graphError(`dimension ${dim} is not known from the inputs`);
}

export function countOf(shape: Shape, bindings: Bindings): number {
  return shape.reduce<number>((product, dim) => product * valueOf(dim, bindings), 1);
}

export function bytesOf(value: Value, bindings: Bindings): number {
  return countOf(value.shape, bindings) * elementBytes[value.dataType];
}
