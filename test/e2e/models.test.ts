/** The Models place against a hub of our own, in a real browser: fetched, interrupted, gone on with, checked, drawn with; and what repairs what goes wrong. */
import AxeBuilder from '@axe-core/playwright';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startHub, type FakeHub } from '../helpers/hub.ts';
import { launch, skipReason } from './browser.ts';
import { dataDir, openStudioPage, removeDirs, shots, soon, type StudioPage } from './studioPage.ts';

const golden = join(import.meta.dirname, '../fixtures/golden/dev_a');
const skipped = skipReason();
/** Small enough that a picture takes a second. */
const studioJson = Buffer.from(JSON.stringify({ name: 'Ovis-U1-3B', sizes: [[64, 64]], steps: 4 }));
const slow = 250_000;

describe.skipIf(skipped !== undefined)('the Models place', () => {
  let browser: Browser;
  let hub: FakeHub;
  let opened: StudioPage | undefined;
  let page: Page;
  let dir: string;

  async function open(): Promise<void> {
    opened = await openStudioPage(browser, dir);
    ({ page } = opened);
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
    dir = dataDir();
    hub = await startHub({ dir: golden, extra: { 'studio.json': studioJson } });
    writeFileSync(join(dir, 'hub.json'), JSON.stringify({ endpoint: hub.endpoint }));
  });
  afterEach(async () => {
    await opened?.close().finally(() => { opened = undefined; });
    await hub?.close();
  });
  afterAll(async () => {
    await browser?.close();
    await removeDirs();
  });

  it('tells what each precision takes and costs; the chosen one is packed, draws, and its pack is removed', async () => {
    await open();
    const toybox = page.getByRole('region', { name: 'Toybox' });
    await toybox.getByRole('button', { name: 'Precision' }).click();
    const panel = toybox.getByTestId('precisions');
    const radio = (name: string) => panel.getByRole('radio', { name: `Toybox in ${name}` });
    await radio('int8, 8 bits').waitFor();
    expect(await radio('fp32, full precision').isChecked()).toBe(true);
    expect(await panel.innerText()).toMatch(/Recommended[^]*fp32, full precision is recommended\. Exact, and all of it stays in memory/);
    const row = (precision: string) => panel.locator(`[data-precision="${precision}"]`);
    expect(await row('int8').innerText()).toMatch(/6 MB when packed\s+1\.3 %/);
    await page.screenshot({ path: join(shots, 'models-precisions-dark.png') });
    await radio('4-bit, blocks of 128').check();
    await row('q4b128').getByText('3 MB packed').waitFor();
    await panel.getByTestId('packing').waitFor({ state: 'detached' });
    await page.emulateMedia({ colorScheme: 'light' });
    await opened?.studio.api('system/changeSettings', { theme: 'light' });
    await page.locator('html[data-theme=light]').waitFor();
    await page.screenshot({ path: join(shots, 'models-precisions-light.png') });
    const { violations } = await new AxeBuilder({ page }).include('[data-testid=precisions]').options({ resultTypes: ['violations'] }).analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    const submitted = await opened!.studio.api('jobs/submit', { requests: [{ kind: 'textToImage', prompt: 'a red cube', width: 64, height: 64, steps: 1, seed: 1 }], modelId: 'toybox' });
    const [job] = await submitted.json() as { id: string }[];
    const ended = async () => await (await opened!.studio.api('jobs/get', { jobId: job!.id })).json() as { state: string; generationIds: string[] };
    await soon(async () => (await ended()).state).toBe('done');
    const made = await (await opened!.studio.api('gallery/get', { id: (await ended()).generationIds[0] })).json() as { reproduce: { precision: string } };
    expect(made.reproduce.precision).toBe('q4b128');
    await row('q4b128').getByRole('button', { name: 'Remove the packed weights of 4-bit, blocks of 128' }).click();
    await row('q4b128').getByText('3 MB when packed').waitFor();
    await panel.getByRole('button', { name: 'As in Settings' }).click();
    await soon(() => radio('fp32, full precision').isChecked()).toBe(true);
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
    await opened?.studio.kill();
    await opened?.close();

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
