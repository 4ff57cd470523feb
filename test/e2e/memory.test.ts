/** A job that memory does not hold, in a real browser: said with what would fit, and one click runs that. */
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Estimate, JobRecord } from '../../preload/contract/jobs.ts';
import type { Generation } from '../../preload/contract/project.ts';
import { launch, skipReason } from './browser.ts';
import { removeData, startStudio, type StudioProcess } from './studioHost.ts';

const shots = join(import.meta.dirname, '../../out/e2e');
const toybox = existsSync(join(import.meta.dirname, '../../resources/models/toybox/config.json'));
const skipped = skipReason() ?? (toybox ? undefined : 'no built-in model');

describe.skipIf(skipped !== undefined)('memory', () => {
  let browser: Browser;
  let studio: StudioProcess;
  const dir = mkdtempSync(join(tmpdir(), 'ovis-e2e-memory-'));
  const soon = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 120_000, interval: 200 });
  const call = async <T>(name: string, input: object = {}): Promise<T> => {
    const answer = await studio.api(name, input);
    expect(answer.status, name).toBe(200);
    return await answer.json() as T;
  };

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    browser = await launch();
    studio = await startStudio(dir);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await studio?.stop();
    await removeData(dir);
  });

  it('a drawing that does not fit fails with a way that does, which one click runs', async () => {
    // Holds each network, but not the autoencoder over all of 512².
    await call('system/changeSettings', { memoryLimitBytes: 60e6, atFullSize: true });
    const request = { kind: 'textToImage' as const, prompt: 'a red cube', width: 512, height: 512, steps: 2, seed: 3 };
    const outlook = await call<Estimate>('jobs/estimate', { request });
    expect(outlook.memory).toMatchObject({ fits: 'no', plan: { vaeTile: 256 } });
    expect(outlook.warnings).toContainEqual(expect.objectContaining({ kind: 'memory' }));

    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', colorScheme: 'dark' });
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(studio.link);
    await page.waitForSelector('html[data-ready]');
    const [job] = await call<JobRecord[]>('jobs/submit', { requests: [request] });
    await soon(async () => (await call<JobRecord>('jobs/get', { jobId: job!.id })).state).toBe('failed');
    const { failure } = await call<JobRecord>('jobs/get', { jobId: job!.id });
    expect(failure).toMatchObject({ code: 'OUT_OF_MEMORY', details: { planVaeTile: 256, neededBytes: expect.any(Number), freeBytes: expect.any(Number) } });

    await page.keyboard.press('Alt+q');
    const row = page.getByTestId('queue').locator(`[data-job="${job!.id}"]`);
    await row.getByRole('button', { name: 'Run in pieces' }).waitFor();
    await page.screenshot({ path: join(shots, 'memory-failed.png') });
    await row.getByRole('button', { name: 'Run in pieces' }).click();
    const done = async (): Promise<JobRecord | undefined> => (await call<JobRecord[]>('jobs/list')).find(({ state }) => state === 'done');
    await soon(async () => (await done())?.originJobId).toBe(job!.id);
    const [id] = (await done())!.generationIds;
    const row2 = await call<Generation>('gallery/get', { id });
    expect(row2).toMatchObject({ width: 512, height: 512, request: { vaeTile: 256 } });
    await page.screenshot({ path: join(shots, 'memory-ran.png') });
    await context.close();
  }, 240_000);

  it('is said before running, with a button that runs what fits', async () => {
    await call('system/changeSettings', { memoryLimitBytes: 28e6, vaeTile: null });
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', colorScheme: 'dark' });
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(await studio.anotherLink());
    await page.waitForSelector('html[data-ready]');
    await page.keyboard.press('Control+Shift+1');
    for (const side of ['Width', 'Height']) {
      const field = page.getByRole('spinbutton', { name: side });
      // The page of the test before had the project; this one reads until that is free a few seconds later.
      await soon(async () => {
        await field.fill('256');
        await field.press('Enter');
        await page.waitForTimeout(300);
        return field.inputValue();
      }).toBe('256');
    }
    const prompt = page.locator('[data-prompt]');
    await prompt.fill('a red cube');
    const fitting = page.getByRole('button', { name: /^Run (in|at) / });
    await fitting.waitFor();
    await page.screenshot({ path: join(shots, 'memory-before.png') });
    const before = (await call<JobRecord[]>('jobs/list')).length;
    await fitting.click();
    await soon(async () => (await call<JobRecord[]>('jobs/list')).length).toBeGreaterThan(before);
    await soon(async () => (await call<JobRecord[]>('jobs/list', { limit: 1 }))[0]?.state).toBe('done');
    await context.close();
  }, 240_000);
});
