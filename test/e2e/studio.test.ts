/** The whole studio in a real browser: loopback host, queue, history, engine and the built-in model. What the canvas does has tests of its own. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobEvent } from '../../preload/contract/events.ts';
import type { SearchPage } from '../../preload/contract/gallery.ts';
import { fillHistory } from '../helpers/historyRows.ts';
import { launch, skipReason } from './browser.ts';
import { dataDir, openStudioPage, removeDirs, shots, soon, type StudioPage } from './studioPage.ts';

const toybox = existsSync(join(import.meta.dirname, '../../resources/models/toybox/config.json'));
const skipped = skipReason() ?? (toybox ? undefined : 'no built-in model');

/** A call as a script of the same user makes it. */
async function api(dir: string, call: string, input: object = {}): Promise<Response> {
  const { origin, secret } = JSON.parse(readFileSync(join(dir, 'running.json'), 'utf8')) as { origin: string; secret: string };
  return fetch(`${origin}/api/${call}`, { method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }, body: JSON.stringify(input) });
}

describe.skipIf(skipped !== undefined)('the studio', () => {
  let browser: Browser;
  let opened: StudioPage | undefined;
  let page: Page;

  async function open(dir: string): Promise<void> {
    opened = await openStudioPage(browser, dir);
    ({ page } = opened);
  }
  const strip = () => page.getByTestId('job-strip');
  const press = (...keys: string[]) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const shot = (name: string) => page.screenshot({ path: join(shots, `studio-${name}.png`) });
  const prompt = () => page.locator('[data-prompt]');
  const idle = () => soon(() => strip().textContent()).toContain('Nothing running');
  /** `/` writes a prompt wherever the person stands. */
  async function write(words: string): Promise<void> {
    await press('/');
    await soon(() => page.evaluate(() => document.activeElement?.hasAttribute('data-prompt'))).toBe(true);
    await press('Control+a');
    await page.keyboard.type(words);
  }
  async function command(words: string): Promise<void> {
    await press('Control+k');
    await page.getByTestId('palette').waitFor();
    await page.keyboard.type(words);
    await page.getByTestId('palette').getByRole('option').first().waitFor();
    await press('Enter');
    await page.getByTestId('palette').waitFor({ state: 'detached' });
  }
  async function grid(): Promise<void> {
    await press('Control+Shift+2');
    await page.getByRole('option').first().waitFor();
    for (let n = 0; n < 12 && !(await page.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'grid')); n++) await press('F6');
  }
  const chosen = () => page.getByRole('option', { selected: true });
  /** Chooses the newest picture; its row may still be on its way. */
  async function newestOne(): Promise<void> {
    await grid();
    await press('Home');
    await soon(async () => (await chosen().count()) === 1 && (await chosen().getAttribute('aria-posinset')) === '1').toBe(true);
  }

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    browser = await launch();
  });
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });
  afterAll(async () => {
    await browser?.close();
    await removeDirs();
  });

  it('by keyboard alone: captions, asks about two pictures, edits, compares, exports, deletes and restores; its file brings everything back (scenario 12)', async () => {
    await open(dataDir());
    await page.getByRole('heading', { name: 'Ready to use' }).waitFor();
    await shot('first-run');
    // The third start asks about a picture: a caption of it, say.
    // Their pictures may still be on the way.
    await page.getByRole('button', { name: /Ask about a picture/ }).first().waitFor();
    await press('3');
    await soon(() => prompt().inputValue()).not.toBe('');
    await write('describe this picture');
    await press('Control+Enter');
    await page.getByRole('button', { name: 'Use as prompt' }).waitFor();
    await idle();

    for (const words of ['a red sphere', 'a blue cube']) {
      await press('Control+Shift+1', 'Alt+1');
      await write(words);
      await press('Control+Enter');
      await soon(() => page.getByTestId('job-strip').textContent()).not.toBe('');
      await idle();
    }
    await grid();
    await soon(() => page.getByRole('option').count()).toBe(2);
    await newestOne();
    await press('Shift+ArrowRight');
    await soon(() => chosen().count()).toBe(2);
    await shot('gallery');
    await press('a');
    await write('what is different between the two pictures?');
    await press('Control+Enter');
    await page.getByRole('log', { name: 'Questions and answers' }).getByRole('button', { name: 'Use as prompt' }).waitFor();
    await shot('asked');

    await newestOne();
    await press('Enter');
    await soon(() => page.getByLabel('Prompt for Edit').count()).toBe(1);
    await write('make it yellow');
    await press('Control+Enter');
    await page.getByRole('button', { name: /^Accept/ }).waitFor();
    await shot('edited');

    await grid();
    await soon(() => page.getByRole('option').count()).toBe(3);
    await newestOne();
    await press('Shift+ArrowRight');
    await soon(() => chosen().count()).toBe(2);
    await press('c');
    await page.getByRole('table').waitFor();
    await shot('compared');

    await newestOne();
    const [download] = await Promise.all([page.waitForEvent('download'), press('Control+s')]);
    const file = await readFile(await download.path());

    await press('Delete');
    await page.getByText('Moved to the trash').waitFor();
    await soon(() => page.getByRole('option').count()).toBe(2);
    await command('open the trash');
    await soon(() => page.getByRole('option').count()).toBe(1);
    await newestOne();
    await command('restore from the trash');
    await page.getByText('1 picture restored').waitFor();

    // Pasted, as it comes from a file manager; the menu is walked with Tab.
    await write('something else altogether');
    await press('F6');
    await page.evaluate((text) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], 'saved.png', { type: 'image/png' }));
      window.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, file.toString('base64'));
    await page.getByTestId('drop').waitFor();
    for (let n = 0; n < 12 && !(await page.evaluate(() => document.activeElement?.getAttribute('data-zone') === 'recall')); n++) await press('Tab');
    await press('Enter');
    await page.getByText('Every parameter is back').waitFor();
    // It was an edit: the picture that it started from lies on the canvas again.
    await page.getByRole('treeitem', { name: /^Source,/ }).waitFor();
    await soon(() => prompt().inputValue()).toBe('make it yellow');
  }, 240_000);

  it('queues ten, reorders, pauses, cancels within a step and without decoding, the next one starts; a reload loses nothing (scenario 8)', async () => {
    const dir = dataDir();
    await open(dir);
    await press('Control+Shift+1');
    const steps = page.getByRole('spinbutton', { name: 'Steps' });
    await steps.fill('100');
    await steps.press('Enter');
    await page.getByTestId('canvas').focus();
    await press('Alt+p');
    for (let n = 1; n <= 10; n++) {
      await write(`a red cube number ${n}`);
      await press('Control+Enter');
      await soon(() => strip().textContent()).toContain(`${n} waiting`);
    }
    await press('Alt+q');
    const queue = page.getByTestId('queue');
    const rows = queue.locator('[data-job]');
    await soon(() => rows.count()).toBe(10);
    await rows.nth(9).focus();
    await press('Alt+ArrowUp');
    await soon(() => rows.nth(8).textContent()).toContain('number 10');
    await queue.getByRole('button', { name: 'Resume' }).click();
    const running = queue.locator('[data-state=running]');
    const first = (await running.first().getAttribute('data-job')) ?? '';
    const told = api(dir, 'jobs/follow', { jobId: first }).then((reply) => reply.text());
    await soon(() => running.first().textContent()).toMatch(/Step (?:1[2-9]|[2-9]\d) of 100/);
    await running.first().getByRole('button', { name: 'Cancel this job' }).click();
    await queue.locator(`[data-job="${first}"][data-state=cancelled]`).waitFor();
    await soon(() => running.first().getAttribute('data-job')).not.toBe(first);
    await shot('queue');
    const events = (await told).split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)) as JobEvent);
    const progress = events.flatMap((event) => (event.type === 'progress' ? [event.progress] : []));
    const asked = progress.findIndex(({ stopping }) => stopping === true);
    expect(asked).toBeGreaterThan(0);
    // The step that ran is finished at most; nothing is decoded.
    expect((progress.at(-1)?.step ?? 0) - (progress[asked]?.step ?? 0)).toBeLessThanOrEqual(1);
    expect(progress.map(({ stage }) => stage)).not.toContain('decode');

    await page.reload();
    await page.waitForSelector('html[data-ready]');
    await soon(() => strip().textContent()).toMatch(/Step|Starting|Loading|Reading/);
    await press('Alt+q');
    await soon(() => rows.count()).toBe(10);
    await queue.getByRole('button', { name: 'Cancel waiting' }).click();
  }, 240_000);

  it('among a hundred thousand pictures searches, scrolls, opens lineage, and what is recalled is drawn again to the pixel (scenario 11)', async () => {
    const dir = dataDir();
    fillHistory(dir, { rows: 100_000 });
    await open(dir);
    await grid();
    await press('End');
    await soon(async () => ((await chosen().count()) === 1 && (await chosen().getAttribute('aria-posinset')) === (await chosen().getAttribute('aria-setsize')))).toBe(true);
    await press('Control+f');
    await page.keyboard.type('red cube');
    await page.getByRole('status').filter({ hasText: /of [\d,]+ · \d+ ms/ }).waitFor();
    await page.getByRole('option').first().click();
    await press('g');
    await page.getByTestId('lineage').waitFor();
    await shot('100k');
    await press('Control+Shift+2');
    await page.getByRole('button', { name: 'Clear the search' }).click();

    const newest = async (limit: number) => ((await (await api(dir, 'gallery/search', { limit })).json()) as SearchPage).items;
    const before = (await newest(1))[0]?.id;
    await press('Control+Shift+1', 'Alt+1');
    await write('a green cone');
    await press('Control+Enter');
    await soon(async () => (await newest(1))[0]?.id).not.toBe(before);
    const [drawn] = await newest(1);
    await page.getByTestId('canvas').focus();
    await press('Escape');
    await write('nothing like it');
    await grid();
    await soon(() => page.getByRole('option').first().getAttribute('aria-label')).toContain('a green cone');
    await newestOne();
    await press('r');
    await page.getByText('Every parameter is back').waitFor();
    await soon(() => prompt().inputValue()).toBe('a green cone');
    await write('a green cone');
    await press('Control+Enter');
    await soon(async () => (await newest(1))[0]?.id).not.toBe(drawn?.id);
    const [again, former] = await newest(2);
    expect(former?.id).toBe(drawn?.id);
    // Stored by content: the same bytes are the same file.
    expect([again?.hash, again?.seed]).toEqual([drawn?.hash, drawn?.seed]);
  }, 240_000);
});
