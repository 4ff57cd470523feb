/** The engine's error codes; main adds its own (see the table in main). */
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

export type EngineErrorCode = (typeof engineErrorCodes)[number];

/** Facts about a failure, by name: the tensor or field at fault, what was expected, what came. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly (string | number)[]>>;

/** A typed failure of the engine. A bare `Error` coming out of native/ is a bug. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;
  readonly details: ErrorDetails;
  /** Whether the same request may succeed when tried again unchanged. */
  readonly retryable: boolean;

  constructor(
    code: EngineErrorCode,
    message: string,
    details: ErrorDetails = {},
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineError';
    this.code = code;
    this.details = details;
    this.retryable = options.retryable ?? false;
  }
}
