import { failureOf } from '../../preload/contract/errors.ts';
import type { Failure } from '../../preload/contract/errors.ts';

/** Turns whatever was thrown into the typed failure that the page can show. */
export function toProblem(thrown: unknown): Failure {
  return failureOf(thrown);
}

/** The same as something to throw. */
export function refusal(message: string): Error {
  return Object.assign(new Error(message), { code: 'REQUEST_INVALID', data: { details: {}, retryable: false } });
}

/** A failure that the page itself finds before anything is sent. */
export function missing(message: string): Failure {
  return { code: 'REQUEST_INVALID', message, details: {}, retryable: false };
}
