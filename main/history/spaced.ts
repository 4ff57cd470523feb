/** Scripts without spaces between words: each of their characters becomes a word, so that a part of a sentence can be found. */

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu;

/** Puts a space around every character of such a script. */
export function spaced(text: string): string {
  return text.replace(unspaced, ' $& ');
}

/** Whether `spaced` would change it. */
export function isUnspaced(text: string): boolean {
  return text.search(unspaced) >= 0;
}
