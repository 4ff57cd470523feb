/** Drawing on the canvas in a real browser on the built-in model: edits, masks, sizes, extensions, and how a result joins what was there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { seamDeltaE } from '../../native/image/colourMatch.ts';
import { registrationShift } from '../helpers/registration.ts';
import { cut, differing, scene, soon } from './canvasPage.ts';
import type { CanvasPage, Pixels } from './canvasPage.ts';
import { canvasPages, skipped } from './canvasPages.ts';

/** A scene of the built-in model's own world. */
const world = (name: string): Promise<Buffer> => readFile(join(import.meta.dirname, '../../resources/models/toybox/evaluation', name));

/** Shown "seam ΔE 1.2" as a number. */
async function shownSeam(canvas: CanvasPage): Promise<number> {
  return Number(/seam ΔE (\d+\.\d)/.exec(await canvas.page.getByTestId('facts').textContent() ?? '')?.[1]);
}

/** The same, measured on exported pixels: `fresh` says which of them are new. */
function measuredSeam({ width, height, pixels }: Pixels, fresh: (x: number, y: number) => boolean): number {
  const data = new Uint8Array(width * height * 3);
  const mask = new Uint8Array(width * height);
  for (let i = 0; i < width * height; i++) {
    data.set(pixels.subarray(i * 4, i * 4 + 3), i * 3);
    mask[i] = fresh(i % width, Math.floor(i / width)) ? 255 : 0;
  }
  return seamDeltaE({ width, height, data }, { width, height, data: mask }) ?? Number.NaN;
}

describe.skipIf(skipped !== undefined)('the canvas draws', () => {
  const pages = canvasPages();

  it('a dropped picture, an instruction, previews, a staged result, a layer, and back (scenario 1)', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    await soon(() => canvas.layers.count()).toBe(1);
    await canvas.set('Steps', 30);
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
  }, 240_000);

  it('ten masked edits leave every pixel outside as it was (scenario 2)', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene(256, 128) }]);
    await canvas.set('Steps', 2);
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
    // Far from the mask and its fade; the studio counts the rest exactly.
    expect(differing(before, after, (x) => x > 160)).toBe(0);
    expect(differing(before, after, (x) => x < 120)).toBeGreaterThan(0);
  }, 400_000);

  it('a picture of 1001 × 667 keeps its size through an edit and export, and everything its place (scenario 3)', async () => {
    const canvas = await pages.open();
    // At full size: drawn on 157 × 104, one pixel of the model is six of the picture, and edges lie anywhere within it.
    await canvas.api('system/changeSettings', { atFullSize: true });
    await canvas.drop('edit', [{ name: 'odd.png', bytes: await scene(1001, 667) }]);
    const untouched = await canvas.exported();
    expect([untouched.width, untouched.height]).toEqual([1001, 667]);
    await canvas.set('Steps', 1);
    // Refined, not drawn anew: what is there has to stay where it is, as far as the model's own hand allows.
    await canvas.set('Strength', 5);
    await canvas.set('Seed', 7);
    await canvas.run('make the sphere blue');
    await canvas.staged();
    await canvas.accept();
    await soon(() => canvas.layers.count()).toBe(2);
    const after = await canvas.exported();
    expect([after.width, after.height]).toEqual([1001, 667]);
    expect(differing(untouched, after)).toBeGreaterThan(1001);
    const shift = registrationShift(untouched, after);
    console.log(`registration of a 1001 × 667 edit: ${shift.x.toFixed(2)}, ${shift.y.toFixed(2)} px over ${shift.blocks} blocks`);
    expect(Math.hypot(shift.x, shift.y)).toBeLessThan(1);
    await canvas.api('system/changeSettings', { atFullSize: false });
  }, 400_000);

  it('extends right by 37 % and up by 10 %, keeps the original to the pixel, and the seam is not seen (scenario 4)', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    // A scene of the model's own world, its right and upper part cut off: the frame of 160 × 128 asks for them again.
    const whole = await world('000.png');
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await sharp(whole).extract({ left: 0, top: 12, width: 117, height: 116 }).png().toBuffer() }]);
    const before = await canvas.exported();
    await canvas.canvas.focus();
    await page.keyboard.press('v');
    for (const key of ['Shift+ArrowDown', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
    await page.keyboard.press('c');
    await page.keyboard.down('Control');
    await canvas.drag([[128, 64], [140, 64], [160, 64]]);
    await page.keyboard.up('Control');
    await soon(() => canvas.scope.textContent()).toBe('Extend right 37 % and up 10 %');
    await canvas.shot('canvas-extend');
    await canvas.set('Seed', 7);
    const drawn = async (): Promise<{ readonly shown: number; readonly after: Pixels }> => {
      await canvas.run('');
      await canvas.staged();
      await soon(() => page.getByTestId('facts').textContent()).toContain('Outside the mask: 0 pixels changed');
      const shown = await shownSeam(canvas);
      await canvas.accept();
      const after = await canvas.exported();
      expect([after.width, after.height]).toEqual([160, 128]);
      return { shown, after };
    };
    const kept = (after: Pixels): Pixels => cut(after, 0, 12, 117, 116);

    // With the blend as it comes, the new part runs into a band of the old one; beyond the band every byte stays.
    const soft = await drawn();
    await canvas.shot('canvas-extended');
    expect(differing(before, kept(soft.after), (x, y) => x < 117 - 26 && y >= 26)).toBe(0);
    const fresh = (x: number, y: number): boolean => x >= 117 || y < 12 || soft.after.pixels.compare(before.pixels, ((y - 12) * 117 + x) * 4, ((y - 12) * 117 + x) * 4 + 4, (y * 160 + x) * 4, (y * 160 + x) * 4 + 4) !== 0;
    const measuredSoft = measuredSeam(soft.after, fresh);

    // Without one the original is kept to its very edge.
    await canvas.canvas.focus();
    await page.keyboard.press('Control+z');
    await soon(() => canvas.layers.count()).toBe(1);
    await canvas.set('Blend', 0);
    const hard = await drawn();
    expect(differing(before, kept(hard.after))).toBe(0);
    const measuredHard = measuredSeam(hard.after, (x, y) => x >= 117 || y < 12);
    console.log(`seam of the extension, ΔE2000 shown and measured: ${soft.shown}, ${measuredSoft.toFixed(2)} blended; ${hard.shown}, ${measuredHard.toFixed(2)} hard`);
    expect(Math.abs(measuredHard - hard.shown)).toBeLessThan(0.06);
    expect(soft.shown).toBeLessThanOrEqual(3);
    expect(measuredSoft).toBeLessThanOrEqual(3);
  }, 240_000);

  it('another blend and the colours as drawn need no drawing again', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene(256, 192) }]);
    await canvas.set('Steps', 2);
    await canvas.canvas.focus();
    await page.keyboard.press('b');
    await canvas.set('Size', 60);
    await canvas.drag([[80, 80], [120, 110]]);
    await canvas.run('a green cube');
    await canvas.staged();
    const before = await canvas.exported();
    const strip = page.getByTestId('job-strip');
    const laid = (): Promise<string> => page.evaluate(() => JSON.stringify((globalThis as never as { ovisStage: { read: () => { waiting: unknown } } }).ovisStage.read().waiting));
    const first = await laid();
    await page.getByRole('button', { name: 'Blend and colours' }).click();
    const panel = page.getByRole('dialog', { name: 'Blend and colours' });
    await panel.getByRole('spinbutton', { name: /^Blend/ }).fill('0');
    await panel.getByRole('spinbutton', { name: /^Blend/ }).press('Enter');
    await soon(laid).not.toBe(first);
    const hard = await laid();
    await panel.getByRole('switch').click();
    await soon(laid).not.toBe(hard);
    await canvas.shot('canvas-recomposite');
    expect(await strip.textContent()).toContain('Nothing running');
    await page.keyboard.press('Escape');
    await soon(() => page.getByTestId('facts').textContent()).toContain('Outside the mask: 0 pixels changed');
    await canvas.accept();
    await soon(() => canvas.layers.count()).toBe(3);
    expect(differing(before, await canvas.exported(), (x) => x > 200)).toBe(0);
  }, 240_000);
});
