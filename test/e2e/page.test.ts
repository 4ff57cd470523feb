/** The whole page in a real browser, on fake services: what is done in every place, by key and by pointer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { skipReason } from './browser.ts';
import { fakePages, place, strip } from './fakePages.ts';
import { shots } from './studioPage.ts';

const skipped = skipReason();

describe.skipIf(skipped !== undefined)('the page', () => {
  const { open } = fakePages();

  it('opens Models first, and an example is one key away', async () => {
    const page = await open('history=0&stepMs=30');
    await page.getByRole('heading', { name: 'Ready to use' }).waitFor();
    await page.screenshot({ path: join(shots, 'models.png') });
    await page.keyboard.press('1');
    const prompt = page.getByLabel('Prompt for Create');
    await expect.poll(() => prompt.inputValue()).toContain('red sphere');
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('preview').waitFor();
    await page.getByRole('button', { name: /^Accept/ }).waitFor();
    await page.screenshot({ path: join(shots, 'create.png') });
  });

  it('queues, reorders by key, pauses, cancels, retries', async () => {
    const page = await open('history=20&stepMs=200');
    for (const [index, words] of ['first red cone', 'second red cone', 'third red cone'].entries()) {
      await page.keyboard.press('/');
      await page.keyboard.press('Control+A');
      await page.keyboard.type(words);
      await page.keyboard.press('Control+Enter');
      await expect.poll(() => strip(page).textContent()).toContain(index === 0 ? 'Step' : `${index}`);
    }
    await page.keyboard.press('Alt+q');
    const rows = page.getByTestId('queue').locator('[data-job]');
    await expect.poll(() => rows.count()).toBe(3);
    await rows.nth(2).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(() => rows.nth(1).textContent()).toContain('third');
    await page.getByTestId('queue').getByRole('button', { name: 'Pause' }).click();
    await page.getByTestId('queue').getByRole('button', { name: 'Resume' }).waitFor();
    await page.screenshot({ path: join(shots, 'queue.png') });
    await page.keyboard.press('Escape');
    await page.locator('[data-region=stage]').focus();
    await page.keyboard.press('Shift+X');
    await expect.poll(() => strip(page).textContent()).toContain('Paused');
    await page.keyboard.press('Alt+q');
    await page.getByTestId('queue').getByRole('button', { name: 'Retry' }).click();
    await expect.poll(() => rows.count()).toBe(4);
  });

  it('says beside its cause what failed and what to do', async () => {
    const page = await open('history=20&stepMs=20');
    await page.keyboard.press('/');
    await page.keyboard.type('a red cone, too large');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Memory ran out at 256 × 256.').first().waitFor();
    await page.getByRole('button', { name: 'Try 192 × 192' }).first().waitFor();
  });

  it('tells before running what the model cannot know', async () => {
    const page = await open('history=20');
    await page.keyboard.press('/');
    await page.keyboard.type('a dog on a red cube');
    await page.getByText('Toybox does not know “dog”').waitFor();
  });

  it('finds, chooses, stars, trashes and restores by keyboard', async () => {
    const page = await open('history=300');
    await place(page, 'Gallery');
    await page.keyboard.press('Control+f');
    await page.keyboard.type('cone');
    await page.getByRole('status').filter({ hasText: / of 300 · \d+ ms/ }).waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.getByTestId('grid').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+ArrowRight');
    await page.getByText('2 pictures selected').waitFor();
    await page.keyboard.press('s');
    await page.keyboard.press('Delete');
    await page.getByText('2 pictures moved to the trash').waitFor();
    // While something is told, F6 still reaches every part of the window, and what is told with it.
    const reached = new Set<string | undefined>();
    for (let press = 0; press < 9; press++) {
      await page.keyboard.press('F6');
      reached.add(await page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-region]')?.dataset['region']));
    }
    expect([...reached]).toEqual(expect.arrayContaining(['header', 'filters', 'grid', 'prompt', 'notifications']));
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('2 pictures restored').waitFor();
    await page.screenshot({ path: join(shots, 'gallery.png') });
  });

  it('keeps what is typed after Ctrl+F while the gallery is still on its way', async () => {
    const page = await open('history=300');
    // On a slow machine this part of the page arrives after the hand has gone on.
    await page.route(/Gallery-[^/]*\.js/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      await route.continue();
    });
    await page.reload();
    await page.getByRole('navigation', { name: 'Places' }).waitFor();
    await page.keyboard.press('Control+f');
    await page.keyboard.type('conx');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('e');
    expect(await page.locator('[data-search]').count(), 'the gallery is not there yet').toBe(0);
    await expect.poll(() => page.locator('[data-search]').inputValue(), { timeout: 15_000 }).toBe('cone');
    await page.keyboard.type(' red');
    expect(await page.locator('[data-search]').inputValue()).toBe('cone red');
    await page.getByRole('status').filter({ hasText: / of 300 · \d+ ms/ }).waitFor();
  });

  it('scrolls a hundred thousand pictures to their end', async () => {
    const page = await open('history=100000');
    await place(page, 'Gallery');
    await page.getByTestId('grid').focus();
    await page.keyboard.press('End');
    await expect.poll(() => page.getByRole('option', { selected: true }).getAttribute('aria-posinset')).toBe('100000');
    expect(await page.getByRole('option').count()).toBeLessThan(200);
  });

  it('looks closer, before and after, and recalls every parameter', async () => {
    const page = await open('history=120');
    await place(page, 'Gallery');
    await page.getByRole('option').first().click();
    await page.keyboard.press('Space');
    await page.getByTestId('viewer').waitFor();
    await page.getByRole('button', { name: 'Before and after' }).click();
    await page.getByRole('slider', { name: 'Line between before and after' }).focus();
    await page.keyboard.press('End');
    await expect.poll(() => page.getByRole('slider', { name: 'Line between before and after' }).getAttribute('aria-valuenow')).toBe('100');
    await page.screenshot({ path: join(shots, 'viewer.png') });
    await page.keyboard.press('r');
    await page.getByText('Every parameter is back').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByLabel('Prompt for Edit').inputValue()).toBe('turn the sphere orange');
  });

  it('walks the lineage and compares', async () => {
    const page = await open('history=120');
    await place(page, 'Gallery');
    await page.getByRole('option').nth(3).click();
    await page.keyboard.press('g');
    await page.getByTestId('lineage').waitFor();
    await page.getByRole('treeitem', { selected: true }).focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toContain('put a small white sphere');
    await page.keyboard.press('1');
    await page.getByRole('table').waitFor();
    await page.screenshot({ path: join(shots, 'lineage.png') });
  });

  it('asks about two pictures, streams, stops, and makes a prompt of the answer', async () => {
    const page = await open('history=120&stepMs=100');
    await place(page, 'Gallery');
    await page.getByRole('option').nth(0).click();
    await page.getByRole('option').nth(1).click({ modifiers: ['Control'] });
    await page.keyboard.press('a');
    await page.keyboard.press('/');
    await page.keyboard.type('What changed?');
    await page.keyboard.press('Control+Enter');
    const answers = page.getByRole('log', { name: 'Questions and answers' });
    await expect.poll(() => answers.textContent()).toContain('A shows');
    await page.keyboard.press('Escape');
    await answers.getByText('Stopped').waitFor();
    await page.screenshot({ path: join(shots, 'ask.png') });
    await answers.getByRole('button', { name: 'Use as prompt' }).click();
    await expect.poll(() => page.getByLabel('Prompt for Create').inputValue()).toContain('A shows');
  });

  it('takes what is dropped, and says what each zone does', async () => {
    const page = await open('history=20');
    const data = await page.evaluateHandle(async () => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 32;
      canvas.getContext('2d')?.fillRect(0, 0, 32, 32);
      const bytes = Uint8Array.from(atob(canvas.toDataURL('image/png').split(',')[1] ?? ''), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], 'dropped.png', { type: 'image/png' }));
      return transfer;
    });
    await place(page, 'Canvas');
    await page.dispatchEvent('[data-region=stage]', 'dragenter', { dataTransfer: data });
    await page.getByText('Placed at the pointer, at its own size.').waitFor();
    await page.dispatchEvent('[data-zone=edit]', 'drop', { dataTransfer: data });
    await page.getByText('dropped.png').first().waitFor();
    await page.getByLabel('Prompt for Edit').waitFor();
  });

  it('reads sums, units and nonsense in its fields', async () => {
    const page = await open('history=20');
    await place(page, 'Canvas');
    const width = page.getByRole('spinbutton', { name: 'Width' });
    await width.fill('2*250');
    await width.press('Enter');
    await page.getByText('Snapped to 512').waitFor();
    await width.fill('wide');
    await width.press('Enter');
    await page.getByText('“wide” is not a number').waitFor();
    await width.press('Escape');
    expect(await width.inputValue()).toBe('512');
    await width.press('Shift+ArrowDown');
    expect(await width.inputValue()).toBe('192');
  });

  it('reaches every part of the window with F6, and every command with Ctrl K', async () => {
    const page = await open('history=20');
    await place(page, 'Canvas');
    const seen = new Set<string | null | undefined>();
    for (let press = 0; press < 8; press++) {
      await page.keyboard.press('F6');
      seen.add(await page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-region]')?.dataset['region']));
    }
    expect([...seen]).toEqual(expect.arrayContaining(['header', 'stage', 'prompt', 'panel', 'status']));
    await page.keyboard.press('Control+k');
    await page.getByTestId('palette').waitFor();
    await page.keyboard.type('light');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
  });

  it('brings in a folder with progress, names what it could not read, and moves the data folder with the next start', async () => {
    const page = await open('history=3');
    const folder = mkdtempSync(join(tmpdir(), 'ovis-folder-'));
    for (const name of ['a', 'b', 'c']) await sharp({ create: { width: 16, height: 16, channels: 3, background: { r: name.charCodeAt(0), g: 90, b: 20 } } }).png().toFile(join(folder, `${name}.png`));
    writeFileSync(join(folder, 'broken.png'), 'no picture');
    writeFileSync(join(folder, 'notes.txt'), 'nor this');
    await place(page, 'Gallery');
    await page.getByRole('option').first().waitFor();
    const before = await page.getByRole('option').count();
    await page.getByTestId('folder').setInputFiles(folder);
    await page.getByText('3 pictures brought in, 1 file left out').waitFor();
    await expect.poll(() => page.getByRole('option').count()).toBe(before + 3);
    await page.getByText('1 file could not be read.').waitFor();
    await page.getByText('Details').click();
    await page.getByText('broken.png').waitFor();
    await page.getByRole('button', { name: 'Put away' }).click();
    rmSync(folder, { recursive: true });

    await page.keyboard.press('Control+,');
    await page.getByRole('button', { name: 'Move…' }).click();
    await page.getByLabel('New data folder').fill('/somewhere/else');
    await page.screenshot({ path: join(shots, 'settings.png') });
    await page.keyboard.press('Enter');
    await page.getByText('Moves to /somewhere/else when the studio starts next.').waitFor();
  });
});
