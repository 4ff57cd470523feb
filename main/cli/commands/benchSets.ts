/** The prompt files of public benchmarks of drawing and editing → what to draw, and where its scorer looks for it. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../errors.ts';

/** One picture file that a scorer reads. */
export interface Task {
  /** Relative to the output folder. */
  readonly out: string;
  readonly prompt: string;
  /** The picture to edit; none = drawn from the text. */
  readonly image?: string;
  /** Pictures of consecutive seeds, beside and below each other in one file. */
  readonly grid: { readonly columns: number; readonly rows: number };
  /** Added to the first seed. */
  readonly seedOffset: number;
}

/** A file that stands beside the pictures. */
export interface Companion {
  readonly out: string;
  readonly text: string;
}

export interface Benchmark {
  readonly tasks: readonly Task[];
  readonly companions: readonly Companion[];
}

const one = { columns: 1, rows: 1 } as const;

/** `evaluation_metadata.jsonl`: one prompt a line, `samples` pictures each → `00000/{metadata.jsonl,samples/00000.png}`. */
export async function geneval(dir: string, samples: number): Promise<Benchmark> {
  const file = await findFile(dir, (name) => /metadata.*\.jsonl$/.test(name), 'evaluation_metadata.jsonl');
  const prompts = await readLines(file, z.looseObject({ prompt: z.string().min(1) }));
  const folder = (index: number): string => String(index).padStart(5, '0');
  return {
    companions: prompts.map((row, i) => ({ out: join(folder(i), 'metadata.jsonl'), text: `${JSON.stringify(row)}\n` })),
    tasks: prompts.flatMap(({ prompt }, i) => Array.from({ length: samples }, (_, sample) => ({ out: join(folder(i), 'samples', `${folder(sample)}.png`), prompt, grid: one, seedOffset: sample }))),
  };
}

/** A folder of `*.txt`, one prompt each → `NAME.png`, four pictures in a square (one with `--samples 1`). */
export async function dpg(dir: string, samples: number): Promise<Benchmark> {
  if (samples !== 1 && samples !== 4) throw new StudioError('REQUEST_INVALID', `Its scorer reads one picture or four, not ${samples}.`, { option: 'samples', received: samples });
  const folder = (await readdir(join(dir, 'prompts')).catch(() => undefined)) ? join(dir, 'prompts') : dir;
  const names = (await list(folder)).filter((name) => name.endsWith('.txt')).sort();
  if (names.length === 0) throw missing(dir, 'a folder of .txt prompts');
  const tasks = await Promise.all(names.map(async (name): Promise<Task> => ({
    out: `${name.slice(0, -4)}.png`, prompt: (await readFile(join(folder, name), 'utf8')).trim(), grid: samples === 4 ? { columns: 2, rows: 2 } : one, seedOffset: 0,
  })));
  return { tasks, companions: [] };
}

/** `basic_edit.json`: id → picture and instruction; the pictures in `singleturn/` or beside it → `ID.png`. */
export async function imgedit(dir: string): Promise<Benchmark> {
  const file = await findFile(dir, (name) => /edit.*\.json$/.test(name), 'basic_edit.json');
  const rows = Object.entries(parse(z.record(z.string(), z.looseObject({ id: z.string(), prompt: z.string().min(1) })), await readJson(file), file));
  const root = (await list(dir)).includes('singleturn') ? join(dir, 'singleturn') : dir;
  return { companions: [], tasks: rows.map(([key, { id, prompt }]) => ({ out: `${plainName(key, file)}.png`, prompt, image: inside(root, id, file), grid: one, seedOffset: 0 })) };
}

/** A `.jsonl` of its rows with pictures as files (`key`, `task_type`, `instruction`, `instruction_language`, `image`) → `fullset/TASK/LANGUAGE/KEY.png`. */
export async function gedit(dir: string): Promise<Benchmark> {
  const file = await findFile(dir, (name) => name.endsWith('.jsonl'), 'gedit.jsonl');
  const rows = await readLines(file, z.looseObject({ key: z.string(), task_type: z.string(), instruction: z.string().min(1), instruction_language: z.string().default('en'), image: z.string() }));
  return {
    companions: [],
    tasks: rows.map((row) => ({
      out: join('fullset', plainName(row.task_type, file), plainName(row.instruction_language, file), `${plainName(row.key, file)}.png`), prompt: row.instruction, image: inside(dir, row.image, file), grid: one, seedOffset: 0,
    })),
  };
}

/** A name of the file becomes a name of ours: it must not lead anywhere. */
function plainName(name: string, file: string): string {
  if (!/^[\w][\w .-]{0,150}$/.test(name)) throw new StudioError('REQUEST_INVALID', `${file}: "${name.slice(0, 80)}" cannot be a file's name.`, { path: file });
  return name;
}

function inside(root: string, name: string, file: string): string {
  const path = resolve(root, name);
  if (!path.startsWith(resolve(root) + sep)) throw new StudioError('REQUEST_INVALID', `${file}: "${name.slice(0, 80)}" leads out of its folder.`, { path: file });
  return path;
}

async function list(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => { throw new StudioError('REQUEST_INVALID', `There is no folder ${dir}.`, { path: dir }); });
}

async function findFile(dir: string, fits: (name: string) => boolean, usual: string): Promise<string> {
  const names = await list(dir);
  const found = names.find((name) => name === usual) ?? names.find(fits);
  if (found === undefined) throw missing(dir, usual);
  return join(dir, found);
}

function missing(dir: string, what: string): StudioError {
  return new StudioError('REQUEST_INVALID', `${dir} holds no ${basename(what)}.`, { path: dir, expected: what });
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new StudioError('REQUEST_INVALID', `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, { path: file }, { cause: error });
  }
}

async function readLines<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, i) => {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      throw new StudioError('REQUEST_INVALID', `${file}: line ${i + 1} is no JSON.`, { path: file, line: i + 1 });
    }
    return parse(schema, json, `${file}: line ${i + 1}`);
  });
}

function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new StudioError('REQUEST_INVALID', `${where}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`, { where });
}
