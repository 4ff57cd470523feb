/** The error table of the contract, as main throws and catches it. */
import { errorCodeSchema, failureSchema, type engineErrorCodes, type ErrorCode, type Failure } from '../preload/contract/errors.ts';
import type { EngineErrorCode, ErrorDetails } from './engine/protocol.ts';

export { failureSchema, type ErrorCode, type Failure };

// The contract may not look into native: here the compiler refuses a table that misses a code of the engine, or has one too many.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const engineTablesAgree: Same<EngineErrorCode, (typeof engineErrorCodes)[number]> = true;

const allCodes: ReadonlySet<string> = new Set(engineTablesAgree ? errorCodeSchema.options : []);

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && allCodes.has(value);
}

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
