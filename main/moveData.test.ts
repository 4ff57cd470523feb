import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLibrary } from './assets/library.ts';
import { toFailure } from './errors.ts';
import { openHistory } from './history/history.ts';
import { Imaging } from './imaging/imaging.ts';
import { settleDataDir, wishToMove } from './moveData.ts';

let dir: string;
let from: string;
let to: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-move-'));
  from = join(dir, 'old');
  to = join(dir, 'new');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A data folder with one picture; returns its hash. */
async function fill(): Promise<string> {
  const imaging = new Imaging();
  const library = await openLibrary({ dir: from, imaging });
  const { hash } = await library.assets.put(new Uint8Array(await sharp({ create: { width: 8, height: 8, channels: 3, background: '#123' } }).png().toBuffer()));
  await library.history.projects.create('A project');
  await library.close();
  await imaging.close();
  writeFileSync(join(from, 'settings.json'), '{}');
  mkdirSync(join(from, 'window'));
  writeFileSync(join(from, 'window', 'cookies'), 'of this machine');
  return hash;
}

/** Enough of one where nothing is opened. */
function fillPlainly(): void {
  mkdirSync(from);
  writeFileSync(join(from, 'settings.json'), '{}');
}

const codeOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'fine', (error: unknown) => toFailure(error).code);

describe('moving the data folder', () => {
  it('happens at the next start, whole, and every later start finds it', async () => {
    const hash = await fill();
    await wishToMove(from, to);
    expect(existsSync(to)).toBe(false);
    expect(await settleDataDir(from)).toEqual({ dir: to });
    const imaging = new Imaging();
    const library = await openLibrary({ dir: to, imaging });
    await library.assets.verify(hash);
    expect(await library.history.projects.list()).toMatchObject([{ name: 'A project' }]);
    await library.close();
    await imaging.close();
    expect(readdirSync(from).sort()).toEqual(['moved.json', 'window']);
    expect(await settleDataDir(from)).toEqual({ dir: to });
    // And once more, from there.
    await wishToMove(to, join(dir, 'third'));
    expect(await settleDataDir(from)).toEqual({ dir: join(dir, 'third') });
    expect(await settleDataDir(from)).toEqual({ dir: join(dir, 'third') });
  });

  it('goes on after a kill in the middle', async () => {
    await fill();
    await wishToMove(from, to);
    mkdirSync(to);
    writeFileSync(join(to, 'arriving.json'), JSON.stringify({ to: from }));
    writeFileSync(join(to, 'settings.json'), 'cut sho');
    writeFileSync(join(to, 'history.db.part'), 'half');
    expect(await settleDataDir(from)).toEqual({ dir: to });
    expect(readFileSync(join(to, 'settings.json'), 'utf8')).toBe('{}');
  });

  it('can be taken back', async () => {
    fillPlainly();
    await wishToMove(from, to);
    await wishToMove(from, null);
    expect(await settleDataDir(from)).toEqual({ dir: from });
  });

  it.each([
    ['a path that is not whole', () => 'somewhere'],
    ['itself', () => from],
    ['a folder inside it', () => join(from, 'inner')],
    ['a folder around it', () => dir],
    ['a folder that holds something', () => { mkdirSync(to); writeFileSync(join(to, 'mine'), ''); return to; }],
    ['a file', () => { writeFileSync(to, ''); return to; }],
    ['a place whose parent is missing', () => join(dir, 'a', 'b', 'c')],
  ])('refuses %s', async (_what, target) => {
    fillPlainly();
    expect(await codeOf(wishToMove(from, target()))).toBe('REQUEST_INVALID');
    expect(await settleDataDir(from)).toEqual({ dir: from });
  });

  it('leaves everything where it was when it cannot be done, and says why', async () => {
    await fill();
    await wishToMove(from, to);
    // Somebody else was quicker.
    mkdirSync(to);
    writeFileSync(join(to, 'mine'), '');
    const said: string[] = [];
    const settled = await settleDataDir(from, (text) => said.push(text));
    expect(settled).toMatchObject({ dir: from, failure: { code: 'REQUEST_INVALID' } });
    expect(said.join('')).toContain('not empty');
    expect(readdirSync(to)).toEqual(['mine']);
    // It is not tried at every start.
    expect(await settleDataDir(from)).toEqual({ dir: from });
  });

  it('does not take a folder away from a studio that runs on it', async () => {
    await fill();
    await wishToMove(from, to);
    const history = await openHistory(from);
    expect(await settleDataDir(from)).toMatchObject({ dir: from, failure: { code: 'DATA_IN_USE' } });
    await history.close();
  });

  it('says when the disk with the data is not connected, and when pointers run in a circle', async () => {
    mkdirSync(from);
    writeFileSync(join(from, 'moved.json'), JSON.stringify({ to }));
    expect(await codeOf(settleDataDir(from))).toBe('REQUEST_INVALID');
    mkdirSync(to);
    writeFileSync(join(to, 'moved.json'), JSON.stringify({ to: from }));
    expect(await codeOf(settleDataDir(from))).toBe('REQUEST_INVALID');
    writeFileSync(join(from, 'moved.json'), 'no JSON');
    expect(await settleDataDir(from)).toEqual({ dir: from });
  });
});
