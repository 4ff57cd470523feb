/** Which pictures a request names: each is an input that must be kept. */
import type { GenerateInput, JobRequest } from '../../preload/contract/generation.ts';
import type { LineageRole, Task } from '../../preload/contract/project.ts';

export interface Input {
  readonly role: LineageRole;
  readonly hash: string;
}

/** What a row of the gallery counts as: a repaint by what it was for. */
export function taskOfRequest(request: GenerateInput): Task {
  return request.kind === 'inpaint' ? request.task ?? 'inpaint' : request.kind;
}

/** Every picture of a request, with the part that it plays. */
export function inputsOfRequest(request: JobRequest): Input[] {
  const as = (role: LineageRole, ...hashes: readonly (string | undefined)[]): Input[] => hashes.flatMap((hash) => (hash === undefined ? [] : [{ role, hash }]));
  const references = 'references' in request ? as('reference', ...request.references ?? []) : [];
  switch (request.kind) {
    case 'textToImage': return references;
    case 'edit': return [...as('source', request.image), ...references];
    case 'inpaint': return [...as('source', request.image), ...as('mask', request.denoiseMask, request.compositeMask), ...references];
    case 'outpaint': return as('source', request.image);
    case 'control': return [...as('control', request.map), ...references];
    case 'understand': return as('source', ...request.images);
  }
}

/** What a request names beyond the parents as told: no input is left to whoever wrote the row. */
export function untold(row: { readonly parents: readonly Input[]; readonly request: JobRequest | null }): Input[] {
  const named = row.request === null ? [] : inputsOfRequest(row.request);
  return named.filter((input) => !row.parents.some((parent) => parent.hash === input.hash));
}
