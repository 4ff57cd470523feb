import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../native/weights/checkpoint.ts';
import { parseStudioConfig } from '../../../native/studioConfig.ts';
import type { DetectedThing, Detection, RgbImage } from '../../../native/types.ts';
import { meanInterval, meanOfShares, wilson } from './intervals.ts';
import { agrees, correlation, edgeF1, isClosest, psnr } from './toyboxJudge.ts';
import { rowSpecs, tabulate, type Result } from './toyboxRows.ts';
import { cellMask, EvaluationSet, expectationSchema, frameMask, type Expectation } from './toyboxSet.ts';

const thing = (shape: string, colour: string, x = 0.5, y = 0.5, material = 'matte'): DetectedThing => ({ shape, colour, material, x, y, area: 0.1 });
const seen = (things: readonly DetectedThing[], floor = 'wood', sky = 'day'): Detection => ({ things, floor, sky });
const redCube = thing('cube', 'red', 0.3);
const blueBall = thing('sphere', 'blue', 0.7);

function grey(width: number, height: number, value: (x: number, y: number) => number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.fill(value(x, y), 3 * (y * width + x), 3 * (y * width + x) + 3);
  return { width, height, data };
}

describe('what the detector must see', () => {
  const cases: [string, Expectation, boolean][] = [
    ['both', { has: [['cube', 'red'], ['sphere', 'blue']] }, true],
    ['colours swapped', { has: [['cube', 'blue'], ['sphere', 'red']] }, false],
    ['shapes only', { has: [['sphere', null], ['cube', null]] }, true],
    ['one thing cannot stand for two', { has: [['cube', null], ['cube', 'red']] }, false],
    ['absent', { absent: [['cone', null]] }, true],
    ['not absent', { absent: [['cube', null]] }, false],
    ['count', { count: ['cube', 'red', 1] }, true],
    ['count of none', { count: ['cube', 'red', 0] }, false],
    ['total', { total: 2 }, true],
    ['too many', { total: 1 }, false],
    ['left', { left: [['cube', 'red'], ['sphere', null]] }, true],
    ['right', { left: [['sphere', null], ['cube', 'red']] }, false],
    ['in its place', { at: ['cube', 'red', 0.35, 0.5] }, true],
    ['elsewhere', { at: ['cube', 'red', 0.5, 0.5] }, false],
    ['floor and sky', { floor: 'wood', sky: 'day' }, true],
    ['another floor', { floor: 'sand' }, false],
    ['another time', { sky: 'night' }, false],
    ['material', { thing: ['cube', 'red', 'matte'] }, true],
    ['another material', { thing: ['cube', 'red', 'metal'] }, false],
  ];
  it.each(cases)('%s', (_, expectation, met) => {
    expect(agrees(seen([redCube, blueBall]), expectationSchema.parse(expectation))).toBe(met);
  });

  it('takes a thing for painted only where the mask is', () => {
    const left = frameMask({ width: 10, height: 10 }, [5, 0, 0, 0]);
    expect(agrees(seen([redCube]), { inside: ['cube', 'red'] }, left)).toBe(true);
    expect(agrees(seen([blueBall]), { inside: ['sphere', 'blue'] }, left)).toBe(false);
    expect(agrees(seen([redCube]), { inside: ['cube', 'red'] })).toBe(false);
  });

  it('refuses conditions that it does not know', () => {
    expect(() => expectationSchema.parse({ has: [['cube', 'red']], colours: 3 })).toThrow();
  });
});

describe('pixel figures', () => {
  it('PSNR counts only what is outside the mask', () => {
    const [a, b] = [grey(4, 4, () => 100), grey(4, 4, (x) => (x < 2 ? 110 : 200))];
    expect(psnr(a, a)).toBe(Infinity);
    expect(psnr(a, b, frameMask(a, [0, 0, 2, 0]))).toBeCloseTo(10 * Math.log10(255 ** 2 / 100), 6);
    expect(isClosest(a, [grey(4, 4, () => 90), b])).toBe(true);
    expect(isClosest(a, [b, grey(4, 4, () => 90)])).toBe(false);
  });

  it('an edge may be one pixel off, not two', () => {
    const line = (at: number): RgbImage => grey(20, 20, (x) => (x === at ? 255 : 0));
    expect(edgeF1(line(5), line(5))).toBe(1);
    expect(edgeF1(line(6), line(5))).toBe(1);
    expect(edgeF1(line(7), line(5))).toBe(0);
    const both = grey(20, 20, (x) => (x === 5 || x === 15 ? 255 : 0));
    expect(edgeF1(both, line(5))).toBeCloseTo(2 / 3, 6);
    expect(edgeF1(grey(20, 20, () => 0), line(5))).toBe(0);
  });

  it('correlation knows direction and does not care for scale', () => {
    const ramp = grey(16, 4, (x) => 10 * x);
    expect(correlation(ramp, grey(16, 4, (x) => 40 + 5 * x))).toBeCloseTo(1, 6);
    expect(correlation(ramp, grey(16, 4, (x) => 255 - 10 * x))).toBeCloseTo(-1, 6);
    expect(correlation(ramp, grey(16, 4, () => 9))).toBe(0);
  });

  it('unpacks cells of any size of picture', () => {
    const bits = Buffer.alloc(128);
    bits[0] = 0x80;
    bits[127] = 0x01;
    const mask = cellMask(bits.toString('base64'), { width: 64, height: 128 });
    expect(mask.data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0)).toBe(2 * 2 * 4);
    expect([mask.data[0], mask.data[64 * 128 - 1], mask.data[2]]).toEqual([255, 255, 0]);
    expect(() => cellMask('AAAA', { width: 8, height: 8 })).toThrow();
  });
});

describe('intervals and rows', () => {
  it('Wilson', () => {
    expect(wilson(0, 20)[0]).toBe(0);
    expect(wilson(0, 20)[1]).toBeCloseTo(0.161, 3);
    expect(wilson(10, 20)).toEqual([expect.closeTo(0.299, 3), expect.closeTo(0.701, 3)]);
    expect(wilson(20, 20)[1]).toBe(1);
    expect(meanInterval([1, 2, 3, 4])).toEqual([expect.closeTo(1.235, 3), expect.closeTo(3.765, 3)]);
  });

  it('of a mean of shares lies around that mean, whatever each has of trials', () => {
    const [low, high] = meanOfShares([[160, 160], [48, 240]]);
    expect((low + high) / 2).toBeCloseTo(0.6, 6);
    expect(high - low).toBeCloseTo(0.0535, 3);
    expect(meanOfShares([[1, 1], [0, 1]])).toEqual([expect.closeTo(0.5 - 1.96 * Math.sqrt(0.048 * 2) / 2, 3), expect.closeTo(0.5 + 1.96 * Math.sqrt(0.048 * 2) / 2, 3)]);
  });

  it('kinds weigh the same in the overall rows, and what is held out stands apart', () => {
    const met = (row: string, values: readonly number[]): Result[] => values.map((value) => ({ row, outcome: { met: value } }));
    const results = [...met('GenEval single', [1, 1, 1, 1]), ...met('GenEval counting', [0]), ...met('GenEval held-out pairs', [0, 0]), { row: 'VAE', outcome: { psnr: 27 } }];
    const rows = tabulate(results, 'mini');
    expect(rows.find(({ name }) => name === 'GenEval overall')).toMatchObject({ value: 0.5, n: 5, atLeast: 0.5, aim: 0.89 });
    expect(rows.find(({ name }) => name === 'GenEval held-out pairs')).toMatchObject({ value: 0, n: 2, atLeast: null });
    expect(rows.find(({ name }) => name === 'VAE')).toMatchObject({ value: 27, unit: 'dB', atLeast: 26 });
    expect(tabulate(results, 'full').find(({ name }) => name === 'VAE')).toMatchObject({ atLeast: 30 });
  });
});

describe('the evaluation set that is shipped', () => {
  const folder = path.resolve(import.meta.dirname, '../../../resources/models/toybox/evaluation');

  it('is small, whole, and has enough of every row', async () => {
    const set = await EvaluationSet.open(folder);
    const sizes = await Promise.all((await readdir(folder)).map(async (file) => (await stat(path.join(folder, file))).size));
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThan(3_000_000);
    expect(new Set(set.items.map(({ id }) => id)).size).toBe(set.items.length);
    for (const { of } of rowSpecs) {
      const items = set.items.filter(({ row }) => (of.endsWith('*') ? row.startsWith(of.slice(0, -1)) : row === of));
      expect([of, items.length >= 24]).toEqual([of, true]);
    }
    // The paper's six rows: sixty prompts each.
    for (const { of } of rowSpecs.filter(({ of: name }) => name.startsWith('GenEval') && !name.includes('held-out'))) {
      expect([of, set.items.filter(({ row }) => row === of).length]).toEqual([of, 60]);
    }
    // Free phrasing: sixty prompts and instructions written by hand.
    expect(set.items.filter(({ row }) => row.startsWith('free phrasing'))).toHaveLength(60);
  });

  it('names requests that the engine can be asked, and their pictures', async () => {
    const set = await EvaluationSet.open(folder);
    const seen = new Set<string>();
    for (const item of set.items) {
      if (seen.has(item.row)) continue;
      seen.add(item.row);
      const request = await set.request(item, { seed: 1 });
      const draws = item.request.kind !== 'understand' && item.request.kind !== 'reconstruct';
      expect(request !== null).toBe(draws);
      if (request && 'image' in request) expect(request.image.width).toBeGreaterThanOrEqual(48);
      if (request?.kind === 'inpaint') expect(request.denoiseMask.data.some((value) => value > 0) && request.denoiseMask.data.some((value) => value === 0)).toBe(true);
      if (request?.kind === 'outpaint') expect([request.image.width + request.left + request.right, request.image.height + request.top + request.bottom]).toEqual([128, 128]);
    }
  });
});

describe('the card that is shipped', () => {
  const folder = path.resolve(import.meta.dirname, '../../../resources/models/toybox');

  it('is about the weights beside it, and shows pictures that are there', async () => {
    const card = await readFile(path.join(folder, 'README.md'), 'utf8');
    expect(card).toContain((await openCheckpoint(folder)).hash.slice(0, 12));
    expect(card).not.toMatch(/\{\{|undefined|NaN/);
    const shown = [...card.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, name]) => name!);
    expect(shown).toEqual(expect.arrayContaining(['sheet.jpg', 'guidance.png']));
    for (const name of shown) expect((await stat(path.join(folder, name))).size).toBeGreaterThan(1000);
  });

  it('says of every figure whether it was reached', async () => {
    const card = await readFile(path.join(folder, 'README.md'), 'utf8');
    const lines = card.split('\n').filter((line) => /^\| (GenEval-style|ImgEdit-style|questions|VAE|free phrasing|canny|depth|inpaint|outpaint|subject|text to image|edit|first word|cold load)/.test(line));
    expect(lines).toHaveLength(14);
    for (const line of lines) expect(line).toMatch(/: met|not met|nothing for/);
  });
});

describe('the wording of tasks', () => {
  const root = path.resolve(import.meta.dirname, '../../..');
  const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(path.join(root, file), 'utf8'));

  it('is what training uses, wherever the shipped model offers a task', async () => {
    const trained = parseStudioConfig(await read('training/studio.json'));
    const shipped = parseStudioConfig(await read('resources/models/toybox/studio.json'));
    expect(Object.keys(trained.tasks).length).toBeGreaterThanOrEqual(11);
    expect(trained.contextImages).toBe(2);
    expect(Object.keys(shipped.tasks).length).toBeGreaterThan(0);
    for (const [name, task] of Object.entries(shipped.tasks)) expect([name, task]).toEqual([name, trained.tasks[name as keyof typeof trained.tasks]]);
  });
});
