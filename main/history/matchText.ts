/** What a person types → FTS5's query language. Nothing typed can be a syntax error. */
import { isUnspaced, spaced } from './spaced.ts';

export interface MatchText {
  readonly match?: string;
  /** What must not occur, where nothing else is asked for. */
  readonly exclude?: string;
}

const part = /(-?)(?:"([^"]*)"?|(\S+))/gu;
/** What the index's tokenizer sees of a text: without one of these there is nothing to find. */
const indexed = /[\p{L}\p{N}\p{Co}\p{M}]/u;

/** Words must all occur, each may be the beginning of a longer one; "quoted" words stand together; a minus excludes. */
export function matchOf(text: string): MatchText {
  const wanted: string[] = [];
  const unwanted: string[] = [];
  // FTS5 ends a query at a NUL.
  for (const [, minus, phrase, word] of text.replaceAll('\0', ' ').matchAll(part)) {
    const term = phrase ?? word ?? '';
    if (!indexed.test(term)) continue;
    const quoted = `"${spaced(term).trim().replaceAll('"', ' ')}"`;
    // A single character of a script without spaces is whole already, and a quoted phrase is meant as it stands.
    const open = phrase === undefined && !isUnspaced(term.at(-1) ?? '');
    (minus === '-' ? unwanted : wanted).push(open ? `${quoted}*` : quoted);
  }
  const exclude = unwanted.join(' OR ');
  if (wanted.length === 0) return exclude === '' ? {} : { exclude };
  return { match: exclude === '' ? wanted.join(' AND ') : `(${wanted.join(' AND ')}) NOT (${exclude})` };
}
