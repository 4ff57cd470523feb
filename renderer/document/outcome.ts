/** What an operation answers: the next document, or why it refused. Refusals are answers, never thrown. */
import type { CanvasDocument } from './records.ts';

/**
 * LOCKED: the layer is locked. HIDDEN: it would change unseen. NOT_FOUND: no layer of that id. WRONG_KIND: not for this kind of
 * layer. INVALID: a number or a name that makes no sense. NOTHING: nothing would change.
 */
export type RefusalCode = 'LOCKED' | 'HIDDEN' | 'NOT_FOUND' | 'WRONG_KIND' | 'INVALID' | 'NOTHING';

export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence for the person. */
  readonly message: string;
  readonly layerId?: string;
}

export type Outcome = { readonly ok: true; readonly document: CanvasDocument } | { readonly ok: false; readonly refusal: Refusal };

/** A change of the document. Pure: the same document gives the same outcome. */
export type Op = (document: CanvasDocument) => Outcome;

export function done(document: CanvasDocument): Outcome {
  return { ok: true, document };
}

export function refuse(code: RefusalCode, message: string, layerId?: string): Outcome {
  return { ok: false, refusal: { code, message, ...(layerId === undefined ? {} : { layerId }) } };
}

/** Several operations as one: all of them, or the first refusal and no change. */
export function sequence(...ops: readonly Op[]): Op {
  return (document) => {
    let now = document;
    for (const op of ops) {
      const outcome = op(now);
      if (!outcome.ok) return outcome;
      now = outcome.document;
    }
    return done(now);
  };
}
