import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goldenCases, goldenRoot, loadGolden } from '../image/golden.testing.ts';
import { conditionChat, editPrompt, emptyPrompt, generationChat, textToImagePrompt, understandingChat, withImages } from './chatTemplate.ts';
import { expandImages, tokenizeWithImages } from './placeholders.ts';
import { loadTokenizer } from './tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';

const files = ['tokenizer.json', 'vocab.json', 'merges.txt', 'tokenizer_config.json', 'added_tokens.json'];
const made: string[] = [];

async function copyOf(name: string, without: readonly string[] = []): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tokenizer-'));
  made.push(dir);
  for (const file of files) if (!without.includes(file)) await cp(join(goldenRoot, name, file), join(dir, file));
  return dir;
}

afterAll(() => Promise.all(made.map((dir) => rm(dir, { recursive: true }))));

describe.each(goldenCases)('tokenizer: %s', (name) => {
  const golden = loadGolden(name);

  it.each([
    ['tokenizer.json', []],
    ['vocab.json and merges.txt', ['tokenizer.json']],
    ['vocab.json without added_tokens.json', ['tokenizer.json', 'added_tokens.json']],
  ] as const)('gives every golden id, from %s', async (_name, without) => {
    const tokenizer = await loadTokenizer(await copyOf(name, without));
    expect(tokenizer.special).toEqual({ pad: 256, imStart: 257, imEnd: 258, eos: 258 });
    for (const tag of ['u', 't2i.uncond', 't2i.cond', 'edit.no_both', 'edit.no_txt', 'edit.cond']) {
      const raw = tokenizeWithImages(tokenizer, golden.info[`${tag}.chat_text`] as string);
      expect(raw).toEqual([...golden.i32(`${tag}.raw_ids`)]);
      expect(expandImages(raw)).toEqual([...golden.i32(`${tag}.input_ids`)]);
    }
  });

  it('the chats are those of the reference', () => {
    const { info } = golden;
    const t2i = info['t2i'] as { user_prompt: string };
    const edit = info['edit'] as { user_prompt: string };
    expect(conditionChat(textToImagePrompt(t2i.user_prompt))).toBe(info['t2i.cond.chat_text']);
    expect(conditionChat(emptyPrompt())).toBe(info['t2i.uncond.chat_text']);
    expect(conditionChat(editPrompt(` ${edit.user_prompt}\n`))).toBe(info['edit.cond.chat_text']);
    const question = info['u.prompt'] as string;
    expect(generationChat(question)).toBe(info['u.chat_text']);
    const images = golden.has('u.image1') ? 2 : 1;
    expect(understandingChat(question, images)).toBe(info['u.chat_text']);
    const bare = question.replaceAll(/(Image \d: )?<image>\n/g, '');
    expect(withImages(bare, images)).toBe(question);
    expect(understandingChat(bare, images)).toBe(info['u.chat_text']);
  });

  it('greedy ids decode to the golden text, at once and in pieces', async () => {
    const tokenizer = await loadTokenizer(golden.dir);
    const ids = golden.info['u.greedy.tokens'] as number[];
    const text = golden.info['u.greedy.text'] as string;
    expect(tokenizer.decode(ids)).toBe(text);
    const stream = tokenizer.stream();
    expect(ids.map((id) => stream.push(id)).join('') + stream.end()).toBe(text);
  });
});

describe('text and ids', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(join(goldenRoot, 'dev_a'));
  });

  it.each(['', ' ', 'a  b', "I'LL\n\n x", 'größer', '数字 123', '👩‍👩‍👧 family', '\ufeffmark', 'a\0b', '\r\n\t'])('round trip: %j', (text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.normalize('NFC'));
  });

  it('normalises to NFC, and a lone surrogate becomes U+FFFD', () => {
    expect(tokenizer.encode('e\u0301')).toEqual(tokenizer.encode('é'));
    expect(tokenizer.decode(tokenizer.encode('a\ud800b'))).toBe('a\ufffdb');
  });

  it('holds back incomplete characters', () => {
    const ids = tokenizer.encode('é👍');
    const stream = tokenizer.stream();
    expect(ids.map((id) => stream.push(id))).toEqual(['', 'é', '', '', '', '👍']);
    expect(stream.end()).toBe('');
    const broken = tokenizer.stream();
    broken.push(ids[0]!);
    expect(broken.end()).toBe('\ufffd');
  });

  it('special tokens written out are special tokens, and can be left out of the text', () => {
    const ids = tokenizer.encode('a<|im_end|><think>b');
    expect(ids).toEqual([...tokenizer.encode('a'), 258, 259, ...tokenizer.encode('b')]);
    expect(tokenizer.decode(ids)).toBe('a<|im_end|><think>b');
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('a<think>b');
  });

  it('rows beyond the vocabulary stand for nothing; negative ids are refused', () => {
    expect(tokenizer.decode([271])).toBe('');
    expect(() => tokenizer.decode([-200])).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});

describe('broken files', () => {
  it.each([
    ['tokenizer_config.json', '', /tokenizer_config\.json.*JSON/],
    ['tokenizer_config.json', '{}', /tokenizer_config\.json.*pad_token/],
    ['tokenizer_config.json', '[]', /tokenizer_config\.json.*object/],
    ['tokenizer.json', '{"model":', /tokenizer\.json.*JSON/],
    ['tokenizer.json', '{}', /tokenizer\.json.*BPE/],
    ['tokenizer.json', '{"model":{"type":"BPE","vocab":{},"merges":[]},"added_tokens":[]}', /tokenizer\.json/],
  ])('%s holding %j', async (file, text, message) => {
    const dir = await copyOf('dev_a');
    await writeFile(join(dir, file), text);
    await expect(loadTokenizer(dir)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) as string });
  });

  it.each([
    ['vocab.json', '{"a": -1}', /vocab\.json.*whole number/],
    ['vocab.json', '{"a": 0}', /vocab\.json.*byte piece/],
    ['merges.txt', '#version: 0.2\na b c\n', /merges\.txt.*line 2/],
    ['added_tokens.json', '{"<x>": "1"}', /added_tokens\.json.*whole number/],
  ])('%s holding %j, without tokenizer.json', async (file, text, message) => {
    const dir = await copyOf('dev_a', ['tokenizer.json']);
    await writeFile(join(dir, file), text);
    await expect(loadTokenizer(dir)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) as string });
  });

  it.each([
    [['tokenizer_config.json'], /tokenizer_config\.json: is missing/],
    [['tokenizer.json', 'vocab.json'], /vocab\.json too/],
    [['tokenizer.json', 'merges.txt'], /merges\.txt: is missing/],
  ])('without %j', async (without, message) => {
    await expect(loadTokenizer(await copyOf('dev_a', without))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('merges', () => {
  it('are applied in their order, from vocab.json and merges.txt', async () => {
    const dir = await copyOf('dev_a', ['tokenizer.json']);
    const { readFile } = await import('node:fs/promises');
    const vocab = JSON.parse(await readFile(join(dir, 'vocab.json'), 'utf8')) as Record<string, number>;
    await writeFile(join(dir, 'vocab.json'), JSON.stringify({ ...vocab, he: 300, ll: 301, hell: 302, 'Ġhell': 303, hello: 304 }));
    await writeFile(join(dir, 'merges.txt'), '#version: 0.2\nh e\nl l\nhe ll\nhell o\nĠ hell\n');
    const tokenizer = await loadTokenizer(dir);
    expect(tokenizer.encode('hello hell')).toEqual([304, 303]);
    expect(tokenizer.decode([304, 303])).toBe('hello hell');
    expect(tokenizer.size).toBe(305);
  });
});
