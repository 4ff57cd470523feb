/** The words around a prompt: chat turns, and the fixed prompts of conditions. */

import { EngineError } from '../errors.ts';

/** Where a picture stands in a text. A user who types it means it: it counts as a place for a picture. */
export const imagePlaceholder = '<image>';

/** What the unconditional branches say. */
export const unconditionalPrompt = 'Generate an image.';

const textToImagePrefix =
  'Describe the image by detailing the color, shape, size, texture, quantity, text, and spatial relationships of the objects:';

const emptyThink = '<think>\n\n</think>\n\n';

export interface ChatTurn {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** Python's `str.strip`: JavaScript's `trim` takes U+FEFF too and leaves U+001C to U+001F and U+0085. */
function strip(text: string): string {
  const space = /\s/;
  const isSpace = (c: string) => (space.test(c) && c !== '\ufeff') || (c >= '\x1c' && c <= '\x1f') || c === '\x85';
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text[start]!)) start++;
  while (end > start && isSpace(text[end - 1]!)) end--;
  return text.slice(start, end);
}

/** How many pictures a text has places for. */
export function countPlaceholders(text: string): number {
  return text.split(imagePlaceholder).length - 1;
}

function turn(role: string, text: string): string {
  return `<|im_start|>${role}\n${text}<|im_end|>\n`;
}

/**
 * Puts the places of `images` pictures before a text: one plainly, several numbered. Source: Ovis-U1's test scripts.
 */
export function withImages(text: string, images: number): string {
  if (images === 0) return text;
  if (images === 1) return `${imagePlaceholder}\n${text}`;
  const lines = Array.from({ length: images }, (_, i) => `Image ${i + 1}: ${imagePlaceholder}\n`);
  return lines.join('') + text;
}

/** Context pictures stand one below the other, without numbers. */
const contextPlaces = (images: number): string => `${imagePlaceholder}\n`.repeat(images);

/**
 * The text→image prompt: the user's words follow the fixed ones with no space. Pictures (the blank one, references) stand
 * before it. Source: Ovis-U1 `build_inputs`, text→image.
 */
export function textToImagePrompt(prompt: string, images = 1): string {
  return contextPlaces(images) + textToImagePrefix + prompt;
}

/**
 * The edit prompt: pictures, then the instruction without outer white space. Source: Ovis-U1 `build_inputs`, edit.
 */
export function editPrompt(prompt: string, images = 1): string {
  return contextPlaces(images) + strip(prompt);
}

/**
 * The prompt of the branches without text.
 */
export function emptyPrompt(images = 1): string {
  return contextPlaces(images) + unconditionalPrompt;
}

/**
 * The chat that a condition is read from: the user's turn alone, no system turn, no answer begun.
 */
export function conditionChat(prompt: string): string {
  return turn('user', prompt);
}

/**
 * The chat that an answer is generated from: earlier turns, the user's turn, an answer begun with an empty thought.
 * Earlier answers carry the empty thought too, as in training. REQUEST_INVALID unless turns alternate, user first.
 * Source: Ovis-U1 `Qwen3ConversationFormatter`.
 */
export function generationChat(prompt: string, history: readonly ChatTurn[] = []): string {
  let chat = '';
  for (const [i, { role, text }] of history.entries()) {
    if (role !== (i % 2 === 0 ? 'user' : 'assistant')) {
      throw new EngineError('REQUEST_INVALID', 'Earlier turns must alternate, the user first.', { turn: i, role });
    }
    const thought = role === 'assistant' && !(text.includes('<think>') && text.includes('</think>')) ? emptyThink : '';
    chat += turn(role, thought + text);
  }
  if (history.length % 2 !== 0) {
    throw new EngineError('REQUEST_INVALID', 'Earlier turns must end with an answer.', { turns: history.length });
  }
  return `${chat}${turn('user', prompt)}<|im_start|>assistant\n${emptyThink}`;
}

/**
 * The chat of a question about pictures: pictures go where `<image>` stands in the question or earlier turns, or before
 * the first user turn when none of them holds it. REQUEST_INVALID where places and pictures differ in number.
 */
export function understandingChat(prompt: string, images: number, history: readonly ChatTurn[] = []): string {
  const texts = [...history.map((t) => t.text), prompt];
  const places = texts.reduce((sum, text) => sum + countPlaceholders(text), 0);
  if (places === 0 && images > 0) {
    const [first, ...rest] = history;
    if (!first) return generationChat(withImages(prompt, images));
    return generationChat(prompt, [{ role: first.role, text: withImages(first.text, images) }, ...rest]);
  }
  if (places !== images) {
    throw new EngineError(
      'REQUEST_INVALID',
      `The text holds ${imagePlaceholder} ${places} times, but ${images} pictures were given.`,
      { places, images },
    );
  }
  return generationChat(prompt, history);
}
