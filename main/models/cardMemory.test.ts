import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cardMemory, recentCardMemory, type CardSources } from './cardMemory.ts';

const MIB = 2 ** 20;
let cardsDir: string;
beforeEach(() => { cardsDir = mkdtempSync(join(tmpdir(), 'ovis-cards-')); });
afterEach(() => rmSync(cardsDir, { recursive: true, force: true }));

const sources = (change: Partial<CardSources> = {}): CardSources => ({ platform: 'linux', cardsDir, memoryBytes: 16e9, run: async () => { throw new Error('no such tool'); }, ...change });
const card = (name: string, files: Readonly<Record<string, string>>): void => {
  mkdirSync(join(cardsDir, name, 'device'), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(cardsDir, name, 'device', file), text);
};

describe('the memory of a card', () => {
  it('is what its driver tells, of the one with the most', async () => {
    expect(await cardMemory(sources({ run: async () => '8192, 512\n24564, 1000\n' }))).toEqual({ totalBytes: 24_564 * MIB, freeBytes: 23_564 * MIB });
    card('card0', { mem_info_vram_total: '17163091968\n', mem_info_vram_used: '163091968\n' });
    card('card0-HDMI-A-1', { mem_info_vram_total: '1', mem_info_vram_used: '0' });
    card('card1', {});
    expect(await cardMemory(sources())).toEqual({ totalBytes: 17_163_091_968, freeBytes: 17_000_000_000 });
    expect(await cardMemory(sources({ run: async () => '24564, 30000' }))).toMatchObject({ freeBytes: 0 });
  });

  it('is a share of an Apple chip\'s, and unknown where nothing tells or what is told is no number', async () => {
    expect(await cardMemory(sources({ platform: 'darwin' }))).toMatchObject({ totalBytes: 11.2e9 });
    expect(await cardMemory(sources())).toBeUndefined();
    expect(await cardMemory(sources({ platform: 'win32' }))).toBeUndefined();
    card('card0', { mem_info_vram_total: 'none', mem_info_vram_used: '' });
    expect(await cardMemory(sources({ run: async () => '[N/A], [N/A]\nNo devices were found' }))).toBeUndefined();
  });

  it('is asked of the driver once for many estimates', async () => {
    let asked = 0;
    const ask = async () => ({ totalBytes: 8e9, freeBytes: (asked += 1) });
    expect(await Promise.all([recentCardMemory(ask), recentCardMemory(ask), recentCardMemory(ask)])).toEqual(Array.from({ length: 3 }, () => ({ totalBytes: 8e9, freeBytes: 1 })));
  });
});
