/** What crosses the process boundary, as both ends check it: a message that is not what it should be is refused by name. */
import { z } from 'zod';
import { failureSchema, StudioError, type ErrorCode } from '../errors.ts';
import { engineOptionsSchema, generateRequestSchema, imageSchema, packTargetSchema, understandRequestSchema } from './requestSchemas.ts';
import type { ChildMessage, Detection, EstimatorTask, GenerateResult, ModelInfo, PackReport, ParentMessage, ProgressEvent, ProviderReport, UnderstandResult } from './protocol.ts';

const id = z.int().nonnegative();

export const parentMessageSchema: z.ZodType<ParentMessage> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('load'), id, dir: z.string().min(1), options: engineOptionsSchema }),
  z.strictObject({ type: z.literal('generate'), id, request: generateRequestSchema }),
  z.strictObject({ type: z.literal('understand'), id, request: understandRequestSchema }),
  z.strictObject({ type: z.literal('estimate'), id, dir: z.string().min(1), task: z.enum(['detector', 'depth']), image: imageSchema, threads: z.int().positive().nullable() }),
  z.strictObject({ type: z.literal('estimators'), id, dir: z.string().min(1) }),
  z.strictObject({ type: z.literal('probe'), id, provider: z.enum(['cpu', 'webgpu', 'cuda', 'dml', 'coreml']) }),
  z.strictObject({ type: z.literal('pack'), id, dir: z.string().min(1), target: packTargetSchema }),
  z.strictObject({ type: z.literal('info'), id }),
  z.strictObject({ type: z.literal('unload'), id }),
  z.strictObject({ type: z.literal('cancel'), id }),
  z.strictObject({ type: z.literal('shutdown') }),
]);

const count = z.int().nonnegative();
const ms = z.number();

const progressEventSchema: z.ZodType<ProgressEvent> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('stage'), stage: z.enum(['load', 'condition', 'encode', 'denoise', 'decode', 'understand']) }),
  z.object({ type: z.literal('step'), step: count, steps: count, stepMs: ms, leftMs: ms }),
  z.object({ type: z.literal('preview'), step: count, image: imageSchema }),
  z.object({ type: z.literal('token'), text: z.string(), index: count }),
  z.object({ type: z.literal('loading'), network: z.string(), again: z.boolean(), alone: z.boolean() }),
  z.object({ type: z.literal('packing'), network: z.string(), doneBytes: count, totalBytes: count, bytesPerSecond: count }),
]);

export const childMessageSchema: z.ZodType<ChildMessage> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), protocol: z.int() }),
  z.object({ type: z.literal('event'), id, seq: count, event: progressEventSchema }),
  z.object({ type: z.literal('result'), id, value: z.unknown() }),
  z.object({ type: z.literal('failure'), id: id.nullable(), error: failureSchema }),
]);

const timingsMs = z.record(z.string(), ms);
const text = z.string();

const reproductionSchema = z.looseObject({
  engineVersion: text,
  provider: z.enum(['cpu', 'webgpu', 'cuda', 'dml', 'coreml']),
  precision: z.enum(['fp32', 'fp16', 'int8', 'q4', 'q4b128']),
  threads: count,
  attention: z.enum(['fused', 'decomposed']),
  modelHash: text,
});

/** Loose: a newer engine may report more than this parent knows. */
export const generateResultSchema: z.ZodType<GenerateResult> = z.looseObject({
  image: imageSchema,
  seed: z.number(),
  steps: count,
  txtCfg: z.number(),
  imgCfg: z.number(),
  timingsMs,
  reproduce: reproductionSchema,
});

export const understandResultSchema: z.ZodType<UnderstandResult> = z.looseObject({
  text,
  tokens: count,
  stopReason: z.enum(['eos', 'length', 'stop']),
  timingsMs,
});

export const modelInfoSchema: z.ZodType<ModelInfo> = z.looseObject({
  dir: text,
  name: text,
  modelHash: text,
  parameters: count,
  weightBytes: count,
  dtypes: z.array(text),
  contextImages: count,
  sizes: z.array(z.tuple([count, count])),
  defaults: z.object({ steps: count, txtCfg: z.number(), imgCfg: z.number() }),
  tasks: z.array(z.object({ name: text, experimental: z.boolean() })),
  reproduce: reproductionSchema,
});

const share = z.number().min(0).max(1);

/** What the detector says of a picture. */
export const detectionSchema: z.ZodType<Detection> = z.looseObject({
  things: z.array(z.looseObject({ shape: text, colour: text, material: text, x: share, y: share, area: share })),
  floor: text,
  sky: text,
});

const error = z.number().nonnegative();

/** What a provider's self-test found. */
export const providerReportSchema: z.ZodType<ProviderReport> = z.looseObject({
  provider: z.enum(['cpu', 'webgpu', 'cuda', 'dml', 'coreml']),
  matrixProduct: error, fusedAttention: error.nullable(), decomposedAttention: error.nullable(), halfConvolution: error.nullable(), gigaflops: z.number().positive(),
});

/** What packing made. */
export const packReportSchema: z.ZodType<PackReport> = z.looseObject({ bytes: count, packedStoredBytes: count, milliseconds: ms });

/** Which estimators a model folder has. */
export const estimatorsSchema: z.ZodType<Readonly<Record<EstimatorTask, boolean>>> = z.looseObject({ detector: z.boolean(), depth: z.boolean() });

/** The value, or a typed error that names the field at fault. */
export function parseOr<T>(schema: z.ZodType<T>, value: unknown, code: ErrorCode, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  const problem = issue?.message ?? 'invalid';
  throw new StudioError(code, `${what}: ${field === '' ? problem : `${field}: ${problem}`}`, { field, problem });
}
