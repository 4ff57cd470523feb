/**
 * Writes the few ONNX protobuf messages that the graphs need.
 * Field numbers are those of onnx.proto (IR version 10); nothing is ever read back.
 */

export type DataType = 'f32' | 'f16' | 'bf16' | 'i32' | 'i64' | 'i8' | 'u8' | 'bool';

export const dataTypeCode: Readonly<Record<DataType, number>> = {
  f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, bool: 9, f16: 10, bf16: 16,
};

const VARINT = 0;
const FIXED32 = 5;
const BYTES = 2;

/** Grows a byte buffer by appending protobuf fields. */
export class ProtoWriter {
  private buffer = new Uint8Array(1024);
  private length = 0;

  private reserve(extra: number): void {
    if (this.length + extra <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + extra));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }

  /** Signed values are written as 64-bit two's complement, as protobuf's int64 wants. */
  private varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    this.reserve(10);
    while (rest > 0x7fn) {
      this.buffer[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.buffer[this.length++] = Number(rest);
  }

  private tag(field: number, wire: number): void {
    this.varint((field << 3) | wire);
  }

  int(field: number, value: number | bigint): this {
    this.tag(field, VARINT);
    this.varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.tag(field, FIXED32);
    this.reserve(4);
    new DataView(this.buffer.buffer).setFloat32(this.length, value, true);
    this.length += 4;
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.tag(field, BYTES);
    this.varint(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: ProtoWriter): this {
    return this.bytes(field, value.finish());
  }

  finish(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }
}

/** Where an initializer's bytes lie: inside the model, or at an offset of a file beside it. */
export type TensorData =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'external'; readonly location: string; readonly offset: number; readonly byteLength: number };

export interface TensorSpec {
  readonly name: string;
  readonly dataType: DataType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** TensorProto; external bytes are named by location, offset and length. */
export function writeTensor(spec: TensorSpec): ProtoWriter {
  const writer = new ProtoWriter();
  for (const dim of spec.shape) writer.int(1, dim);
  writer.int(2, dataTypeCode[spec.dataType]).string(8, spec.name);
  if (spec.data.kind === 'inline') return writer.bytes(9, spec.data.bytes);
  const entries = { location: spec.data.location, offset: `${spec.data.offset}`, length: `${spec.data.byteLength}` };
  for (const [key, value] of Object.entries(entries)) {
    writer.message(13, new ProtoWriter().string(1, key).string(2, value));
  }
  return writer.int(14, 1);
}

/** ValueInfoProto of a tensor; a string dimension is symbolic. */
export function writeValueInfo(name: string, dataType: DataType, shape: readonly (number | string)[]): ProtoWriter {
  const dims = new ProtoWriter();
  for (const dim of shape) {
    const entry = new ProtoWriter();
    if (typeof dim === 'number') entry.int(1, dim);
    else entry.string(2, dim);
    dims.message(1, entry);
  }
  const tensorType = new ProtoWriter().int(1, dataTypeCode[dataType]).message(2, dims);
  return new ProtoWriter().string(1, name).message(2, new ProtoWriter().message(1, tensorType));
}

export type AttributeValue = number | string | readonly number[] | { readonly float: number };

/** AttributeProto: an integer, a string, a list of integers, or `{float}`. */
export function writeAttribute(name: string, value: AttributeValue): ProtoWriter {
  const writer = new ProtoWriter().string(1, name);
  if (typeof value === 'number') return writer.int(3, value).int(20, 2);
  if (typeof value === 'string') return writer.string(4, value).int(20, 3);
  if ('float' in value) return writer.float(2, value.float).int(20, 1);
  for (const item of value) writer.int(8, item);
  return writer.int(20, 7);
}

export interface NodeSpec {
  readonly opType: string;
  readonly domain?: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** NodeProto. */
export function writeNode(spec: NodeSpec): ProtoWriter {
  const writer = new ProtoWriter();
  for (const input of spec.inputs) writer.string(1, input);
  for (const output of spec.outputs) writer.string(2, output);
  writer.string(3, spec.name).string(4, spec.opType);
  for (const [name, value] of Object.entries(spec.attributes ?? {})) writer.message(5, writeAttribute(name, value));
  if (spec.domain) writer.string(7, spec.domain);
  return writer;
}

const IR_VERSION = 10;
/** Opset 20 has Gelu(approximate); later ones bring nothing that the graphs need. */
const OPSET = 20;

/** ModelProto around one GraphProto. */
export function writeModel(graph: ProtoWriter): Uint8Array {
  return new ProtoWriter()
    .int(1, IR_VERSION)
    .string(2, 'ovis-studio')
    .message(7, graph)
    .message(8, new ProtoWriter().string(1, '').int(2, OPSET))
    .message(8, new ProtoWriter().string(1, 'com.microsoft').int(2, 1))
    .finish();
}
