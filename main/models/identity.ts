/** How a model is called inside the studio: in requests, in the history, as a folder. */

/** `OWNER/NAME` → `owner--name`: one per repository, whatever hub or mirror it came from. */
export function modelIdOf(repo: string): string {
  return repo.toLowerCase().replace('/', '--');
}

/** The name alone, as a person says it. */
export function nameOf(repo: string): string {
  return repo.slice(repo.indexOf('/') + 1);
}
