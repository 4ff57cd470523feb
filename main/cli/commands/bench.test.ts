import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spawnNode } from '../../engine/spawnNode.ts';
import { Imaging } from '../../imaging/imaging.ts';
import { runStudio } from '../studio.ts';
import { tile } from './bench.ts';
import { parseTsv, writeTsv } from './benchQuestions.ts';

const imaging = new Imaging();
const spawn = spawnNode({ entry: join(import.meta.dirname, '../../../test/helpers/fakeEngineEntry.ts') });
let dir: string;
let out: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-bench-'));
  out = join(dir, 'out');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
afterAll(() => imaging.close());

async function bench(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [said, err] = ['', ''];
  const code = await runStudio(['bench', ...args, '--model', dir], {
    stdout: { write: (text) => (said += text) }, stderr: { write: (text) => (err += text) }, spawn, imaging, onInterrupt: () => () => undefined,
  });
  return { code, out: said, err };
}
const files = (at = out): string[] => readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(at.length + 1)).sort();
const picture = (): Promise<Buffer> => sharp({ create: { width: 32, height: 32, channels: 3, background: '#a03020' } }).png().toBuffer();

describe('bench', () => {
  it('geneval: pictures and metadata by number, and only what is missing the next time', async () => {
    writeFileSync(join(dir, 'evaluation_metadata.jsonl'), '{"tag":"single_object","include":[{"class":"bench","count":1}],"prompt":"a bench"}\n{"tag":"x","prompt":"a cow"}\n');
    const first = await bench(['geneval', dir, '--out', out, '--samples', '2', '--json', '--quiet']);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(first.out)).toMatchObject({ bench: 'geneval', done: 4, skipped: 0, pictures: 4, perHour: expect.any(Number) });
    expect(files()).toEqual(['00000/metadata.jsonl', '00000/samples/00000.png', '00000/samples/00001.png', '00001/metadata.jsonl', '00001/samples/00000.png', '00001/samples/00001.png']);
    expect(JSON.parse(readFileSync(join(out, '00000/metadata.jsonl'), 'utf8'))).toMatchObject({ tag: 'single_object', prompt: 'a bench' });
    rmSync(join(out, '00001/samples/00001.png'));
    expect(JSON.parse((await bench(['geneval', dir, '--out', out, '--samples', '2', '--json'])).out)).toMatchObject({ done: 1, skipped: 3 });
    expect(JSON.parse((await bench(['geneval', dir, '--out', join(dir, 'few'), '--limit', '1', '--json'])).out)).toMatchObject({ done: 4 });
  });

  it('dpg: four pictures in a square, one file a prompt', async () => {
    mkdirSync(join(dir, 'prompts'));
    writeFileSync(join(dir, 'prompts/COCOval_1.txt'), 'a long prompt\n');
    expect(await bench(['dpg', dir, '--out', out])).toMatchObject({ code: 0 });
    expect(files()).toEqual(['COCOval_1.png']);
    expect(await sharp(join(out, 'COCOval_1.png')).metadata()).toMatchObject({ width: 32, height: 32 });
    expect(await bench(['dpg', dir, '--out', out, '--samples', '3'])).toMatchObject({ code: 1, err: expect.stringContaining('one picture or four') });
  });

  it('imgedit and gedit: one picture an instruction, where the scorer looks', async () => {
    mkdirSync(join(dir, 'singleturn/animal'), { recursive: true });
    writeFileSync(join(dir, 'singleturn/animal/1.png'), await picture());
    writeFileSync(join(dir, 'basic_edit.json'), JSON.stringify({ 1082: { id: 'animal/1.png', prompt: 'make it blue', edit_type: 'colour' } }));
    expect(await bench(['imgedit', dir, '--out', out])).toMatchObject({ code: 0 });
    expect(files()).toEqual(['1082.png']);
    writeFileSync(join(dir, 'gedit.jsonl'), `${JSON.stringify({ key: 'k1', task_type: 'background_change', instruction: 'snow', instruction_language: 'cn', image: 'singleturn/animal/1.png' })}\n`);
    expect(await bench(['gedit', dir, '--out', join(dir, 'g')])).toMatchObject({ code: 0 });
    expect(files(join(dir, 'g'))).toEqual(['fullset/background_change/cn/k1.png']);
  });

  it('opencompass: answers beside the questions, going on after the last one', async () => {
    const image = (await picture()).toString('base64');
    const rows = [{ index: '1', question: 'what?\nreally', A: 'a', B: 'b', hint: 'nan', image }, { index: '2', question: 'and "this"?', A: '', B: '', hint: '', image: '1' }];
    writeFileSync(join(dir, 'MMBench.tsv'), writeTsv(['index', 'question', 'hint', 'A', 'B', 'image'], rows));
    expect(await bench(['opencompass', dir, '--out', out])).toMatchObject({ code: 0 });
    const [header, ...answers] = parseTsv(readFileSync(join(out, 'puppet_MMBench.tsv'), 'utf8'));
    expect(header).toEqual(['index', 'question', 'hint', 'A', 'B', 'prediction']);
    expect(answers.map((row) => [row[1], row.at(-1)])).toEqual([['what?\nreally', 'It is a red cube.'], ['and "this"?', 'It is a red cube.']]);
    expect(JSON.parse((await bench(['opencompass', dir, '--out', out, '--json'])).out)).toMatchObject({ done: 0, skipped: 2 });
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['no such benchmark', 'mmlu', {}, 'There is no benchmark'],
    ['no prompts', 'geneval', {}, 'holds no evaluation_metadata.jsonl'],
    ['a line that is no JSON', 'geneval', { 'evaluation_metadata.jsonl': 'x' }, 'line 1 is no JSON'],
    ['a row without a prompt', 'geneval', { 'evaluation_metadata.jsonl': '{"tag":"x"}' }, 'prompt'],
    ['a picture outside of the folder', 'imgedit', { 'basic_edit.json': '{"1":{"id":"../../etc/passwd","prompt":"x"}}' }, 'leads out of its folder'],
    ['a name that leads elsewhere', 'imgedit', { 'basic_edit.json': '{"../x":{"id":"a.png","prompt":"x"}}' }, 'cannot be a file\'s name'],
    ['a table without pictures', 'opencompass', { 'a.tsv': 'index\tquestion\n1\twhat?\n' }, 'no column "image"'],
    ['a picture that is not there', 'opencompass', { 'a.tsv': 'index\tquestion\timage\n1\twhat?\t7\n' }, 'which has none'],
  ])('%s', async (_name, kind, given, words) => {
    for (const [name, text] of Object.entries(given)) writeFileSync(join(dir, name), text);
    const ran = await bench([kind, dir, '--out', out]);
    expect(ran.code).toBeGreaterThan(0);
    expect(ran.err).toContain(words);
  });
});

it('pictures lie beside and below each other', () => {
  const flat = (value: number) => ({ width: 1, height: 2, data: new Uint8Array(6).fill(value) });
  expect([...tile([flat(1), flat(2), flat(3), flat(4)], 2).data].filter((_, i) => i % 3 === 0)).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
});

it('tables survive quotes, tabs and line ends', () => {
  const rows = [{ a: 'x\ty', b: 'say "hi"\r\nnow' }, { a: '', b: '"' }];
  expect(parseTsv(writeTsv(['a', 'b'], rows))).toEqual([['a', 'b'], ['x\ty', 'say "hi"\r\nnow'], ['', '"']]);
  expect(parseTsv('a\tb\r\n1\t\n')).toEqual([['a', 'b'], ['1', '']]);
});
