/** Models from the command line: the same services as the page's, on the same folders. */
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { endpointSchema, repoSchema, revisionSchema, type Install, type InstallPlan, type PlanInput } from '../../../preload/contract/models.ts';
import { cancelled, fromFailure, StudioError } from '../../errors.ts';
import { ovisU1Repo } from '../../models/catalogue.ts';
import { modelIdOf } from '../../models/identity.ts';
import { openModels, type Models } from '../../models/openModels.ts';
import { builtInModelId } from '../../models/modelList.ts';
import { verifyFolder } from '../../models/verify.ts';
import { SettingsFile } from '../../settings.ts';
import { defaultDataDir } from '../../dataDir.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { builtInModel, type Io } from '../io.ts';
import { duration, ProgressBar } from '../progress.ts';
import { checkPrecisionOption, choose, pack, precisions, unpack } from './modelPrecisions.ts';

const actions = ['list', 'plan', 'install', 'verify', 'remove', 'cancel', 'import', 'precisions', 'choose', 'pack', 'unpack'] as const;
type Action = (typeof actions)[number];

interface Session extends Models {
  readonly args: Arguments;
  readonly io: Io;
  readonly progress: ProgressBar;
  readonly signal: AbortSignal;
  readonly settings: SettingsFile;
  readonly dataDir: string;
  /** The second word, where there is one. */
  readonly name: string | undefined;
}

export const models: Command = {
  name: 'models',
  positionals: `${actions.join('|')} [REPO|MODEL|DIR]`,
  summary: 'Lists, downloads, checks, packs and removes models.',
  notes: `plan and install take a repository (default: ${ovisU1Repo}), verify, remove and cancel a model of the list, import a folder or a hub cache.\n`
    + 'install goes on where it was stopped; Ctrl-C pauses it. A token is read from HF_TOKEN, or is the one stored in the studio; it is sent to the endpoint\'s own host alone.\n'
    + 'precisions tells what each takes and costs here; choose takes one for a model, pack makes its weights ahead, unpack gives their room back.',
  options: [
    { name: 'precision', value: 'P', help: 'choose, pack, unpack: fp32, fp16, int8, q4 (4 bits in blocks of 32) or q4b128; choose also takes auto' },
    { name: 'endpoint', value: 'URL', help: 'Hub or mirror (default: HF_ENDPOINT, else the one of the studio\'s settings)' },
    { name: 'revision', value: 'REV', help: 'Branch, tag or commit (default: main)' },
    { name: 'data', value: 'DIR', help: 'The studio\'s data folder' },
  ],
  async run(args, io) {
    const [action, name, ...others] = args.positionals;
    if (action === undefined) throw new UsageError(`What to do is missing: ${actions.join(', ')}.`);
    const known = actions.find((one) => one === action);
    if (known === undefined) throw new UsageError(`models ${action} is not known; there is: ${actions.join(', ')}.`);
    if (others.length > 0) throw new UsageError(`"${others[0]}" is one argument too many.`);
    checkPrecisionOption(known, args);
    if (name === undefined && !['list', 'plan', 'install', 'precisions'].includes(known)) throw new UsageError(`models ${known} takes ${known === 'import' ? 'a folder' : 'the model\'s name; models list tells them'}.`);
    await withModels(args, io, name, (session) => run[known](session));
  },
};

const run: Readonly<Record<Action, (session: Session) => Promise<void>>> = { list, plan, install, verify, remove, cancel, import: importFolder,
  precisions: async (session) => precisions(session, session.name === undefined ? builtInModelId : await modelOf(session)), choose: async (session) => choose(session, await modelOf(session)),
  pack: async (session) => pack(session, await modelOf(session)), unpack: async (session) => unpack(session, await modelOf(session)),
};

async function withModels(args: Arguments, io: Io, name: string | undefined, use: (session: Session) => Promise<void>): Promise<void> {
  const dataDir = resolve(args.text('data') ?? io.dataDir ?? defaultDataDir(homedir(), process.env));
  await mkdir(dataDir, { recursive: true });
  const settings = await SettingsFile.open(dataDir, () => undefined);
  const endpoint = args.text('endpoint') ?? process.env['HF_ENDPOINT'];
  const token = process.env['HF_TOKEN'];
  const progress = new ProgressBar(io.stderr, args.flag('quiet'));
  const shown = showInstalls(progress);
  const opened = await openModels({
    dataDir, builtInDir: builtInModel, chosen: () => settings.get().modelId, publish: (event) => { if (event.type === 'install') shown(event.install); },
    session: { ...(endpoint !== undefined && endpoint !== '' && { endpoint: checked('--endpoint', endpointSchema, endpoint).replace(/\/+$/, '') }), ...(token !== undefined && token !== '' && { token }) },
  });
  const abort = new AbortController();
  const unsubscribe = io.onInterrupt(() => {
    progress.say('Stopping; what is here stays.');
    abort.abort(cancelled('Stopped; the same command goes on.'));
  });
  try {
    await use({ ...opened, settings, dataDir, args, io, progress, name, signal: abort.signal });
  } finally {
    progress.end();
    unsubscribe();
    await opened.installs.close();
  }
}

async function list({ models: all, installs, args, io }: Session): Promise<void> {
  const [entries, half] = [await all.list(), installs.list()];
  if (args.flag('json')) return void io.stdout.write(`${JSON.stringify({ models: entries, installs: half })}\n`);
  const rows = entries.map((model) => [model.id, model.state === 'ready' ? (model.inUse ? 'in use' : 'ready') : model.state, model.bytes === null ? '' : gigabytes(model.bytes), model.dir ?? model.source?.repo ?? '']);
  for (const one of half) rows.push([one.modelId, `${one.state}, ${Math.floor((100 * one.doneBytes) / Math.max(1, one.bytes))} %`, gigabytes(one.bytes), one.source.repo]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)) + 2);
  io.stdout.write(rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('').trimEnd()}\n`).join(''));
}

async function plan(session: Session): Promise<void> {
  const { installs, args, io, signal } = session;
  const found = await installs.plan(inputOf(session), signal);
  io.stdout.write(args.flag('json') ? `${JSON.stringify(found)}\n` : planText(found));
}

async function install(session: Session): Promise<void> {
  const { installs, models: all, args, io, signal, progress } = session;
  const input = inputOf(session);
  const found = await installs.plan(input, signal);
  const { modelId } = found;
  if (!found.installed) {
    if (!args.flag('json')) progress.say(`${found.name}: ${gigabytes(found.bytes - found.presentBytes)} to fetch from ${found.source.endpoint}, licence ${found.licence ?? 'not stated'}`);
    const stop = (): void => void installs.pause(modelId).catch(() => undefined);
    signal.addEventListener('abort', stop, { once: true });
    await installs.install(found.source, signal);
    if (signal.aborted) stop();
    const left = await installs.ended(modelId);
    signal.throwIfAborted();
    if (left?.failure) throw fromFailure(left.failure);
    if (left) throw cancelled('The download was paused.', { modelId });
  }
  const dir = await all.dirOf(modelId);
  io.stdout.write(args.flag('json') ? `${JSON.stringify({ modelId, dir, bytes: found.bytes, source: found.source })}\n` : `${dir}\n`);
}

async function verify(session: Session): Promise<void> {
  const { models: all, args, io, signal, progress } = session;
  const modelId = await modelOf(session);
  let tenth = -1;
  const report = await verifyFolder(modelId, await all.dirOf(modelId), signal, (bytes, of) => {
    const now = Math.floor((10 * bytes) / Math.max(1, of));
    if (now !== tenth) progress.say(`Checking ${gigabytes(bytes)} of ${gigabytes(of)}`);
    tenth = now;
  });
  progress.end();
  const wrong = report.files.filter(({ state }) => state === 'changed' || state === 'missing');
  if (!report.whole) throw new StudioError('CHECKSUM', `${wrong.map(({ name, state }) => `${name} is ${state === 'missing' ? 'missing' : 'not what the hub has'}`).join('; ')}. models install fetches them again.`, { modelId, files: wrong.map(({ name }) => name) });
  io.stdout.write(args.flag('json') ? `${JSON.stringify(report)}\n` : `${modelId}: whole, ${report.files.length} files, ${gigabytes(report.bytes)} checked\n`);
}

async function remove(session: Session): Promise<void> {
  const modelId = await modelOf(session);
  await session.models.remove(modelId);
  session.io.stdout.write(session.args.flag('json') ? `${JSON.stringify({ modelId })}\n` : `${modelId} is removed.\n`);
}

async function cancel(session: Session): Promise<void> {
  const modelId = await modelOf(session);
  await session.installs.cancel(modelId, false);
  session.io.stdout.write(session.args.flag('json') ? `${JSON.stringify({ modelId })}\n` : `The parts of ${modelId} are removed.\n`);
}

async function importFolder({ models: all, args, io, name = '' }: Session): Promise<void> {
  const entry = await all.importFolder(resolve(name));
  io.stdout.write(args.flag('json') ? `${JSON.stringify(entry)}\n` : `${entry.id}  ${entry.dir ?? ''}\n`);
}

function inputOf({ args, name = ovisU1Repo }: Session): PlanInput {
  const revision = args.text('revision');
  return { repo: checked('REPO', repoSchema, name), ...(revision !== undefined && { revision: checked('--revision', revisionSchema, revision) }) };
}

/** A model of the list, by its id, its name or its repository. */
async function modelOf({ models: all, installs, name = '' }: Session): Promise<string> {
  const wanted = name.toLowerCase();
  const ids = [...(await all.list()), ...installs.list().map(({ modelId, name: called }) => ({ id: modelId, name: called }))];
  const found = ids.find(({ id }) => id === wanted || id === modelIdOf(wanted)) ?? ids.find((model) => model.name.toLowerCase() === wanted);
  if (!found) throw new StudioError('MODEL_MISSING', `There is no model "${name}" here.`, { modelId: name });
  return found.id;
}

interface Schema {
  safeParse(value: unknown): { readonly success: boolean; readonly error?: { readonly issues: readonly { readonly message: string }[] } };
}

function checked(what: string, schema: Schema, value: string): string {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new StudioError('REQUEST_INVALID', `${what}: ${parsed.error?.issues[0]?.message ?? 'not understood'}: "${value}".`, { option: what, received: value });
  return value;
}

function planText(plan: InstallPlan): string {
  const rows: [string, string][] = [
    ['Model', `${plan.name} (${plan.source.repo} at ${plan.source.revision.slice(0, 8)})`],
    ['From', plan.source.endpoint],
    ['Licence', plan.licence ?? 'not stated'],
    ['Files', `${plan.files.length}, ${gigabytes(plan.bytes)}${plan.presentBytes > 0 ? `, ${gigabytes(plan.presentBytes)} of it here` : ''}`],
    ['Into', plan.dir],
    ['Free disk', plan.freeDiskBytes === null ? 'unknown' : gigabytes(plan.freeDiskBytes)],
    ['Memory', gigabytes(plan.memoryBytes)],
    ...plan.memory.map(({ precision, bytes, fits }): [string, string] => [`  ${precision}`, `${gigabytes(bytes)}, ${fits ? 'fits' : 'only part by part'}`]),
    ['On this computer', plan.installed ? 'yes' : 'no'],
  ];
  return rows.map(([left, right]) => `${left.padEnd(18)}${right}\n`).join('');
}

/** One moving line in a terminal, a line at each tenth elsewhere. */
function showInstalls(progress: ProgressBar): (install: Install) => void {
  let last = '';
  return (one) => {
    const tenth = Math.floor((10 * one.doneBytes) / Math.max(1, one.bytes));
    const key = `${one.state} ${tenth} ${one.failure?.code ?? ''}`;
    if (one.state === 'failed' || (!progress.isTerminal && key === last)) return;
    last = key;
    const rate = one.bytesPerSecond === null ? '' : ` · ${(one.bytesPerSecond / 1e6).toFixed(1)} MB/s`;
    const left = one.leftMs === null ? '' : ` · ${duration(one.leftMs)} left`;
    if (one.state === 'waiting') progress.say(`${one.failure?.message ?? 'Waiting.'} Again in ${duration((one.retryAt ?? 0) - Date.now())}.`);
    else if (one.state === 'verifying') progress.say(`Checking ${gigabytes(one.verifiedBytes)} of ${gigabytes(one.bytes)}`);
    else if (one.state === 'downloading') progress.say(`${gigabytes(one.doneBytes)} of ${gigabytes(one.bytes)}${rate}${left}`);
  };
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
