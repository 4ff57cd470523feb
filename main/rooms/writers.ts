/** Which page writes which project, for as long as its line to the studio is open. */
import { StudioError } from '../errors.ts';
import type { Caller } from '../services.ts';

type Line = Caller['line'];

interface Writer {
  readonly pageId: string;
  readonly line: Line;
  /** It said goodbye, and may be a reload. */
  leaving: boolean;
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

  /** The page that whoever opens the project has to mind. */
  of(projectId: string): string | undefined {
    const writer = this.#pages.get(projectId);
    return writer?.leaving === true ? undefined : writer?.pageId;
  }

  /** From now on this page writes, until it lets go, or its line has been closed for the grace. Without a line (a script's call) it has to let go by itself. */
  set(projectId: string, pageId: string, line: Line): void {
    const writer: Writer = { pageId, line, leaving: false };
    this.#pages.set(projectId, writer);
    if (line === undefined) return;
    if (line.aborted) this.#freeAfterGrace(projectId, writer);
    else line.addEventListener('abort', () => this.#freeAfterGrace(projectId, writer), { once: true });
  }

  /** The page is closed or loaded anew, it cannot tell which: who opens the project from now on writes it, who reads it already hears of it once the page is not back within the grace. */
  leave(projectId: string, pageId: string): void {
    const writer = this.#pages.get(projectId);
    if (writer === undefined || writer.pageId !== pageId) return;
    writer.leaving = true;
    this.#freeAfterGrace(projectId, writer);
  }

  /** Only by the page itself. */
  release(projectId: string, pageId: string): void {
    if (this.#pages.get(projectId)?.pageId === pageId) this.#free(projectId);
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

  #freeAfterGrace(projectId: string, writer: Writer): void {
    setTimeout(() => { if (this.#pages.get(projectId) === writer) this.#free(projectId); }, this.#options.graceMs).unref();
  }

  #free(projectId: string): void {
    this.#pages.delete(projectId);
    this.#options.freed(projectId);
  }
}
