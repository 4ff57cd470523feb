/** How much memory a graphics card has, where its system tells. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface CardMemory {
  readonly totalBytes: number;
  /** Of it, what no other program holds. */
  readonly freeBytes: number;
}

export interface CardSources {
  readonly platform: NodeJS.Platform;
  /** Runs a driver's own tool; rejects where there is none. */
  readonly run: (command: string, args: readonly string[]) => Promise<string>;
  /** Where Linux lists its cards. */
  readonly cardsDir: string;
  readonly memoryBytes: number;
}

const MIB = 2 ** 20;
/** Of an Apple chip's memory, what its graphics may take. */
const appleShare = 0.7;

const machine: CardSources = {
  platform: process.platform, cardsDir: '/sys/class/drm', memoryBytes: totalmem(),
  run: async (command, args) => (await promisify(execFile)(command, [...args], { timeout: 3_000, windowsHide: true })).stdout,
};

/** The card with the most memory; undefined where nothing tells. Never throws. */
export async function cardMemory(sources: CardSources = machine): Promise<CardMemory | undefined> {
  if (sources.platform === 'darwin') return { totalBytes: sources.memoryBytes * appleShare, freeBytes: sources.memoryBytes * appleShare };
  const found = [...(await nvidia(sources)), ...(await amd(sources))];
  return found.toSorted((a, b) => b.totalBytes - a.totalBytes)[0];
}

/** How long an answer is good for: estimates follow the keyboard, and a driver's tool takes up to a second. */
const goodForMs = 3_000;
let last: { readonly at: number; readonly found: Promise<CardMemory | undefined> } | undefined;

/** The same of this machine, at most three seconds old. */
export function recentCardMemory(ask: () => Promise<CardMemory | undefined> = cardMemory): Promise<CardMemory | undefined> {
  const now = performance.now();
  if (last === undefined || now - last.at > goodForMs) last = { at: now, found: ask() };
  return last.found;
}

/** One line a card: total, used; MiB. */
async function nvidia({ run }: CardSources): Promise<CardMemory[]> {
  const text = await run('nvidia-smi', ['--query-gpu=memory.total,memory.used', '--format=csv,noheader,nounits']).catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [, total, used] = /^\s*(\d+),\s*(\d+)\s*$/.exec(line) ?? [];
    return total === undefined || used === undefined ? [] : [{ totalBytes: Number(total) * MIB, freeBytes: Math.max(0, Number(total) - Number(used)) * MIB }];
  });
}

async function amd({ platform, cardsDir }: CardSources): Promise<CardMemory[]> {
  if (platform !== 'linux') return [];
  const cards = (await readdir(cardsDir).catch(() => [])).filter((name) => /^card\d+$/.test(name));
  const numberIn = async (card: string, name: string): Promise<number> => Number((await readFile(join(cardsDir, card, 'device', name), 'utf8').catch(() => '')).trim() || NaN);
  const found = await Promise.all(cards.map(async (card) => ({ total: await numberIn(card, 'mem_info_vram_total'), used: await numberIn(card, 'mem_info_vram_used') })));
  return found.flatMap(({ total, used }) => (Number.isFinite(total) && Number.isFinite(used) ? [{ totalBytes: total, freeBytes: Math.max(0, total - used) }] : []));
}
