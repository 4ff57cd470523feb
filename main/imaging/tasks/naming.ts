/** Failures that name the file at fault. */
import { basename } from 'node:path';
import { StudioError, toFailure } from '../../errors.ts';

/** Runs `read` and puts the file's name into whatever goes wrong. */
export async function naming<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const { code, message, details, retryable } = toFailure(error);
    const named = message.includes(path) ? message : `${basename(path)}: ${message}`;
    throw new StudioError(code, named, { ...details, file: path }, { retryable, cause: error });
  }
}
