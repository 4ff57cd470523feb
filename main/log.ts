/** What went wrong, in a file that a person can open: no prompts, no pictures. */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from './errors.ts';

const maxBytes = 1024 * 1024;
const rememberedLines = 200;

export class Log {
  readonly file: string;
  readonly #lines: string[] = [];

  /** The folder is made where it is missing; a log that cannot be written is remembered in memory alone. */
  constructor(dataDir: string) {
    const folder = join(dataDir, 'logs');
    this.file = join(folder, 'studio.log');
    try {
      mkdirSync(folder, { recursive: true });
      if ((statSync(this.file, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) renameSync(this.file, `${this.file}.1`);
    } catch {
      // The studio works without a log.
    }
  }

  /** The newest lines, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  note(text: string): void {
    const line = `${new Date().toISOString()} ${text}`;
    this.#lines.push(line);
    if (this.#lines.length > rememberedLines) this.#lines.shift();
    try {
      // Rare and short; written at once because what is noted may be the last thing before an end.
      appendFileSync(this.file, `${line}\n`);
    } catch {
      // As above.
    }
  }

  failure(failure: Failure, where: string): void {
    const { stack } = failure.details;
    this.note(`${where}: ${failure.code}: ${failure.message}${typeof stack === 'string' ? `\n${stack}` : ''}`);
  }
}
