/** What stands in a checkpoint's tokenizer files, checked: from tokenizer.json, or from the files it was made of. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../errors.ts';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly single_word: boolean;
  readonly normalized: boolean;
}

export interface TokenizerFiles {
  /** A tokenizer.json, as the tokenizers library reads it. */
  readonly definition: Record<string, unknown>;
  /** tokenizer_config.json. */
  readonly config: Record<string, unknown>;
  readonly padToken: string;
  readonly eosToken: string;
  /** The file that holds the vocabulary, for messages. */
  readonly source: string;
}

/** The words of Qwen's pre-tokenizer, for checkpoints that ship no tokenizer.json. Source: Qwen2Tokenizer. */
const qwenWords =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

type Json = Record<string, unknown>;

function invalid(file: string, problem: string, cause?: unknown): EngineError {
  return new EngineError('CONFIG_INVALID', `${file}: ${problem}`, { file }, cause === undefined ? {} : { cause });
}

async function readText(dir: string, file: string): Promise<string | undefined> {
  try {
    return await readFile(join(dir, file), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw invalid(file, 'cannot be read.', cause);
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readObject(dir: string, file: string): Promise<Json | undefined> {
  const text = await readText(dir, file);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'is no valid JSON.', cause);
  }
  if (!isObject(value)) throw invalid(file, 'holds no JSON object.');
  return value;
}

function tokenId(value: unknown, token: string, file: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw invalid(file, `the id of ${JSON.stringify(token)} is no whole number from 0 up.`);
  }
  return value;
}

/** A special token of tokenizer_config.json is a string or an object with `content`. */
function namedToken(config: Json, key: string): string {
  const value = config[key];
  const content = isObject(value) ? value['content'] : value;
  if (typeof content !== 'string' || content === '') throw invalid('tokenizer_config.json', `${key} is missing.`);
  return content;
}

function configTokens(config: Json): AddedToken[] {
  const file = 'tokenizer_config.json';
  const listed = config['added_tokens_decoder'] ?? {};
  if (!isObject(listed)) throw invalid(file, 'added_tokens_decoder is no object.');
  return Object.entries(listed).map(([key, entry]) => {
    if (!isObject(entry) || typeof entry['content'] !== 'string' || entry['content'] === '') {
      throw invalid(file, `added_tokens_decoder[${key}] has no content.`);
    }
    const flag = (name: string) => entry[name] === true;
    return {
      id: tokenId(Number(key), entry['content'], file),
      content: entry['content'],
      special: flag('special'),
      lstrip: flag('lstrip'),
      rstrip: flag('rstrip'),
      single_word: flag('single_word'),
      normalized: flag('normalized'),
    };
  });
}

/** added_tokens.json tells ids only; a token is special where tokenizer_config.json names it so. */
function listedTokens(added: Json, config: Json): AddedToken[] {
  const named = config['additional_special_tokens'];
  const special = new Set([...(Array.isArray(named) ? (named as unknown[]) : []), namedToken(config, 'pad_token'), namedToken(config, 'eos_token')]);
  return Object.entries(added).map(([content, id]) => ({
    id: tokenId(id, content, 'added_tokens.json'),
    content,
    special: special.has(content),
    lstrip: false,
    rstrip: false,
    single_word: false,
    normalized: false,
  }));
}

function parseMerges(text: string): [string, string][] {
  const merges: [string, string][] = [];
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line === '' || (i === 0 && line.startsWith('#version:'))) continue;
    const [a, b, more] = line.split(' ');
    if (!a || !b || more !== undefined) throw invalid('merges.txt', `line ${i + 1} is no pair of pieces.`);
    merges.push([a, b]);
  }
  return merges;
}

async function build(dir: string, config: Json): Promise<Json> {
  const vocab = await readObject(dir, 'vocab.json');
  if (!vocab) throw invalid('tokenizer.json', 'is missing, and vocab.json too: one of them is needed.');
  for (const [token, id] of Object.entries(vocab)) tokenId(id, token, 'vocab.json');
  const mergesText = await readText(dir, 'merges.txt');
  if (mergesText === undefined) throw invalid('merges.txt', 'is missing; vocab.json needs it.');
  const added = await readObject(dir, 'added_tokens.json');
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added ? listedTokens(added, config) : [],
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [{ type: 'Split', pattern: { Regex: qwenWords }, behavior: 'Isolated', invert: false }, byteLevel],
    },
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
      merges: parseMerges(mergesText),
    },
  };
}

function checkDefinition(definition: Json, source: string): void {
  const model = definition['model'];
  if (!isObject(model) || model['type'] !== 'BPE' || !isObject(model['vocab']) || !Array.isArray(model['merges'])) {
    throw invalid(source, 'holds no BPE model with vocab and merges.');
  }
  if (!Array.isArray(definition['added_tokens'])) throw invalid(source, 'added_tokens is no list.');
}

/** tokenizer_config.json knows tokens' flags better than added_tokens.json, and may know more tokens than tokenizer.json. */
function mergeAdded(own: readonly AddedToken[], configured: readonly AddedToken[], built: boolean): AddedToken[] {
  const byId = new Map(own.map((token) => [token.id, token]));
  for (const token of configured) if (built || !byId.has(token.id)) byId.set(token.id, token);
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

/**
 * Reads a checkpoint folder's tokenizer: tokenizer.json, else vocab.json + merges.txt (+ added_tokens.json), and always
 * tokenizer_config.json. CONFIG_INVALID naming the file that is missing or broken.
 */
export async function readTokenizerFiles(dir: string): Promise<TokenizerFiles> {
  const config = await readObject(dir, 'tokenizer_config.json');
  if (!config) throw invalid('tokenizer_config.json', 'is missing.');
  const shipped = await readObject(dir, 'tokenizer.json');
  const definition = shipped ?? (await build(dir, config));
  const source = shipped ? 'tokenizer.json' : 'vocab.json';
  checkDefinition(definition, source);
  const added = mergeAdded(definition['added_tokens'] as AddedToken[], configTokens(config), !shipped);
  return {
    definition: { ...definition, added_tokens: added },
    config,
    padToken: namedToken(config, 'pad_token'),
    eosToken: namedToken(config, 'eos_token'),
    source,
  };
}
