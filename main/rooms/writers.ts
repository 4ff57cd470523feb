/** Which page writes which project, for as long as its line to the studio is open. */
import { StudioError } from '../errors.ts';
import type { Caller } from '../services.ts';

type Line = Caller['line'];

interface Writer {
  readonly pageId: string;
  readonly line: Line;
}

export interface WritersOptions {
  /** Nobody writes this project any more. */
  readonly freed: (projectId: string) => void;
  /** How long a page may be away: a reload, or a line that broke, brings it back. */
  readonly graceMs?: number;
}

export class Writers {
  readonly #pages = new Map<string, Writer>();
  readonly #options: Required<WritersOptions>;

  constructor(options: WritersOptions) {
    this.#options = { graceMs: 5_000, ...options };
  }

  of(projectId: string): string | undefined {
    return this.#pages.get(projectId)?.pageId;
  }

  /** From now on this page writes, until it lets go, or its line has been closed for the grace. Without a line (a script's call) it has to let go by itself. */
  set(projectId: string, pageId: string, line: Line): void {
    const writer: Writer = { pageId, line };
    this.#pages.set(projectId, writer);
    if (line === undefined) return;
    const gone = (): void => {
      setTimeout(() => { if (this.#pages.get(projectId) === writer) this.#free(projectId); }, this.#options.graceMs).unref();
    };
    if (line.aborted) gone();
    else line.addEventListener('abort', gone, { once: true });
  }

  /** Only by the page itself. */
  release(projectId: string, pageId: string): void {
    if (this.of(projectId) === pageId) this.#free(projectId);
  }

  forget(projectId: string): void {
    this.#pages.delete(projectId);
  }

  /** PROJECT_LOCKED unless this page writes, or nobody does: after a restart of the studio the page that was there goes on. */
  check(projectId: string, pageId: string, line: Line): void {
    const writer = this.#pages.get(projectId);
    if (writer !== undefined && writer.pageId !== pageId) throw new StudioError('PROJECT_LOCKED', 'Another page writes this project: take it over there to go on here.', { projectId, writer: writer.pageId });
    // A page that came back on a new line is held by that one.
    if (writer === undefined || (line !== undefined && writer.line !== line)) this.set(projectId, pageId, line);
  }

  #free(projectId: string): void {
    this.#pages.delete(projectId);
    this.#options.freed(projectId);
  }
}
