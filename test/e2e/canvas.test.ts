/** The canvas in a real browser on the built-in model: the acceptance scenarios of the canvas, step by step as a person does them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, skipReason } from './browser.ts';
import { CanvasPage, newDataDir, scene, soon } from './canvasPage.ts';
import { removeData } from './studioHost.ts';

const toybox = existsSync(join(import.meta.dirname, '../../resources/models/toybox/config.json'));
const skipped = skipReason() ?? (toybox ? undefined : 'no built-in model');
const dirs: string[] = [];

function dataDir(): string {
  const dir = newDataDir();
  dirs.push(dir);
  return dir;
}

/** Pixels that differ within a rectangle, both pictures given as RGBA rows. */
function differing(a: Buffer, b: Buffer, width: number, inside: (x: number, y: number) => boolean): number {
  let count = 0;
  for (let at = 0; at < a.length; at += 4) {
    const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)];
    if (inside(x, y) && a.compare(b, at, at + 4, at, at + 4) !== 0) count++;
  }
  return count;
}

describe.skipIf(skipped !== undefined)('the canvas', () => {
  let browser: Browser;
  beforeAll(async () => { browser = await launch(); });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(dirs.map(removeData));
  });

  it('a dropped picture, an instruction, previews, a staged result, a layer, and back (scenario 1)', async () => {
    const canvas = await CanvasPage.open(browser, dataDir());
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    await soon(() => canvas.layers.count()).toBe(1);
    await canvas.set('Steps', 40);
    let previews = 0;
    page.on('response', (response) => { if (response.url().includes('/preview/') && response.ok()) previews++; });
    await canvas.run('make the sphere blue');
    await page.getByTestId('preview').waitFor();
    await canvas.shot('canvas-drawing');
    await canvas.staged();
    expect(previews).toBeGreaterThanOrEqual(3);
    await canvas.shot('canvas-staged');
    // The canvas stays editable while a result waits.
    await canvas.canvas.focus();
    await page.keyboard.down('z');
    await canvas.shot('canvas-original');
    await page.keyboard.up('z');
    await canvas.accept();
    await soon(() => canvas.layers.count()).toBe(2);
    await page.keyboard.press('Control+z');
    await soon(() => canvas.layers.count()).toBe(1);
    await page.keyboard.press('Control+Shift+Z');
    await soon(() => canvas.layers.count()).toBe(2);
    await canvas.close();
  }, 240_000);

  it('ten masked edits leave every pixel outside as it was (scenario 2)', async () => {
    const canvas = await CanvasPage.open(browser, dataDir());
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene(256, 128) }]);
    await canvas.set('Steps', 4);
    await canvas.canvas.focus();
    await page.keyboard.press('b');
    await canvas.set('Size', 40);
    await canvas.drag([[60, 60], [80, 70], [90, 64]]);
    await soon(() => canvas.scope.textContent()).toBe('Inside Mask 1');
    const before = await canvas.exported();
    for (let n = 1; n <= 10; n++) {
      await canvas.run(`make the sphere blue ${n}`);
      await canvas.staged();
      await soon(() => page.getByTestId('facts').textContent()).toContain('Outside the mask: 0 pixels changed');
      if (n === 3) await canvas.shot('canvas-mask-staged');
      await canvas.accept();
      await soon(() => canvas.layers.count()).toBe(n + 2);
    }
    const after = await canvas.exported();
    expect([after.width, after.height]).toEqual([before.width, before.height]);
    // Far from the mask and its fade; the studio counts the rest exactly.
    expect(differing(before.pixels, after.pixels, before.width, (x) => x > 160)).toBe(0);
    expect(differing(before.pixels, after.pixels, before.width, (x) => x < 120)).toBeGreaterThan(0);
    await canvas.close();
  }, 400_000);

  it('a picture of odd size keeps it through an edit and export (scenario 3)', async () => {
    const canvas = await CanvasPage.open(browser, dataDir());
    await canvas.drop('edit', [{ name: 'odd.png', bytes: await scene(301, 203) }]);
    const untouched = await canvas.exported();
    expect([untouched.width, untouched.height]).toEqual([301, 203]);
    await canvas.set('Steps', 2);
    await canvas.run('make the sphere blue');
    await canvas.staged();
    await canvas.accept();
    await soon(() => canvas.layers.count()).toBe(2);
    const after = await canvas.exported();
    expect([after.width, after.height]).toEqual([301, 203]);
    await canvas.close();
  }, 240_000);

  it('extends a picture to the right and keeps the original to the pixel (scenario 4)', async () => {
    const canvas = await CanvasPage.open(browser, dataDir());
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    const before = await canvas.exported();
    await canvas.canvas.focus();
    await page.keyboard.press('c');
    await canvas.drag([[128, 64], [150, 64], [192, 64]]);
    await soon(() => canvas.scope.textContent()).toBe('Extend right 50 %');
    await canvas.shot('canvas-extend');
    await canvas.set('Steps', 4);
    await canvas.run('a grey room');
    await canvas.staged();
    await canvas.shot('canvas-extended');
    await canvas.accept();
    const after = await canvas.exported();
    expect([after.width, after.height]).toEqual([192, 128]);
    const kept = Buffer.concat(Array.from({ length: 128 }, (_, y) => after.pixels.subarray(y * 192 * 4, (y * 192 + 128) * 4)));
    // The band at the seam fades within the picture; beyond it every byte stays.
    expect(differing(before.pixels, kept, 128, (x) => x < 128 - 26)).toBe(0);
    await canvas.close();
  }, 240_000);

  it('lasso, subtract, invert, clear, undo five times, reload: the mask is what it was each time (scenario 5)', async () => {
    const canvas = await CanvasPage.open(browser, dataDir());
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    await canvas.canvas.focus();
    await page.keyboard.press('l');
    const looks: string[] = [];
    const look = async (): Promise<void> => { looks.push(await canvas.digest('Mask 1')); };
    await canvas.drag([[20, 20], [100, 20], [100, 100], [20, 100], [20, 20]]);
    await soon(() => canvas.layers.count()).toBe(2);
    await look();
    await page.keyboard.down('Control');
    await canvas.drag([[50, 50], [80, 50], [80, 80], [50, 80], [50, 50]]);
    await page.keyboard.up('Control');
    await look();
    await page.keyboard.press('Shift+V');
    await look();
    await page.keyboard.press('e');
    await canvas.drag([[10, 10], [40, 40]]);
    await look();
    await page.keyboard.press('Shift+C');
    await look();
    expect(new Set(looks).size).toBe(5);
    await canvas.shot('canvas-lasso');
    for (let n = 3; n >= 0; n--) {
      await page.keyboard.press('Control+z');
      await soon(() => canvas.digest('Mask 1')).toBe(looks[n]);
      if (n === 2) {
        await soon(() => page.getByTestId('saved').textContent()).toMatch(/^Saved/);
        await page.reload();
        await canvas.ready();
        await soon(() => canvas.digest('Mask 1')).toBe(looks[n]);
      }
    }
    await page.keyboard.press('Control+z');
    await soon(() => canvas.layers.count()).toBe(1);
    await canvas.close();
  }, 240_000);

  it('three files find three roles, and what cannot go together is said before running (scenario 6)', async () => {
    const canvas = await CanvasPage.open(browser, dataDir());
    const { page } = canvas;
    const bytes = await scene();
    await canvas.drop('edit', [{ name: 'base.png', bytes }]);
    await canvas.drop('reference', [{ name: 'subject.png', bytes: await scene(96, 96) }, { name: 'style.png', bytes: await scene(64, 96) }]);
    await canvas.drop('edges', [{ name: 'lines.png', bytes }]);
    await soon(() => page.locator('[data-guide]').count()).toBe(3);
    await soon(() => canvas.layers.count()).toBe(1);
    await page.getByTestId('control-map').waitFor();
    await page.locator('[data-prompt]').fill('a red sphere');
    await page.locator('section[aria-label=Prompt]').getByRole('status').first().waitFor();
    await canvas.shot('canvas-guides');
    await canvas.close();
  }, 240_000);

  it('the edges that are shown follow the sliders and are the stored map (scenario 7)', async () => {
    const canvas = await CanvasPage.open(browser, dataDir());
    const { page } = canvas;
    await canvas.drop('edges', [{ name: 'lines.png', bytes: await scene(512, 512) }]);
    const map = () => page.locator('[data-guide]').getAttribute('data-map');
    await soon(map).toMatch(/^[0-9a-f]{64}$/);
    const first = await map();
    const started = Date.now();
    await canvas.set('High', 550);
    await soon(map).not.toBe(first);
    console.log(`edges followed the slider in ${Date.now() - started} ms, the test's own polling included`);
    const shown = await page.getByTestId('control-map').evaluate(async (image) => {
      const bytes = await (await fetch((image as HTMLImageElement).src)).arrayBuffer();
      return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    });
    expect(shown).toBe(await map());
    await canvas.close();
  }, 240_000);

  it('killed in mid-generation, everything is back and the job can be tried again (scenario 9)', async () => {
    const dir = dataDir();
    const first = await CanvasPage.open(browser, dir);
    await first.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    await first.canvas.focus();
    await first.page.keyboard.press('b');
    await first.drag([[40, 40], [80, 60]]);
    await soon(() => first.layers.count()).toBe(2);
    const mask = await first.digest('Mask 1');
    await first.set('Steps', 100);
    await first.run('make the sphere blue');
    await first.page.getByTestId('preview').waitFor();
    await first.studio.stop('SIGKILL');
    const second = await CanvasPage.open(browser, dir);
    await soon(() => second.layers.count()).toBe(2);
    await soon(() => second.digest('Mask 1')).toBe(mask);
    await second.shot('canvas-after-kill');
    await second.page.getByRole('alert').filter({ hasText: 'stopped while' }).getByRole('button', { name: 'Retry' }).click();
    await second.staged();
    await second.close();
  }, 240_000);

  it('every key of the canvas does what it says', async () => {
    const canvas = await CanvasPage.open(browser, dataDir());
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    await canvas.canvas.focus();
    const tool = (name: string) => page.getByRole('toolbar', { name: 'Tools', exact: true }).getByRole('button', { name, exact: true }).getAttribute('aria-pressed');
    for (const [key, name] of [['b', 'Brush'], ['e', 'Eraser'], ['v', 'Move'], ['l', 'Lasso'], ['u', 'Shapes'], ['h', 'Hand'], ['i', 'Picker'], ['c', 'Frame'], ['Shift+T', 'Transform']] as const) {
      await page.keyboard.press(key);
      await soon(() => tool(name)).toBe('true');
    }
    await page.keyboard.press('b');
    await page.keyboard.down('Space');
    await soon(() => tool('Hand')).toBe('true');
    await page.keyboard.up('Space');
    await soon(() => tool('Brush')).toBe('true');
    await page.keyboard.down('Alt');
    await soon(() => tool('Picker')).toBe('true');
    await page.keyboard.up('Alt');
    await soon(() => tool('Brush')).toBe('true');
    const size = () => canvas.field('Size').inputValue();
    await page.keyboard.press(']');
    await soon(size).toBe('60');
    await page.keyboard.press('[');
    await soon(size).toBe('50');
    const spot = await canvas.at(64, 64);
    await page.mouse.move(spot.x, spot.y);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -100);
    await page.keyboard.up('Control');
    await soon(size).toBe('60');
    const colours = () => page.getByRole('button', { name: /^Swap with the other colour/ }).getAttribute('aria-label');
    const start = await colours();
    await page.keyboard.press('x');
    await soon(colours).not.toBe(start);
    await page.keyboard.press('d');
    await soon(colours).toBe(start);
    const zoom = () => page.locator('[data-region=status]').textContent();
    for (const [key, text] of [['Control+2', '200 %'], ['Control+3', '400 %'], ['Control+4', '800 %'], ['Control+1', '100 %']] as const) {
      await page.keyboard.press(key);
      await soon(zoom).toContain(text);
    }
    await page.keyboard.press('Control+0');
    await canvas.drag([[30, 30], [60, 60]]);
    await soon(() => canvas.layers.count()).toBe(2);
    const painted = await canvas.digest('Mask 1');
    await page.keyboard.down('Shift');
    await canvas.drag([[90, 30], [100, 30]]);
    await page.keyboard.up('Shift');
    await soon(() => canvas.digest('Mask 1')).not.toBe(painted);
    const label = () => canvas.canvas.getAttribute('aria-label');
    await page.keyboard.press('Shift+B');
    await soon(label).not.toContain('frame 128 by 128');
    await page.keyboard.press('Shift+N');
    await soon(label).toContain('frame 128 by 128');
    await page.keyboard.press('Alt+[');
    await soon(label).toContain('scene.png selected');
    await page.keyboard.press('Alt+]');
    await soon(label).toContain('Mask 1 selected');
    await page.keyboard.press('Delete');
    await soon(() => canvas.layers.count()).toBe(1);
    await canvas.close();
  }, 240_000);

  it.each([['dark', 1440], ['light', 1440], ['dark', 1100], ['light', 1100]] as const)('looks right in %s at %i', async (theme, width) => {
    const canvas = await CanvasPage.open(browser, dataDir(), { width, height: width === 1100 ? 700 : 900 });
    const { page } = canvas;
    await page.keyboard.press('Control+k');
    await page.keyboard.type(`theme ${theme}`);
    await page.keyboard.press('Enter');
    await canvas.drop('edit', [{ name: 'harbour-blocks.png', bytes: await scene(512, 352) }]);
    await canvas.canvas.focus();
    await page.keyboard.press('b');
    await canvas.set('Size', 80);
    await canvas.drag([[170, 150], [190, 190], [160, 200]]);
    await canvas.set('Steps', 1);
    await canvas.run('make the sphere blue');
    await canvas.staged();
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(over).toBe(0);
    await canvas.shot(`canvas-${theme}-${width}`);
    await canvas.close();
  }, 240_000);
});
