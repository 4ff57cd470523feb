import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realConfig, writeRandomCheckpoint } from '../test/helpers/randomCheckpoint.ts';
import { freeMemory, outlookOf, precisionsOf, type OutlookRequest } from './plan.ts';

const MIB = 2 ** 20;
const request = (change: Partial<OutlookRequest['job']> = {}, limitMib: number | null = null, freeBytes = 2 ** 40): OutlookRequest => ({
  dir: path.resolve('test/fixtures/golden/dev_a'), precision: 'fp32', packed: false, attention: 'fused', freeBytes, limitBytes: limitMib === null ? null : limitMib * MIB,
  job: { kind: 'draw', size: { width: 512, height: 512 }, exact: true, fromPicture: false, references: [], promptLength: 40, answer: 0, tile: null, ...change },
});

describe('what a job takes, and what would fit', () => {
  it('fits whole, one by one, or not, as memory shrinks', async () => {
    const roomy = await outlookOf(request());
    expect(roomy).toMatchObject({ fits: 'whole', plan: null });
    const largest = Math.max(...roomy.phases.map(({ bytes }) => bytes));
    expect(roomy.phases.map(({ phase }) => phase)).toEqual(['understand', 'denoise', 'decode']);
    expect(roomy.wholeBytes).toBeGreaterThan(largest);
    const fits: string[] = [];
    for (let limitMib = 120; limitMib > 10; limitMib -= 6) fits.push((await outlookOf(request({}, limitMib))).fits);
    expect(fits.filter((one, i) => one !== fits[i - 1])).toEqual(['whole', 'oneByOne', 'no']);
    const none = await outlookOf(request({}, null, largest * 0.9));
    expect(none.fits).toBe('no');
    expect(none.plan?.neededBytes).toBeLessThan(largest * 0.9 * 0.92);
  });

  it('asks for pieces first where the autoencoder is what does not fit, then for fewer pixels', async () => {
    expect((await outlookOf(request({}, 24))).plan).toMatchObject({ vaeTile: 256 });
    const small = (await outlookOf(request({}, 8))).plan;
    expect(small?.width).toBeLessThan(512);
    expect((small?.width ?? 1) % 32).toBe(0);
    expect((await outlookOf(request({}, 1))).plan).toBeNull();
  });

  it('an edit keeps its size, and a larger picture or more references take more', async () => {
    const edit = async (side: number, references: number): Promise<number> => (await outlookOf(request({
      kind: 'edit', size: { width: side, height: side }, references: Array.from({ length: references }, () => ({ width: 256, height: 256 })),
    }))).wholeBytes;
    const [one, larger, more] = [await edit(256, 0), await edit(512, 0), await edit(256, 2)];
    expect(larger).toBeGreaterThan(one);
    expect(more).toBeGreaterThan(one);
    const plan = (await outlookOf(request({ kind: 'edit' }, 1))).plan;
    expect(plan?.width).toBeUndefined();
  });

  it('a question has no autoencoder', async () => {
    const { phases } = await outlookOf(request({ kind: 'ask', references: [{ width: 100, height: 80 }], answer: 64 }));
    expect(phases.map(({ phase }) => phase)).toEqual(['understand']);
  });

  it('a folder that is no checkpoint is the engine\'s own error', async () => {
    await expect(outlookOf({ ...request(), dir: path.resolve('test/fixtures') })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('on a card', () => {
  const card = (limitMib: number | null, freeBytes: number, change: Partial<OutlookRequest> = {}): OutlookRequest => ({ ...request({}, limitMib, freeBytes), device: 'card', attention: 'decomposed', ...change });

  it('its own memory is counted: half precision takes half of it', async () => {
    const whole = async (precision: OutlookRequest['precision']): Promise<number> => (await outlookOf(card(null, Infinity, { precision, packed: true, job: { ...card(null, 0).job, size: { width: 64, height: 64 } } }))).wholeBytes;
    const [full, half] = [await whole('fp32'), await whole('fp16')];
    expect(half / full).toBeGreaterThan(0.45);
    expect(half / full).toBeLessThan(0.6);
  });

  it('nothing is known of what is free until a job has run out; then everything but one network goes, then bits, pieces and pixels', async () => {
    const known = await outlookOf(card(null, Infinity));
    expect(known).toMatchObject({ fits: 'whole', freeBytes: null, plan: null });
    const small = { ...card(null, 0).job, size: { width: 64, height: 64 } };
    const first = await outlookOf(card(null, Infinity, { ranOut: true, job: small }));
    expect(first).toMatchObject({ fits: 'no', freeBytes: null, plan: { memoryLimitBytes: expect.any(Number) } });
    expect(first.plan?.precision).toBeUndefined();
    const limit = first.plan?.memoryLimitBytes ?? 0;
    expect(limit).toBeLessThan(first.wholeBytes);
    const second = await outlookOf({ ...card(null, Infinity, { ranOut: true, job: small }), limitBytes: limit });
    expect(second.plan?.precision).toBe('fp16');
    expect(second.plan?.memoryLimitBytes).toBeUndefined();
  });

  it('where its memory is known, what does not fit as a whole is said before, with the limit that makes it fit', async () => {
    const { wholeBytes } = await outlookOf(card(null, Infinity));
    const tight = await outlookOf(card(null, wholeBytes));
    expect(tight).toMatchObject({ fits: 'no', freeBytes: wholeBytes, plan: { memoryLimitBytes: Math.floor(wholeBytes * 0.92) } });
    const again = await outlookOf({ ...card(null, wholeBytes), limitBytes: tight.plan?.memoryLimitBytes ?? 0, ...(tight.plan?.precision && { precision: tight.plan.precision }), job: { ...card(null, 0).job, tile: tight.plan?.vaeTile ?? null } });
    expect(again.fits).not.toBe('no');
    expect(await outlookOf(card(null, wholeBytes * 1.2))).toMatchObject({ fits: 'whole', plan: null });
  });
});

describe('the published model at 1024² on a card of 8 GB', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'ovis-hollow-'));
    await writeRandomCheckpoint(dir, { config: await realConfig(), hollow: true, merges: 0 });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const drawn = (change: Partial<OutlookRequest>): OutlookRequest => ({ ...request({ size: { width: 1024, height: 1024 } }, null, 8e9), device: 'card', packed: true, dir, ...change });

  it('stays there as a whole in 4 bits once pictures are decoded in pieces', async () => {
    const asked = await outlookOf(drawn({ precision: 'q4' }));
    // Decoding in one go takes twice what such a card has: its largest values are never put in one another's place.
    expect(asked.phases.find(({ phase }) => phase === 'decode')?.bytes).toBeGreaterThan(12e9);
    expect(asked).toMatchObject({ fits: 'no', plan: { vaeTile: 512 } });
    expect(await outlookOf(drawn({ precision: 'q4', job: { ...drawn({}).job, tile: 512 } }))).toMatchObject({ fits: 'whole', plan: null });
  });

  it('comes part by part at half precision', async () => {
    const { plan } = await outlookOf(drawn({ precision: 'fp16' }));
    expect(plan).toMatchObject({ vaeTile: 512, memoryLimitBytes: expect.any(Number) });
    expect(plan?.precision).toBeUndefined();
    expect(await outlookOf(drawn({ precision: 'fp16', limitBytes: plan?.memoryLimitBytes ?? null, job: { ...drawn({}).job, tile: 512 } }))).toMatchObject({ fits: 'oneByOne', plan: null });
  });

  it('an edit stays there in 4 bits as well, and nothing of the decoder outgrows what is used again', async () => {
    const edit = { ...drawn({}).job, kind: 'edit' as const, tile: 512 };
    const found = await outlookOf(drawn({ precision: 'q4', job: edit }));
    expect(found).toMatchObject({ fits: 'whole', plan: null });
    expect(found.phases.find(({ phase }) => phase === 'denoise')?.bytes).toBeLessThan(4e9);
  });

  it('every precision is weighed with the pieces that it needs, and none on a larger card', async () => {
    const wanted = { dir, device: 'card' as const, packedDir: path.join(dir, 'packed'), attention: 'fused' as const, size: { width: 1024, height: 1024 }, tile: null, limitBytes: null };
    const small = await precisionsOf({ ...wanted, freeBytes: 8e9 });
    expect(small.find(({ precision }) => precision === 'q4')?.memory).toMatchObject({ fits: 'whole', tile: 512 });
    expect(await outlookOf(drawn({ precision: 'q4', freeBytes: 48e9 }))).toMatchObject({ fits: 'whole', plan: null });
  });
});

describe('free memory', () => {
  it('is a share of this machine\'s', () => {
    expect(freeMemory()).toBeGreaterThan(10 * MIB);
    expect(Number.isFinite(freeMemory('/nowhere'))).toBe(true);
  });
});
