/** Which page writes which project. A page that goes away without closing is taken over by the next. */
import { StudioError } from '../errors.ts';

export class Writers {
  readonly #pages = new Map<string, string>();

  of(projectId: string): string | undefined {
    return this.#pages.get(projectId);
  }

  set(projectId: string, pageId: string): void {
    this.#pages.set(projectId, pageId);
  }

  /** Only by the page itself. */
  release(projectId: string, pageId: string): void {
    if (this.#pages.get(projectId) === pageId) this.#pages.delete(projectId);
  }

  forget(projectId: string): void {
    this.#pages.delete(projectId);
  }

  /** PROJECT_LOCKED unless this page writes, or nobody does: after a restart of the studio the page that was there goes on. */
  check(projectId: string, pageId: string): void {
    const writer = this.#pages.get(projectId);
    if (writer === undefined) this.#pages.set(projectId, pageId);
    else if (writer !== pageId) throw new StudioError('PROJECT_LOCKED', 'Another page writes this project: take it over there to go on here.', { projectId, writer });
  }
}
