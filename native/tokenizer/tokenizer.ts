/** Text to token ids and back: Qwen's byte-level BPE. */

import { Tokenizer as Library } from '@huggingface/tokenizers';
import { EngineError } from '../errors.ts';
import { byteCharacters, pieceBytes } from './byteAlphabet.ts';
import { readTokenizerFiles } from './files.ts';
import type { AddedToken, TokenizerFiles } from './files.ts';

export interface SpecialIds {
  readonly pad: number;
  readonly eos: number;
  readonly imStart: number;
  readonly imEnd: number;
}

export interface DecodeOptions {
  /** Leaves out tokens that the files call special; `<think>` is not one. Default false. */
  readonly skipSpecial?: boolean;
}

/** Turns ids into text one by one; joined, its pieces equal the decoding of the whole. */
export interface StreamDecoder {
  /** The text that this id completes: empty while a character is still incomplete. */
  push(id: number): string;
  /** What is left: a broken character becomes U+FFFD. */
  end(): string;
}

/** One checkpoint's tokenizer. */
export interface Tokenizer {
  readonly special: SpecialIds;
  /** One more than the highest id. */
  readonly size: number;
  /** Token ids of a text; special tokens written out in it count as themselves, as in the reference. */
  encode(text: string): number[];
  /** Text of ids; bytes that form no character become U+FFFD. REQUEST_INVALID for an id beyond the vocabulary's rows. */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  stream(options?: DecodeOptions): StreamDecoder;
  idOf(token: string): number | undefined;
}

/** What we use of the library; its own declarations do not resolve under Node's module rules. */
interface BpeLibrary {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
}

const createLibrary = (definition: object, config: object) =>
  new (Library as unknown as new (definition: object, config: object) => BpeLibrary)(definition, config);

const noBytes = new Uint8Array(0);

class BpeTokenizer implements Tokenizer {
  readonly special: SpecialIds;
  readonly size: number;
  readonly #library: BpeLibrary;
  readonly #added: ReadonlyMap<number, AddedToken>;
  /** Bytes of ids seen so far: a vocabulary of 150 k pieces is not worth converting at load. */
  readonly #bytes = new Map<number, Uint8Array>();

  constructor(files: TokenizerFiles) {
    const { definition, config, source } = files;
    try {
      this.#library = createLibrary(definition, config);
    } catch (cause) {
      throw new EngineError('CONFIG_INVALID', `${source}: ${(cause as Error).message}`, { file: source }, { cause });
    }
    for (const character of byteCharacters) {
      if (this.#library.token_to_id(character) === undefined) {
        throw new EngineError('CONFIG_INVALID', `${source}: the vocabulary lacks the byte piece ${JSON.stringify(character)}.`, {
          file: source,
        });
      }
    }
    const added = definition['added_tokens'] as AddedToken[];
    this.#added = new Map(added.map((token) => [token.id, token]));
    const vocab = (definition['model'] as { vocab: Record<string, number> }).vocab;
    let highest = 0;
    for (const token of added) highest = Math.max(highest, token.id);
    for (const piece in vocab) highest = Math.max(highest, vocab[piece]!);
    this.size = highest + 1;
    const named = (token: string, file: string) => {
      const id = this.#library.token_to_id(token);
      if (id === undefined) throw new EngineError('CONFIG_INVALID', `${file}: the vocabulary lacks ${token}.`, { file, token });
      return id;
    };
    this.special = {
      pad: named(files.padToken, 'tokenizer_config.json'),
      eos: named(files.eosToken, 'tokenizer_config.json'),
      imStart: named('<|im_start|>', source),
      imEnd: named('<|im_end|>', source),
    };
  }

  encode(text: string): number[] {
    return text === '' ? [] : this.#library.encode(text, { add_special_tokens: false }).ids;
  }

  decode(ids: readonly number[], options?: DecodeOptions): string {
    const stream = this.stream(options);
    let text = '';
    for (const id of ids) text += stream.push(id);
    return text + stream.end();
  }

  stream({ skipSpecial = false }: DecodeOptions = {}): StreamDecoder {
    // Without ignoreBOM the decoder would swallow a byte-order mark that the model wrote.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      push: (id) => (skipSpecial && this.#added.get(id)?.special ? '' : decoder.decode(this.#bytesOf(id), { stream: true })),
      end: () => decoder.decode(),
    };
  }

  idOf(token: string): number | undefined {
    return this.#library.token_to_id(token);
  }

  #bytesOf(id: number): Uint8Array {
    const known = this.#bytes.get(id);
    if (known) return known;
    if (!Number.isInteger(id) || id < 0) throw new EngineError('REQUEST_INVALID', `There is no token ${id}.`, { id });
    const piece = this.#added.has(id) ? undefined : this.#library.id_to_token(id);
    const text = this.#added.get(id)?.content ?? piece;
    // Embedding tables have more rows than the vocabulary has tokens; such a row stands for nothing.
    const bytes = text === undefined ? noBytes : ((piece === undefined ? undefined : pieceBytes(piece)) ?? new TextEncoder().encode(text));
    this.#bytes.set(id, bytes);
    return bytes;
  }
}

/**
 * Loads a checkpoint folder's tokenizer. CONFIG_INVALID naming the file that is missing or broken.
 */
export async function loadTokenizer(dir: string): Promise<Tokenizer> {
  return new BpeTokenizer(await readTokenizerFiles(dir));
}
