import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createEngine, createEstimators } from '../../native/index.ts';
import { benchOptions, JSON_REPORT } from './support/options.ts';
import { makeReport, printRow } from './support/report.ts';
import { sweepItems, sweepReport } from './support/toyboxSweep.ts';
import { speedRows } from './support/toyboxSpeed.ts';
import { tabulate, type Result } from './support/toyboxRows.ts';
import { EvaluationSet, type Item } from './support/toyboxSet.ts';
import { writeSheets } from './support/toyboxSheets.ts';
import type { Outcome, WorkerReply, WorkerSetup, WorkerTask } from './support/toyboxWorker.ts';

/** The built-in model's whole table. Results are kept in the out folder as they come, for the same weights, judges and set. */
const builtIn = path.resolve(import.meta.dirname, '../../resources/models/toybox');
const values = benchOptions('npm run studio -- bench toybox', 'The built-in model\'s whole table, drawn by the engine and judged by its detector. What was stopped goes on where it was.', {
  quick: { type: 'boolean', default: false, about: 'some 24 pictures a row, in under ten minutes' }, fresh: { type: 'boolean', default: false, about: 'forget what earlier runs found' },
  only: { type: 'string', value: 'REGEXP', default: '', about: 'rows whose name fits, "speed" and "guidance" among them' },
  workers: { type: 'string', value: 'N', default: String(Math.max(1, os.availableParallelism())), about: 'processes that draw' }, model: { type: 'string', value: 'DIR', default: builtIn, about: 'the model' },
  set: { type: 'string', value: 'DIR', default: path.join(builtIn, 'evaluation'), about: 'the evaluation set' }, estimators: { type: 'string', value: 'DIR', default: builtIn, about: 'where detector/ and depth/ are' },
  out: { type: 'string', value: 'DIR', default: path.resolve(import.meta.dirname, '../../out/bench-toybox'), about: 'where pictures and results are kept' }, json: JSON_REPORT,
});

/** `--quick`: one picture each of a row's first items. The whole run: every prompt four times, every edit twice. */
const QUICK_ITEMS = 24;
const seedsOf = (item: Item): number => {
  if (item.request.kind === 'understand' || item.request.kind === 'reconstruct') return 1;
  return item.row.startsWith('GenEval') ? 4 : 2;
};
/** Pictures kept for the sheets, of each row. */
const SHOWN = 8;

function plan(items: readonly Item[], hasDepth: boolean): WorkerTask[] {
  const only = new RegExp(values.only);
  const counts = new Map<string, number>();
  const tasks: WorkerTask[] = [];
  for (const item of items) {
    const number = counts.get(item.row) ?? 0;
    counts.set(item.row, number + 1);
    const measurable = hasDepth || item.row !== 'control depth';
    if (!measurable || !only.test(item.row) || (values.quick && number >= QUICK_ITEMS)) continue;
    const seeds = Array.from({ length: seedsOf(item) }, (_, i) => i + 1);
    // One seed lays out all pictures of a row alike: what is shown, and what `--quick` draws, takes another for each item.
    const shown = seeds[number % seeds.length];
    for (const seed of values.quick ? [shown!] : seeds) {
      const draws = item.request.kind !== 'understand' && item.request.kind !== 'reconstruct';
      tasks.push({ key: `${item.id}#${seed}`, item, draw: { seed }, save: draws && seed === shown && number < SHOWN ? `${item.id.replaceAll(/[^\w-]+/g, '_')}.png` : null });
    }
  }
  if (only.test('guidance')) tasks.push(...sweepItems(items, values.quick));
  return tasks;
}

/** Hands tasks to processes; every outcome is written down before the next is asked for. */
async function runAll(tasks: readonly WorkerTask[], setup: WorkerSetup, count: number, done: (key: string, outcome: Outcome) => Promise<void>): Promise<string[]> {
  const waiting = [...tasks];
  const errors: string[] = [];
  const started = performance.now();
  let finished = 0;
  const one = (): Promise<void> => new Promise((resolve, reject) => {
    const child: ChildProcess = fork(path.join(import.meta.dirname, 'support/toyboxWorker.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
    const next = (): void => {
      const task = waiting.shift();
      child.send(task ?? { stop: true });
    };
    child.on('message', (reply: WorkerReply | { readonly ready: true }) => void (async () => {
      if ('outcome' in reply) await done(reply.key, reply.outcome);
      if ('error' in reply) errors.push(`${reply.key}: ${reply.error}`);
      if (!('ready' in reply) && ++finished % 50 === 0) {
        const left = ((performance.now() - started) / finished) * (tasks.length - finished);
        console.error(`${finished} of ${tasks.length}, ${Math.ceil(left / 60_000)} min left`);
      }
      next();
    })().catch(reject));
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
    child.send({ setup });
  });
  await Promise.all(Array.from({ length: Math.min(count, Math.max(1, tasks.length)) }, one));
  return errors;
}

/** Outcomes of earlier runs; a last line that was cut short is left out. */
async function readKept(file: string): Promise<Map<string, Outcome>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const kept = new Map<string, Outcome>();
  for (const line of text.split('\n')) {
    try {
      const { key, outcome } = JSON.parse(line) as { key: string; outcome: Outcome };
      kept.set(key, outcome);
    } catch {
      // Not a whole line.
    }
  }
  return kept;
}

/** Names the judges and the set: verdicts of others are not taken over. */
async function judgesHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['detector/model.safetensors', 'detector/config.json', 'depth/model.safetensors', 'depth/config.json']) {
    hash.update(await readFile(path.join(values.estimators, file)).catch(() => 'none'));
  }
  return hash.update(await readFile(path.join(values.set, 'set.json'))).digest('hex').slice(0, 8);
}

async function main(): Promise<void> {
  const estimators = await createEstimators(values.estimators, { threads: 1 });
  const { has } = estimators;
  if (!has.detector) throw new Error(`no detector in ${values.estimators}: train one (training/README.md)`);
  if (!has.depth) console.error(`no depth network in ${values.estimators}: the row "control depth" is left out`);
  await estimators.dispose();
  const engine = await createEngine(values.model, { threads: 1 });
  const { info } = engine;
  await engine.dispose();
  const set = await EvaluationSet.open(values.set);
  const folder = path.join(values.out, `${info.modelHash.slice(0, 12)}-${await judgesHash()}`);
  const kept = path.join(folder, 'results.jsonl');
  await mkdir(folder, { recursive: true });
  if (values.fresh) await writeFile(kept, '');
  const outcomes = await readKept(kept);
  const tasks = plan(set.items, has.depth);
  const open = tasks.filter(({ key }) => !outcomes.has(key));
  console.error(`${info.name}: ${(info.parameters / 1e6).toFixed(1)} M parameters, ${tasks.length} trials, ${tasks.length - open.length} of them known`);
  const setup: WorkerSetup = { modelDir: values.model, estimatorDir: values.estimators, setDir: values.set, pictureDir: path.join(folder, 'pictures') };
  const errors = await runAll(open, setup, Number(values.workers), async (key, outcome) => {
    outcomes.set(key, outcome);
    await appendFile(kept, `${JSON.stringify({ key, outcome })}\n`);
  });
  const results: Result[] = tasks.flatMap(({ key, item }) => (outcomes.has(key) && !key.startsWith('guidance') ? [{ row: item.row, outcome: outcomes.get(key)! }] : []));
  const rows = tabulate(results, info.sizes.some(([width]) => width >= 256) ? 'full' : 'mini');
  rows.push(...(await sweepReport(tasks, outcomes, folder)));
  if (new RegExp(values.only).test('speed')) rows.push(...(await speedRows(values.model, await set.editedPicture())));
  await writeSheets(tasks, setup.pictureDir, folder);
  const report = { ...makeReport(rows), modelHash: info.modelHash, quick: values.quick, errors };
  await writeFile(path.join(folder, values.quick ? 'quick.json' : 'report.json'), `${JSON.stringify(report, null, 1)}\n`);
  rows.forEach(printRow);
  if (values.json) console.log(JSON.stringify(report));
  for (const error of [...new Set(errors.map((line) => line.replace(/^.*?: /, '')))]) console.error(`failed: ${error} (${errors.filter((line) => line.endsWith(error)).length} trials)`);
  console.error(`pictures and results: ${folder}`);
}

await main();
