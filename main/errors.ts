import { z } from 'zod';
import type { EngineErrorCode, ErrorDetails } from './engine/protocol.ts';

/** What main adds to the engine's table. INTERNAL is a bug: a bare error that reached a boundary. */
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
  'INTERNAL',
] as const;

export type MainErrorCode = (typeof mainErrorCodes)[number];
export type ErrorCode = EngineErrorCode | MainErrorCode;

// A record rather than a list: the compiler then refuses a table that misses a code of the engine.
const engineCodes: Readonly<Record<EngineErrorCode, true>> = {
  CONFIG_INVALID: true,
  WEIGHT_MISSING: true,
  WEIGHT_SHAPE: true,
  DTYPE_UNSUPPORTED: true,
  GRAPH_INVALID: true,
  RUNTIME_LOAD: true,
  SESSION_CREATE: true,
  OUT_OF_MEMORY: true,
  NON_FINITE: true,
  REQUEST_INVALID: true,
  CANCELLED: true,
};

const allCodes: ReadonlySet<string> = new Set([...mainErrorCodes, ...Object.keys(engineCodes)]);

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && allCodes.has(value);
}

/** A failure as plain data: what crosses processes, transports and `--json`. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly retryable: boolean;
}

const detailSchema = z.union([z.string(), z.number(), z.nan(), z.boolean(), z.null(), z.array(z.union([z.string(), z.number()]))]);

/** A failure received from outside: every field checked. */
export const failureSchema: z.ZodType<Failure> = z.object({
  code: z.custom<ErrorCode>(isErrorCode, 'not a code of the error table'),
  message: z.string(),
  details: z.record(z.string(), detailSchema),
  retryable: z.boolean(),
});

/** A typed failure inside main. A bare `Error` is a bug. */
export class StudioError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** Whether the same request may succeed when tried again unchanged. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'StudioError';
    this.code = code;
    this.details = details;
    this.retryable = options.retryable ?? false;
  }
}

/** Any thrown value → plain failure; a bare error becomes INTERNAL. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Error && 'code' in error && isErrorCode(error.code)) {
    const { code, message } = error;
    const { details, retryable } = error as Partial<Failure>;
    return { code, message, details: details ?? {}, retryable: retryable ?? false };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  return { code: 'INTERNAL', message: `Unexpected error: ${message}`, details: stack, retryable: false };
}

/** Plain failure → throwable error. */
export function fromFailure(failure: Failure): StudioError {
  return new StudioError(failure.code, failure.message, failure.details, { retryable: failure.retryable });
}

export function cancelled(message = 'Cancelled.', details: ErrorDetails = {}): StudioError {
  return new StudioError('CANCELLED', message, details, { retryable: true });
}
