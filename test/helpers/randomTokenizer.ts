/** A byte-level BPE tokenizer in Qwen's shape with generated merges: the real size and special tokens without the real vocabulary. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { seeded } from './random.ts';

const realFolder = path.join(import.meta.dirname, '../fixtures/real');
/** The published tokenizer's last ordinary id is one below: 256 bytes and 151,387 merges. */
export const realMergeCount = 151_387;
/** Source: Qwen2Tokenizer. */
const splitPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const longestToken = 16;

/**
 * Writes tokenizer.json, vocab.json, merges.txt, tokenizer_config.json, added_tokens.json and special_tokens_map.json.
 * With `realMergeCount` merges the special tokens get their published ids; with fewer they follow the vocabulary in the same order.
 */
export async function writeRandomTokenizer(dir: string, mergeCount: number, seed: number): Promise<void> {
  const { tokens, merges } = makeMerges(mergeCount, seed);
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const shift = tokens.length - (256 + realMergeCount);
  const added = await readReal<Record<string, number>>('added_tokens.json');
  const config = await readReal<{ added_tokens_decoder: Record<string, { content: string }> }>('tokenizer_config.json');
  const shifted = Object.entries(config.added_tokens_decoder).map(([id, token]) => ({ id: Number(id) + shift, ...token }));

  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
  const split = { type: 'Split', pattern: { Regex: splitPattern }, behavior: 'Isolated', invert: false };
  const write = (name: string, json: unknown): Promise<void> => writeFile(path.join(dir, name), JSON.stringify(json));
  await Promise.all([
    write('tokenizer.json', {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: shifted,
      normalizer: { type: 'NFC' },
      pre_tokenizer: { type: 'Sequence', pretokenizers: [split, byteLevel] },
      post_processor: byteLevel,
      decoder: byteLevel,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab,
        merges,
      },
    }),
    write('vocab.json', vocab),
    writeFile(path.join(dir, 'merges.txt'), ['#version: 0.2', ...merges, ''].join('\n')),
    write('added_tokens.json', Object.fromEntries(Object.entries(added).map(([token, id]) => [token, id + shift]))),
    write('tokenizer_config.json', { ...config, added_tokens_decoder: Object.fromEntries(shifted.map(({ id, ...token }) => [id, token])) }),
    write('special_tokens_map.json', await readReal('special_tokens_map.json')),
  ]);
}

async function readReal<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(path.join(realFolder, name), 'utf8')) as T;
}

/** Joins random pairs of known tokens; lower-case letters come up most, so that English shortens. */
function makeMerges(count: number, seed: number): { tokens: string[]; merges: string[] } {
  const random = seeded(seed);
  const tokens = byteAlphabet();
  const known = new Set(tokens);
  const words = [...'abcdefghijklmnopqrstuvwxyz', 'Ġ'];
  const merges: string[] = [];
  const merge = (left: string, right: string): void => {
    const joined = left + right;
    if (merges.length >= count || joined.length > longestToken || known.has(joined) || right.startsWith('Ġ')) return;
    known.add(joined);
    tokens.push(joined);
    if (/^Ġ?[a-z]+$/.test(joined)) words.push(joined);
    merges.push(`${left} ${right}`);
  };
  // All letter pairs first: BPE reaches a longer token only through the shorter ones.
  for (const left of [...words]) for (const right of words.slice(0, 26)) merge(left, right);
  while (merges.length < count) {
    merge(pick(random() < 0.8 ? words : tokens, random), pick(random() < 0.8 ? words : tokens, random));
  }
  return { tokens, merges };
}

function pick(list: readonly string[], random: () => number): string {
  return list[Math.floor(random() * list.length)]!;
}

/** The 256 bytes as printable characters, printable bytes first. Source: GPT-2 bytes_to_unicode. */
function byteAlphabet(): string[] {
  const isPrintable = (byte: number): boolean => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const printable = bytes.filter(isPrintable).map((byte) => String.fromCharCode(byte));
  return [...printable, ...bytes.filter((byte) => !isPrintable(byte)).map((_, i) => String.fromCharCode(256 + i))];
}
