/** The whole studio in a real browser: loopback host, queue, history, engine and the built-in model. */
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fillHistory } from '../helpers/historyRows.ts';
import { launch, skipReason } from './browser.ts';
import { removeData, startStudio } from './studioHost.ts';
import type { StudioProcess } from './studioHost.ts';

const shots = join(import.meta.dirname, '../../out/e2e');
const toybox = existsSync(join(import.meta.dirname, '../../resources/models/toybox/config.json'));
const skipped = skipReason() ?? (toybox ? undefined : 'no built-in model');
const dirs: string[] = [];
/** A machine that does other things as well takes its time. */
const soon = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 60_000, interval: 100 });

function dataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ovis-e2e-'));
  dirs.push(dir);
  return dir;
}

describe.skipIf(skipped !== undefined)('the studio', () => {
  let browser: Browser;
  let studio: StudioProcess;
  let context: BrowserContext;
  let page: Page;
  const strangers: string[] = [];
  const problems: string[] = [];

  async function open(dir: string): Promise<void> {
    studio = await startStudio(dir);
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', acceptDownloads: true, colorScheme: 'dark' });
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const { origin } = new URL(studio.link);
    page.on('request', (request) => { if (!request.url().startsWith(origin) && !/^(blob|data):/.test(request.url())) strangers.push(request.url()); });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(studio.link);
    await page.waitForSelector('html[data-ready]');
  }
  const place = (name: string) => page.getByRole('navigation', { name: 'Places' }).getByRole('button', { name }).click();
  const strip = () => page.getByTestId('job-strip');
  async function type(words: string): Promise<void> {
    await page.locator('[data-prompt]').fill(words);
  }
  async function drop(zone: string, name: string, bytes: Buffer): Promise<void> {
    const data = await page.evaluateHandle(([file, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(text ?? ''), (letter) => letter.charCodeAt(0))], file ?? '', { type: 'image/png' }));
      return transfer;
    }, [name, bytes.toString('base64')]);
    await page.dispatchEvent('header', 'dragenter', { dataTransfer: data });
    await page.dispatchEvent(`[data-zone=${zone}]`, 'drop', { dataTransfer: data });
  }
  const scene = () => sharp({ create: { width: 128, height: 128, channels: 3, background: '#9a9a9a' } })
    .composite([{ input: Buffer.from('<svg width="128" height="128"><circle cx="64" cy="70" r="30" fill="#c33"/></svg>') }]).png().toBuffer();

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    browser = await launch();
  });
  afterEach(async () => {
    await context?.close();
    await studio?.stop();
    expect(problems.splice(0)).toEqual([]);
    expect(strangers.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(dirs.map(removeData));
  });

  it('creates, edits, answers, exports, restores from the file, trashes and restores (scenarios 1, 12)', async () => {
    await open(dataDir());
    await page.getByRole('heading', { name: 'Ready to use' }).waitFor();
    await page.screenshot({ path: join(shots, 'studio-first-run.png') });
    await page.keyboard.press('1');
    await soon(() => page.getByLabel('Prompt for Create').inputValue()).not.toBe('');
    // Enough steps that a person, and a slow machine, sees it take shape.
    const steps = page.getByRole('spinbutton', { name: 'Steps' });
    await steps.fill('100');
    await steps.press('Enter');
    let previews = 0;
    page.on('response', (response) => { if (response.url().includes('/preview/') && response.ok()) previews++; });
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('preview').waitFor();
    await page.getByTestId('result').waitFor();
    expect(previews).toBeGreaterThanOrEqual(3);
    await page.screenshot({ path: join(shots, 'studio-created.png') });

    await drop('edit', 'scene.png', await scene());
    await page.getByText('scene.png').first().waitFor();
    await type('make the sphere blue');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('button', { name: /^Original/ }).waitFor();
    await page.screenshot({ path: join(shots, 'studio-edited.png') });

    await drop('ask', 'scene.png', await scene());
    await type('how many objects are there?');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('button', { name: 'Use as prompt' }).waitFor();
    await page.screenshot({ path: join(shots, 'studio-asked.png') });

    await place('Gallery');
    await page.getByRole('option').first().click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
    const file = await readFile(await download.path());
    await place('Create');
    await type('something else');
    await drop('recall', 'saved.png', file);
    await page.getByText('Every parameter is back').waitFor();
    await soon(() => page.getByLabel('Prompt for Edit').inputValue()).toBe('make the sphere blue');

    await place('Gallery');
    await page.getByRole('option').first().click();
    const before = await page.getByRole('option').count();
    await page.keyboard.press('Delete');
    await page.getByText('Moved to the trash').waitFor();
    await soon(() => page.getByRole('option').count()).toBe(before - 1);
    await page.getByRole('button', { name: 'Undo' }).click();
    await soon(() => page.getByRole('option').count()).toBe(before);
    await page.screenshot({ path: join(shots, 'studio-gallery.png') });
  }, 240_000);

  it('queues ten, reorders, pauses, cancels at a step, and the next one starts; a reload loses nothing (scenario 8)', async () => {
    await open(dataDir());
    await place('Create');
    const steps = page.getByRole('spinbutton', { name: 'Steps' });
    await steps.fill('100');
    await steps.press('Enter');
    await page.keyboard.press('Alt+q');
    await page.getByTestId('queue').getByRole('button', { name: 'Pause' }).click();
    await page.keyboard.press('Escape');
    for (let n = 1; n <= 10; n++) {
      await type(`a red cube number ${n}`);
      await page.keyboard.press('Control+Enter');
      await soon(() => strip().textContent()).toContain(`${n} waiting`);
    }
    await page.keyboard.press('Alt+q');
    const rows = page.getByTestId('queue').locator('[data-job]');
    await soon(() => rows.count()).toBe(10);
    await rows.nth(9).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await soon(() => rows.nth(8).textContent()).toContain('number 10');
    await page.getByTestId('queue').getByRole('button', { name: 'Resume' }).click();
    const running = page.getByTestId('queue').locator('[data-state=running]');
    const first = await running.first().getAttribute('data-job');
    await soon(() => running.first().textContent()).toMatch(/Step (?:1[2-9]|[2-9]\d) of 100/);
    await running.first().getByRole('button', { name: 'Cancel this job' }).click();
    await page.getByTestId('queue').locator(`[data-job="${first}"][data-state=cancelled]`).waitFor();
    await soon(() => running.first().getAttribute('data-job')).not.toBe(first);
    await page.screenshot({ path: join(shots, 'studio-queue.png') });
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    await soon(() => strip().textContent()).toMatch(/Step|Starting|Loading|Reading/);
    await page.keyboard.press('Alt+q');
    await soon(() => rows.count()).toBe(10);
    await page.getByTestId('queue').getByRole('button', { name: 'Cancel waiting' }).click();
  }, 240_000);

  it('searches and scrolls a history of a hundred thousand (scenario 11)', async () => {
    const dir = dataDir();
    fillHistory(dir, { rows: 100_000 });
    await open(dir);
    await place('Gallery');
    await page.getByRole('option').first().waitFor();
    await page.getByTestId('grid').focus();
    await page.keyboard.press('End');
    await soon(async () => {
      const chosen = page.getByRole('option', { selected: true });
      return (await chosen.count()) === 1 && (await chosen.getAttribute('aria-posinset')) === (await chosen.getAttribute('aria-setsize'));
    }).toBe(true);
    await page.keyboard.press('Control+f');
    await page.keyboard.type('red cube');
    const found = page.getByRole('status').filter({ hasText: /of [\d,]+ · \d+ ms/ });
    await found.waitFor();
    await page.getByRole('option').first().click();
    await page.keyboard.press('g');
    await page.getByTestId('lineage').waitFor();
    await page.screenshot({ path: join(shots, 'studio-100k.png') });
  }, 240_000);
});
