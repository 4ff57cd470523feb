/** The Models place against a hub of our own, in a real browser: fetched, interrupted, gone on with, checked, drawn with; and what repairs what goes wrong. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startHub, type FakeHub } from '../helpers/hub.ts';
import { launch, skipReason } from './browser.ts';
import { removeData, startStudio, type StudioProcess } from './studioHost.ts';

const golden = join(import.meta.dirname, '../fixtures/golden/dev_a');
const shots = join(import.meta.dirname, '../../out/e2e');
const skipped = skipReason();
const dirs: string[] = [];
const soon = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 60_000, interval: 50 });
/** Small enough that a picture takes a second. */
const studioJson = Buffer.from(JSON.stringify({ name: 'Ovis-U1-3B', sizes: [[64, 64]], steps: 4 }));
const slow = 250_000;

describe.skipIf(skipped !== undefined)('the Models place', () => {
  let browser: Browser;
  let hub: FakeHub;
  let studio: StudioProcess;
  let context: BrowserContext;
  let page: Page;
  let dir: string;
  const strangers: string[] = [];
  const problems: string[] = [];

  async function open(): Promise<void> {
    studio = await startStudio(dir);
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', colorScheme: 'dark' });
    page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const { origin } = new URL(studio.link);
    page.on('request', (request) => { if (!request.url().startsWith(origin) && !/^(blob|data):/.test(request.url())) strangers.push(request.url()); });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(studio.link);
    await page.waitForSelector('html[data-ready]');
    await page.getByRole('navigation', { name: 'Places' }).getByRole('button', { name: 'Models' }).click();
  }
  const card = () => page.getByRole('region', { name: 'Ovis-U1-3B' });
  const press = (name: string | RegExp) => card().getByRole('button', { name }).click();
  const shot = (name: string) => page.screenshot({ path: join(shots, `models-${name}.png`) });
  const state = () => card().getByTestId('install').getAttribute('data-state');

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    browser = await launch();
  });
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'ovis-models-'));
    dirs.push(dir);
    hub = await startHub({ dir: golden, extra: { 'studio.json': studioJson } });
    writeFileSync(join(dir, 'hub.json'), JSON.stringify({ endpoint: hub.endpoint }));
  });
  afterEach(async () => {
    await context?.close();
    await studio?.stop();
    await hub?.close();
    expect(problems.splice(0)).toEqual([]);
    expect(strangers.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(dirs.map(removeData));
  });

  it('installs, is killed in the middle, resumes, verifies, opens and draws', async () => {
    await open();
    await card().getByText('Not on this computer').waitFor();
    await shot('absent');
    // Looking at the place asks nobody anything.
    expect(hub.asked).toEqual([]);
    await press(/^Download about/);
    await card().getByTestId('plan').waitFor();
    expect(await card().getByTestId('plan').innerText()).toMatch(/Licence\s+apache-2.0[^]*fp32/);
    await shot('plan');
    expect(hub.asked.some(({ path }) => path.endsWith('.safetensors'))).toBe(false);
    hub.bytesPerSecond = slow;
    await press(/^Download [\d.]+ MB$/);
    await soon(state).toBe('downloading');
    await soon(async () => Number(await card().getByRole('progressbar').getAttribute('aria-valuenow'))).toBeGreaterThan(30);
    await shot('downloading');
    await press('Pause');
    await soon(state).toBe('paused');
    await shot('paused');
    await press('Resume');
    await soon(state).toBe('downloading');
    await soon(async () => Number(await card().getByRole('progressbar').getAttribute('aria-valuenow'))).toBeGreaterThan(50);
    // Long enough that the state of before the kill is on the disk.
    await new Promise((done) => setTimeout(done, 2_200));
    await studio.kill();
    await context.close();

    const before = hub.asked.length;
    await open();
    await soon(state).toBe('interrupted');
    await shot('interrupted');
    expect(hub.asked).toHaveLength(before);
    const present = Number(await card().getByRole('progressbar').getAttribute('aria-valuenow'));
    expect(present).toBeGreaterThan(0);
    hub.bytesPerSecond = undefined;
    await press('Resume');
    await card().getByRole('button', { name: 'Use', exact: true }).waitFor();
    const sent = hub.sent();
    await card().getByRole('button', { name: /^More about/ }).click();
    await page.getByRole('menuitem', { name: 'Verify the files' }).click();
    await page.getByText(/is whole: \d+ files/).waitFor();
    expect(hub.sent()).toBe(sent);
    await shot('installed');
    await press('Use');
    await card().getByText('In use').waitFor();
    await page.getByRole('navigation', { name: 'Places' }).getByRole('button', { name: /Create|Canvas/ }).click();
    await page.locator('[data-prompt]').fill('a red cube');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('button', { name: /^Accept/ }).waitFor();
    await shot('drawn');

    // A damaged file is found out and fetched again, at a press.
    const path = join(dir, 'models/aidc-ai--ovis-u1-3b/model.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 0x10;
    writeFileSync(path, bytes);
    await page.getByRole('navigation', { name: 'Places' }).getByRole('button', { name: 'Models' }).click();
    await card().getByRole('button', { name: /^More about/ }).click();
    await page.getByRole('menuitem', { name: 'Verify the files' }).click();
    await card().getByText('Files of this model are damaged.').waitFor();
    await shot('damaged');
    await press('Fetch those files again');
    await card().getByText('Verified').waitFor();

    // Removed, with the question; the way back stays on the list.
    await card().getByRole('button', { name: /^More about/ }).click();
    await page.getByRole('menuitem', { name: 'Remove …' }).click();
    await card().getByText(/1 picture made with it stays/).waitFor();
    await shot('remove');
    await press('Remove the files');
    await card().getByText('Not on this computer').waitFor();
    await card().getByRole('button', { name: /^Download/ }).waitFor();
    await shot('removed');
  }, 240_000);

  it.each([
    ['wrong bytes', { kind: 'wrongBytes' as const }, 'model.safetensors arrived damaged.', 'Fetch that file again'],
    ['a hub that is busy for long', { kind: 'limit' as const, retryAfter: '86400' }, /asks for a pause/, 'Try again'],
  ])('%s: says so, and one press repairs it', async (name, fault, words, button) => {
    await open();
    hub.faults = [fault];
    await press(/^Download about/);
    await press(/^Download [\d.]+ MB$/);
    await soon(state).toBe('failed');
    await card().getByText(words).first().waitFor();
    await shot(`failed ${name}`.replaceAll(' ', '-'));
    hub.faults = [];
    await press(button);
    await card().getByRole('button', { name: 'Use', exact: true }).waitFor();
  }, 120_000);

  it('a gated repository asks for a token, which is stored and never shown', async () => {
    await hub.close();
    hub = await startHub({ dir: golden, token: 'hf_secret', extra: { 'studio.json': studioJson } });
    writeFileSync(join(dir, 'hub.json'), JSON.stringify({ endpoint: hub.endpoint }));
    await open();
    await press(/^Download about/);
    await card().getByText(/a token that may read it is needed/).first().waitFor();
    await press('Enter a token');
    await page.getByLabel('Token').fill('hf_secret');
    await page.getByRole('region', { name: 'Hub' }).getByRole('button', { name: 'Store' }).nth(1).click();
    await page.getByPlaceholder('Stored; type another to replace it').waitFor();
    await shot('hub');
    expect(await page.content()).not.toContain('hf_secret');
    await press('Try again');
    await card().getByTestId('plan').waitFor();
  }, 120_000);
});
