/** Prompt wildcards: `a {red|blue} {cube|ball}` stands for four prompts. */
import { StudioError } from '../errors.ts';

/** More prompts than anybody means are a slip of the hand. */
export const maxPrompts = 1_000;
/** Nobody nests deeper by intention, and a parser must not be made to. */
const maxDepth = 50;

type Part = string | Choice;
interface Choice {
  readonly alternatives: readonly (readonly Part[])[];
}

/**
 * Every prompt that the text stands for, without repeats, the first choice turning slowest. Braces nest; `\{`, `\|`, `\}` and `\\`
 * are the plain characters; a brace without its partner, and a pair without `|`, are words. REQUEST_INVALID above `limit` prompts.
 */
export function expandWildcards(text: string, limit = maxPrompts): string[] {
  const parts = parse(text);
  const count = countOf(parts);
  if (count > limit) {
    throw new StudioError('REQUEST_INVALID', `The wildcards of this prompt stand for ${count > 1e9 ? 'more than a thousand million' : count} prompts; at most ${limit} are run at once.`, {
      field: 'prompt', prompts: Math.min(count, Number.MAX_SAFE_INTEGER), limit,
    });
  }
  return [...new Set(textsOf(parts))];
}

/** Characters with their meaning: an escaped one has lost it. */
interface Mark {
  readonly text: string;
  readonly role: '{' | '|' | '}' | undefined;
}

function marksOf(text: string): Mark[] {
  const marks: Mark[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    const next = text[at + 1];
    if (char === '\\' && next !== undefined && '{|}\\'.includes(next)) {
      marks.push({ text: next, role: undefined });
      at++;
    } else marks.push({ text: char, role: char === '{' || char === '|' || char === '}' ? char : undefined });
  }
  return marks;
}

/** For each opening brace that has a partner, where that is: a stack, so that hostile text costs no more than its length. */
function partnersOf(marks: readonly Mark[]): Map<number, number> {
  const open: { readonly at: number; bar: boolean }[] = [];
  const partners = new Map<number, number>();
  marks.forEach(({ role }, at) => {
    if (role === '{') open.push({ at, bar: false });
    else if (role === '|') {
      const inner = open.at(-1);
      if (inner) inner.bar = true;
    } else if (role === '}') {
      const inner = open.pop();
      if (inner?.bar) partners.set(inner.at, at);
    }
  });
  return partners;
}

function parse(text: string): Part[] {
  const marks = marksOf(text);
  const partners = partnersOf(marks);
  const sequence = (from: number, to: number, depth: number): Part[][] => {
    const alternatives: Part[][] = [[]];
    let plain = '';
    const flush = (): void => {
      if (plain !== '') alternatives.at(-1)!.push(plain);
      plain = '';
    };
    for (let at = from; at < to; at++) {
      const { text: char, role } = marks[at]!;
      const end = role === '{' ? partners.get(at) : undefined;
      if (end !== undefined && depth < maxDepth) {
        flush();
        alternatives.at(-1)!.push({ alternatives: sequence(at + 1, end, depth + 1) });
        at = end;
      } else if (role === '{' && depth > 0) {
        // A brace that is a word may hold bars that are words too.
        const close = closing(marks, at, to);
        plain += marks.slice(at, close + 1).map((mark) => mark.text).join('');
        at = close;
      } else if (role === '|' && depth > 0) {
        flush();
        alternatives.push([]);
      } else plain += char;
    }
    flush();
    return alternatives;
  };
  return sequence(0, marks.length, 0)[0]!;
}

/** The end of a pair of braces that are words; of one without a partner, itself. */
function closing(marks: readonly Mark[], from: number, to: number): number {
  let depth = 0;
  for (let at = from; at < to; at++) {
    if (marks[at]!.role === '{') depth++;
    else if (marks[at]!.role === '}' && --depth === 0) return at;
  }
  return from;
}

/** How many; counted before any is made. */
function countOf(parts: readonly Part[]): number {
  return parts.reduce((product, part) => (typeof part === 'string' ? product : product * part.alternatives.reduce((sum, inner) => sum + countOf(inner), 0)), 1);
}

function textsOf(parts: readonly Part[]): string[] {
  let texts = [''];
  for (const part of parts) {
    const endings = typeof part === 'string' ? [part] : part.alternatives.flatMap(textsOf);
    texts = texts.flatMap((text) => endings.map((ending) => text + ending));
  }
  return texts;
}
