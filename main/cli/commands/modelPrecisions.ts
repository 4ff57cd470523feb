/** `models precisions`, `choose`, `pack`, `unpack`: in which precision a model runs, and the weights that are packed for it. */
import type { Precision } from '../../../preload/contract/generation.ts';
import { precisionSchema } from '../../../preload/contract/generation.ts';
import type { ModelPrecisions, PrecisionChoice } from '../../../preload/contract/precisions.ts';
import { Providers } from '../../engine/providers.ts';
import { cancelled, fromFailure, StudioError } from '../../errors.ts';
import type { ModelFolders } from '../../models/modelList.ts';
import { Packs } from '../../models/packs.ts';
import { PlanThread } from '../../models/planThread.ts';
import { precisionsOf, withPrecision } from '../../models/precisions.ts';
import type { SettingsFile } from '../../settings.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import type { Io } from '../io.ts';
import { duration, type ProgressBar } from '../progress.ts';
import { RunningStudio } from '../runningStudio.ts';

export interface PrecisionSession {
  readonly models: ModelFolders;
  readonly settings: SettingsFile;
  readonly dataDir: string;
  readonly args: Arguments;
  readonly io: Io;
  readonly progress: ProgressBar;
  readonly signal: AbortSignal;
}

interface Tools {
  readonly packs: Packs;
  readonly look: (modelId: string) => Promise<ModelPrecisions>;
}

async function withTools<T>({ models, settings, dataDir, io, progress }: PrecisionSession, use: (tools: Tools) => Promise<T>): Promise<T> {
  const plans = new PlanThread(() => null);
  const packs = new Packs({
    models, spawn: io.spawn, threads: () => settings.get().threads, changed: () => undefined,
    tell: ({ doneBytes, totalBytes, bytesPerSecond, leftMs }) => {
      if (bytesPerSecond === null) return;
      progress.say(`Packing ${gigabytes(doneBytes)} of ${gigabytes(totalBytes)} · ${(bytesPerSecond / 1e9).toFixed(2)} GB/s${leftMs === null ? '' : ` · ${duration(leftMs)} left`}`);
    },
  });
  try {
    const providers = await Providers.open({ dataDir, spawn: io.spawn });
    return await use({ packs, look: (modelId) => precisionsOf(modelId, { models, settings: () => settings.get(), provider: () => providers.state().chosen, plans, packs }) });
  } finally {
    await packs.close();
    await plans.close();
  }
}

/** Prints what each precision takes and costs. */
export async function precisions(session: PrecisionSession, modelId: string): Promise<void> {
  const found = await withTools(session, ({ look }) => look(modelId));
  session.io.stdout.write(session.args.flag('json') ? `${JSON.stringify(found)}\n` : textOf(found));
}

/** The precision from then on; `auto` = as for all models. Packs what is missing. */
export async function choose(session: PrecisionSession, modelId: string): Promise<void> {
  const { args, io, settings, dataDir } = session;
  const precision = args.text('precision') === 'auto' ? null : wanted(args);
  const running = await RunningStudio.find(dataDir);
  // Two writers of one settings file would undo each other.
  if (running) await running.choosePrecision(modelId, precision);
  else {
    if (precision !== null) await makePack(session, modelId, precision);
    await settings.change(withPrecision(settings.get(), modelId, precision));
  }
  io.stdout.write(args.flag('json') ? `${JSON.stringify({ modelId, precision })}\n` : `${modelId} runs in ${precision ?? 'the precision of all models'}.\n`);
}

/** Packs ahead; says how fast. */
export async function pack(session: PrecisionSession, modelId: string): Promise<void> {
  const { args, io } = session;
  const precision = wanted(args);
  const made = await makePack(session, modelId, precision);
  if (args.flag('json')) return void io.stdout.write(`${JSON.stringify({ modelId, precision, ...made })}\n`);
  io.stdout.write(made.storedBytes === 0 ? `${modelId} is packed for ${precision}.\n` : `${modelId} is packed for ${precision}: ${gigabytes(made.bytes)} from ${gigabytes(made.storedBytes)} in ${(made.milliseconds / 1000).toFixed(1)} s, ${(made.bytesPerSecond / 1e9).toFixed(2)} GB/s.\n`);
}

/** Gives the room of packed weights back. */
export async function unpack(session: PrecisionSession, modelId: string): Promise<void> {
  const { args, io, dataDir } = session;
  const precision = wanted(args);
  const running = await RunningStudio.find(dataDir);
  const freedBytes = running ? await running.removePack(modelId, precision) : await withTools(session, ({ packs }) => packs.remove(modelId, precision));
  io.stdout.write(args.flag('json') ? `${JSON.stringify({ modelId, precision, freedBytes })}\n` : `${gigabytes(freedBytes)} are free again.\n`);
}

interface Made {
  readonly bytes: number;
  readonly storedBytes: number;
  readonly milliseconds: number;
  readonly bytesPerSecond: number;
}

/** Errors: DISK_FULL, CANCELLED after a Ctrl-C, what packing met with. */
async function makePack(session: PrecisionSession, modelId: string, precision: Precision): Promise<Made> {
  return withTools(session, async ({ packs, look }) => {
    const choice = (await look(modelId)).choices.find((one) => one.precision === precision);
    if (!choice || choice.ready) return { bytes: choice?.packBytes ?? 0, storedBytes: 0, milliseconds: 0, bytesPerSecond: 0 };
    session.signal.throwIfAborted();
    await packs.start(modelId, precision, Math.max(0, choice.packBytes - choice.diskBytes));
    const stop = (): void => void packs.cancel(modelId);
    session.signal.addEventListener('abort', stop, { once: true });
    const report = await packs.ended(modelId);
    session.signal.removeEventListener('abort', stop);
    const failure = packs.of(modelId)?.failure;
    if (failure) throw fromFailure(failure);
    if (!report) throw cancelled('Packing was stopped; the same command goes on.', { modelId });
    const { bytes, packedStoredBytes: storedBytes, milliseconds } = report;
    return { bytes, storedBytes, milliseconds, bytesPerSecond: Math.round(storedBytes / Math.max(0.001, milliseconds / 1000)) };
  });
}

function wanted(args: Arguments): Precision {
  const precision = args.choice('precision', precisionSchema.options);
  if (precision === undefined) throw new UsageError(`Which precision? --precision ${precisionSchema.options.join(', ')}.`);
  return precision;
}

function textOf({ modelId, width, height, provider, freeBytes, used, choices, recommended }: ModelPrecisions): string {
  const heading = ['', 'packed', 'on the disk', `memory at ${width}×${height}`, 'one by one', '', 'error'];
  const rows = choices.map(({ precision, packBytes, diskBytes, memory, error }) => [
    precision, packBytes === 0 ? '-' : gigabytes(packBytes), diskBytes === 0 ? '-' : gigabytes(diskBytes), gigabytes(memory.wholeBytes), gigabytes(memory.oneByOneBytes),
    fitOf(memory), error < 1e-5 ? 'none' : `${(100 * error).toFixed(1)} %`, [precision === used ? 'in use' : '', precision === recommended.precision ? 'recommended' : ''].filter(Boolean).join(', '),
  ]);
  const table = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)) + 2);
  const lines = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('').trimEnd());
  return `${modelId} on ${provider}${freeBytes === null ? '' : `, ${gigabytes(freeBytes)} of memory free`}\n${lines.join('\n')}\n${recommended.precision}: ${recommended.reason}\nThe error is of the model's own weights: their difference over themselves, root mean squares.\n`;
}

function fitOf(memory: PrecisionChoice['memory']): string {
  const how = memory.fits === null ? '' : { whole: 'fits', oneByOne: 'part by part', no: 'does not fit' }[memory.fits];
  return memory.tile === null ? how : `${how}, decoded in pieces of ${memory.tile}`;
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Refuses an option that the action does not have. */
export function checkPrecisionOption(action: string, args: Arguments): void {
  if (args.text('precision') !== undefined && !['choose', 'pack', 'unpack'].includes(action)) throw new StudioError('REQUEST_INVALID', `models ${action} takes no --precision.`, { option: 'precision' });
}
