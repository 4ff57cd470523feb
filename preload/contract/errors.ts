/** The one table of errors that cross the contract, and the shape of a failure. */
import { z } from 'zod';

/** Told by the engine. The same words as in native's table; the compiler compares the two in main. */
export const engineErrorCodes = [
  'CONFIG_INVALID',
  'WEIGHT_MISSING',
  'WEIGHT_SHAPE',
  'DTYPE_UNSUPPORTED',
  'GRAPH_INVALID',
  'RUNTIME_LOAD',
  'SESSION_CREATE',
  'OUT_OF_MEMORY',
  'NON_FINITE',
  'REQUEST_INVALID',
  'CANCELLED',
] as const;

/** Added by main. INTERNAL is a bug: a bare error that reached a boundary. */
export const mainErrorCodes = [
  'ENGINE_CRASHED',
  'MODEL_MISSING',
  'CHECKSUM',
  'ASSET_MISSING',
  'DISK_FULL',
  'DB_CORRUPT',
  'DB_FROM_FUTURE',
  'IPC_INVALID',
  'UNAUTHORIZED',
  /** No job, project, generation or chat of that id. */
  'NOT_FOUND',
  /** Another page writes this project. */
  'PROJECT_LOCKED',
  /** Another studio uses this data folder. */
  'DATA_IN_USE',
  /** The hub cannot be reached, or the line to it broke or stalled too often. */
  'NETWORK',
  /** The hub asks to come back later, longer than the studio waits by itself. */
  'HUB_BUSY',
  /** The hub wants a token, or its owner's leave. */
  'HUB_DENIED',
  /** What answers is no hub, or does not say what it must. */
  'HUB_INVALID',
  'INTERNAL',
] as const;

export const errorCodeSchema = z.enum([...engineErrorCodes, ...mainErrorCodes]);
export type ErrorCode = z.infer<typeof errorCodeSchema>;

// NaN is a fact worth reporting, and structured clone carries it.
const detailSchema = z.union([z.string(), z.number(), z.nan(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number()])).readonly()]);

/** Facts about a failure, by name: the field at fault, what was expected, what came. */
export const errorDetailsSchema = z.record(z.string(), detailSchema).readonly();

/** Every failure, wherever it is stored or shown. */
export const failureSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  details: errorDetailsSchema,
  /** Whether the same request may succeed when tried again unchanged. */
  retryable: z.boolean(),
});
export type Failure = z.infer<typeof failureSchema>;

const failureData = z.object({ details: errorDetailsSchema, retryable: z.boolean() });

/** HTTP status of a code, for the loopback host; the ones not named are 500. */
const statusOf: Partial<Record<ErrorCode, number>> = {
  REQUEST_INVALID: 422,
  IPC_INVALID: 400,
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  ASSET_MISSING: 404,
  MODEL_MISSING: 404,
  PROJECT_LOCKED: 409,
  DATA_IN_USE: 409,
  CANCELLED: 499,
  DISK_FULL: 507,
  NETWORK: 502,
  HUB_BUSY: 503,
  HUB_DENIED: 403,
  HUB_INVALID: 502,
};

type ErrorMap = Record<ErrorCode, { status: number; data: typeof failureData }>;

/** What every call may answer instead of its result. */
export const errorMap = Object.fromEntries(
  errorCodeSchema.options.map((code) => [code, { status: statusOf[code] ?? 500, data: failureData }]),
) as ErrorMap;

/** Reads a thrown client error as a failure; one that is not of the table (a lost connection, a bug) becomes INTERNAL and retryable. */
export function failureOf(error: unknown): Failure {
  if (typeof error === 'object' && error !== null) {
    const { code, message, data } = error as { code?: unknown; message?: unknown; data?: { details?: unknown; retryable?: unknown } | null };
    const parsed = failureSchema.safeParse({ code, message, details: data?.details ?? {}, retryable: data?.retryable ?? false });
    if (parsed.success) return parsed.data;
  }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), details: {}, retryable: true };
}
