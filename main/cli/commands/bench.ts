/** Runs public benchmarks on a model: pictures and answers in the layout that their scorers read. The scorers themselves stay outside. */
import { appendFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { GenerateRequest, RgbImage } from '../../engine/protocol.ts';
import { StudioError } from '../../errors.ts';
import { writeFileAtomic } from '../../writeFile.ts';
import { defined, UsageError, type Arguments } from '../arguments.ts';
import { positionals, type Command } from '../command.ts';
import { engineOptionSpecs, withEngine, type EngineSession } from '../engineSession.ts';
import type { Io } from '../io.ts';
import { duration } from '../progress.ts';
import { readTables, writeTsv, type Table } from './benchQuestions.ts';
import { dpg, gedit, geneval, imgedit, type Benchmark, type Task } from './benchSets.ts';

const kinds = ['geneval', 'dpg', 'imgedit', 'gedit', 'opencompass'] as const;

/** What was done, and how fast. */
interface Report {
  readonly bench: string;
  readonly out: string;
  readonly done: number;
  readonly skipped: number;
  readonly pictures: number;
  readonly answers: number;
  readonly seconds: number;
  readonly perHour: number;
}

export const bench: Command = {
  name: 'bench',
  positionals: `${kinds.join('|')} FOLDER`,
  summary: 'Draws, edits or answers everything that a public benchmark asks, for its scorer.',
  notes: 'FOLDER holds the benchmark\'s public prompt files. What is in --out already is not made again: the same command goes on where it was stopped.',
  options: [
    { name: 'out', value: 'DIR', help: 'Where pictures or answers go (required)' },
    { name: 'samples', value: 'N', help: 'Pictures a prompt, for geneval and dpg (default 4)' },
    { name: 'limit', value: 'N', help: 'Only the first N prompts or questions of each table' },
    { name: 'seed', value: 'N', help: 'Seed of the first picture of a prompt (default 42)' },
    { name: 'steps', value: 'N', help: 'Denoising steps (default: the model\'s)' },
    { name: 'txt-cfg', value: 'X', help: 'How strongly the text guides (default: the model\'s)' },
    { name: 'img-cfg', value: 'X', help: 'How strongly the picture guides an edit (default: the model\'s)' },
    { name: 'width', value: 'N', help: 'Of drawn pictures (default: the model\'s)' },
    { name: 'height', value: 'N', help: 'Of drawn pictures (default: the model\'s)' },
    { name: 'max-tokens', value: 'N', help: 'The longest answer, for opencompass (default 256)' },
    ...engineOptionSpecs,
  ],
  async run(args, io) {
    const [name, folder] = positionals(args, ['BENCHMARK', 'FOLDER']);
    const kind = kinds.find((one) => one === name);
    if (kind === undefined) throw new UsageError(`There is no benchmark "${name}". There is: ${kinds.join(', ')}.`);
    const out = args.text('out');
    if (out === undefined || out === '') throw new UsageError('--out DIR is missing.');
    const dir = resolve(folder);
    const report = kind === 'opencompass' ? await answer(await readTables(dir), resolve(out), args, io) : await draw(kind, await read[kind](dir, count(args, 'samples') ?? 4), resolve(out), args, io);
    if (args.flag('json')) io.stdout.write(`${JSON.stringify(report)}\n`);
    else io.stdout.write(`${report.out}\n${report.done} done, ${report.skipped} were there, ${duration(report.seconds * 1000)}, ${report.perHour} an hour\n`);
  },
};

const read = { geneval, dpg, imgedit, gedit } as const;

function count(args: Arguments, name: string): number | undefined {
  const value = args.number(name);
  if (value !== undefined && (!Number.isInteger(value) || value < 1)) throw new StudioError('REQUEST_INVALID', `--${name} takes a whole number from 1 on.`, { option: name, received: value });
  return value;
}

async function draw(bench: string, set: Benchmark, out: string, args: Arguments, io: Io): Promise<Report> {
  const limit = count(args, 'limit');
  // Of prompts, not of pictures: half a prompt is of no use to a scorer.
  const prompts = [...new Set(set.tasks.map((task) => task.prompt + (task.image ?? '')))].slice(0, limit);
  const wanted = set.tasks.filter((task) => prompts.includes(task.prompt + (task.image ?? '')));
  const missing: Task[] = [];
  for (const task of wanted) if (!(await exists(join(out, task.out)))) missing.push(task);
  const folders = new Set(wanted.map((task) => firstFolder(task.out)));
  for (const companion of set.companions) {
    if (!folders.has(firstFolder(companion.out))) continue;
    await mkdir(dirname(join(out, companion.out)), { recursive: true });
    await writeFile(join(out, companion.out), companion.text);
  }
  const began = performance.now();
  let pictures = 0;
  const each = async (session: EngineSession): Promise<void> => {
    for (const [done, task] of missing.entries()) {
      const images: RgbImage[] = [];
      for (let i = 0; i < task.grid.columns * task.grid.rows; i++) images.push((await session.host.generate(await requestOf(task, i, args, io), session.run)).image);
      pictures += images.length;
      await mkdir(dirname(join(out, task.out)), { recursive: true });
      await writeFileAtomic(join(out, task.out), await io.imaging.encodePng(tile(images, task.grid.columns), JSON.stringify({ prompt: task.prompt })));
      tell(session, done + 1, missing.length, began);
    }
  };
  if (missing.length > 0) await withEngine(args, io, each);
  return report(bench, out, missing.length, wanted.length - missing.length, pictures, 0, began);
}

async function requestOf(task: Task, index: number, args: Arguments, io: Io): Promise<GenerateRequest> {
  const shared = { prompt: task.prompt, ...defined({ seed: (args.number('seed') ?? 42) + task.seedOffset + index, steps: args.number('steps'), txtCfg: args.number('txt-cfg') }) };
  if (task.image === undefined) return { kind: 'textToImage', ...shared, ...defined({ width: args.number('width'), height: args.number('height') }) };
  return { kind: 'edit', ...shared, image: await io.imaging.decode(task.image), sizing: 'published', ...defined({ imgCfg: args.number('img-cfg') }) };
}

/** Pictures of one size, in rows, without a gap. [h,w,3] each → [rows·h, columns·w, 3] */
export function tile(images: readonly RgbImage[], columns: number): RgbImage {
  const [first] = images;
  if (first === undefined || images.length === 1) return first ?? { width: 0, height: 0, data: new Uint8Array() };
  const { width, height } = first;
  const rows = Math.ceil(images.length / columns);
  const data = new Uint8Array(rows * height * columns * width * 3);
  images.forEach((image, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    for (let y = 0; y < height; y++) data.set(image.data.subarray(y * width * 3, (y + 1) * width * 3), ((row * height + y) * columns + column) * width * 3);
  });
  return { width: columns * width, height: rows * height, data };
}

/** Answers go to a file line by line, so that a stopped run goes on; the table is written when all of them are there. */
async function answer(tables: readonly Table[], out: string, args: Arguments, io: Io): Promise<Report> {
  await mkdir(out, { recursive: true });
  const limit = count(args, 'limit');
  const maxTokens = count(args, 'max-tokens') ?? 256;
  const began = performance.now();
  let [done, skipped] = [0, 0];
  await withEngine(args, io, async (session) => {
    const total = tables.reduce((sum, { questions }) => sum + Math.min(limit ?? Infinity, questions.length), 0);
    for (const { name, columns, questions } of tables) {
      const ledger = join(out, `.${name}.answers.jsonl`);
      const known = await readAnswers(ledger);
      const wanted = questions.slice(0, limit);
      for (const question of wanted) {
        if (known.has(question.index)) {
          skipped += 1;
          continue;
        }
        const images = await decodeAll(question.images, io);
        const { text } = await session.host.understand({ prompt: question.prompt, images, maxTokens }, { signal: session.run.signal });
        known.set(question.index, text);
        await appendFile(ledger, `${JSON.stringify([question.index, text])}\n`);
        done += 1;
        tell(session, done + skipped, total, began);
      }
      const rows = wanted.map(({ index, row }) => ({ ...row, prediction: known.get(index) ?? '' }));
      await writeFileAtomic(join(out, `${session.model.name}_${name}.tsv`), Buffer.from(writeTsv([...columns, 'prediction'], rows)));
    }
  });
  return report('opencompass', out, done, skipped, 0, done, began);
}

async function readAnswers(file: string): Promise<Map<string, string>> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  return new Map(lines.flatMap((line): [string, string][] => {
    try {
      const row = JSON.parse(line) as unknown;
      return Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'string' ? [[row[0], row[1]]] : [];
    } catch {
      // The line that was being written when the run ended.
      return [];
    }
  }));
}

/** The decoder reads files: each picture is one for a moment. */
async function decodeAll(pictures: readonly Uint8Array[], io: Io): Promise<RgbImage[]> {
  const images: RgbImage[] = [];
  for (const [i, bytes] of pictures.entries()) {
    const path = join(tmpdir(), `ovis-bench-${process.pid}-${i}`);
    try {
      await writeFile(path, bytes);
      images.push(await io.imaging.decode(path));
    } finally {
      await rm(path, { force: true });
    }
  }
  return images;
}

function tell({ progress }: EngineSession, done: number, of: number, began: number): void {
  const each = (performance.now() - began) / done;
  progress.say(`${done} of ${of} · ${duration(each * (of - done))} left`);
}

function report(bench: string, out: string, done: number, skipped: number, pictures: number, answers: number, began: number): Report {
  const seconds = Math.round(performance.now() - began) / 1000;
  return { bench, out, done, skipped, pictures, answers, seconds, perHour: seconds === 0 ? 0 : Math.round(((pictures + answers) / seconds) * 3600) };
}

function exists(path: string): Promise<boolean> {
  return stat(path).then((facts) => facts.size > 0, () => false);
}

function firstFolder(path: string): string {
  return path.split(/[\\/]/)[0] ?? '';
}
