/** Masks, selections, fills and layers moved about, on the canvas in a real browser: no model has a part in it. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { cut, differing, pixelsOf, scene, soon } from './canvasPage.ts';
import type { CanvasPage, Pixels } from './canvasPage.ts';
import { canvasPages, skipped } from './canvasPages.ts';

const at = ({ width, pixels }: Pixels, x: number, y: number): number[] => [...pixels.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];

/** Two colours and no symmetry: whatever turns or mirrors it shows. */
function flag(width = 64, height = 48): Promise<Buffer> {
  return sharp(Buffer.from(`<svg width="${width}" height="${height}"><rect width="${width}" height="${height}" fill="#c33"/><rect width="${width / 4}" height="${height / 2}" fill="#36b"/></svg>`)).png().toBuffer();
}

/** The size of the one picture on the system's clipboard. */
async function clipboardSize({ page }: CanvasPage): Promise<readonly number[]> {
  return page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const image = await createImageBitmap(await (item as ClipboardItem).getType('image/png'));
    return [image.width, image.height];
  });
}

describe.skipIf(skipped !== undefined)('the canvas without a model', () => {
  const pages = canvasPages();

  it('lasso, subtract, invert, clear, undo five times, reload: the mask is what it was each time (scenario 5)', async () => {
    const canvas = await pages.open();
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
  }, 240_000);

  it('a mask becomes a selection and a selection a mask; what is selected is copied, lifted, erased and exported', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    const before = await canvas.exported();
    await canvas.canvas.focus();
    await page.keyboard.press('u');
    await canvas.drag([[30, 40], [60, 70], [70, 90]]);
    await soon(() => canvas.layers.count()).toBe(2);
    const painted = await canvas.digest('Mask 1');
    await page.getByRole('button', { name: 'More about the mask' }).click();
    await page.getByRole('menuitem', { name: 'Selection from it' }).click();
    const lines = page.getByTestId('selection');
    await lines.waitFor();
    // With a mask chosen, Delete means the mask, and the selection outlives it.
    await canvas.canvas.focus();
    await page.keyboard.press('Delete');
    await soon(() => canvas.layers.count()).toBe(1);
    await canvas.shot('canvas-selection');
    await page.getByRole('button', { name: 'Selection', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Mask from it' }).click();
    await soon(() => canvas.layers.count()).toBe(2);
    expect(await canvas.digest('Mask 1')).toBe(painted);
    await canvas.canvas.focus();
    await page.keyboard.press('Delete');

    const inside = cut(before, 30, 40, 40, 50);
    expect(differing(inside, await canvas.exported('Selection'))).toBe(0);
    await canvas.canvas.focus();
    await page.keyboard.press('Control+c');
    await page.getByText('The selection is copied').waitFor();
    expect(await clipboardSize(canvas)).toEqual([40, 50]);

    await page.keyboard.press('Control+j');
    await soon(() => canvas.layers.count()).toBe(2);
    await soon(() => canvas.label).toContain('scene.png, selection selected');
    await page.keyboard.press('Alt+[');
    await page.keyboard.press('Delete');
    // Erased below, the lifted pixels still stand there: nothing is seen to change.
    expect(differing(before, await canvas.exported())).toBe(0);
    await page.getByRole('button', { name: 'Hide scene.png, selection' }).click();
    const hole = await canvas.exported();
    expect([at(hole, 50, 60)[3], at(hole, 20, 60)[3]]).toEqual([0, 255]);
    await canvas.canvas.focus();
    await page.keyboard.press('Control+Shift+I');
    await page.keyboard.press('Alt+Backspace');
    const filled = await canvas.exported();
    expect([at(filled, 20, 60), at(filled, 50, 60)[3]]).toEqual([[0, 0, 0, 255], 0]);
    await canvas.canvas.focus();
    await page.keyboard.press('Control+d');
    await lines.waitFor({ state: 'detached' });
  }, 240_000);

  it('fills what looks alike, on the picture and on a mask', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    const before = await canvas.exported();
    await canvas.canvas.focus();
    await page.keyboard.press('f');
    const click = async (x: number, y: number): Promise<void> => { const spot = await canvas.at(x, y); await page.mouse.click(spot.x, spot.y); };
    await click(45, 64);
    await soon(() => canvas.layers.count()).toBe(2);
    await soon(() => canvas.items('Mask 1')).toBe(1);
    // The picture is meant from here on.
    await page.keyboard.press('Alt+[');
    await page.keyboard.press('q');
    await click(45, 64);
    await soon(() => canvas.label).toContain('scene.png selected');
    await soon(() => canvas.items('scene.png')).toBe(2);
    const after = await canvas.exported();
    expect([at(after, 45, 64), at(after, 10, 10)]).toEqual([[0, 0, 0, 255], at(before, 10, 10)]);
    const disc = Math.PI * 25.6 ** 2;
    expect(Math.abs(differing(before, after) - disc)).toBeLessThan(disc * 0.1);
    // The mask holds the same pixels.
    await canvas.canvas.focus();
    await page.keyboard.press('Alt+]');
    await canvas.command('selection from the mask');
    const chosen = await canvas.exported('Selection');
    expect(Math.abs(chosen.width - 51)).toBeLessThan(4);
  }, 240_000);

  it('moves, mirrors, turns and scales a layer, pixel for pixel where pixels stay whole', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    const bytes = await flag();
    await canvas.drop('edit', [{ name: 'flag.png', bytes }]);
    const whole = async (): Promise<Pixels> => canvas.exported();
    expect(differing(await pixelsOf(bytes), await whole())).toBe(0);
    await canvas.command('flip layer left to right');
    expect(differing(await pixelsOf(await sharp(bytes).flop().png().toBuffer()), await whole())).toBe(0);
    await canvas.command('flip layer upside down');
    expect(differing(await pixelsOf(await sharp(bytes).flop().flip().png().toBuffer()), await whole())).toBe(0);
    await canvas.canvas.focus();
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    await canvas.command('turn layer right');
    expect(differing(await pixelsOf(await sharp(bytes).rotate(90).png().toBuffer()), await whole())).toBe(0);
    await canvas.command('turn layer left');
    expect(differing(await pixelsOf(bytes), await whole())).toBe(0);

    // Moved by hand and by arrows: the frame stays, so what it shows is shifted.
    await canvas.canvas.focus();
    await page.keyboard.press('v');
    await canvas.drag([[20, 20], [26, 24], [30, 25]]);
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('c');
    await canvas.shot('canvas-moved');
    const status = page.locator('[data-region=status]');
    await soon(() => status.textContent()).toContain('64 × 48');
    await page.keyboard.press('Shift+T');
    const corner = [64 + 20, 48 + 4] as const;
    await page.keyboard.down('Shift');
    await canvas.drag([corner, [120, 80], [20 + 128, 4 + 96]]);
    await page.keyboard.up('Shift');
    await soon(() => status.textContent()).toContain('128 × 96');
    await canvas.shot('canvas-transform');
    const grown = await whole();
    expect([at(grown, 4, 4), at(grown, 120, 90)]).toEqual([at(await pixelsOf(bytes), 1, 1), at(await pixelsOf(bytes), 60, 44)]);
    // Beyond a corner a drag turns.
    const middle = [20 + 64, 4 + 48] as const;
    await canvas.drag([[20 + 128 + 4, 4 + 96 + 4], [middle[0] - 20, middle[1] + 90], [middle[0] - 72, middle[1] + 62]]);
    await soon(() => page.getByRole('button', { name: /^Undo: Rotate/ }).count()).toBe(1);
    const turned = await whole();
    expect([turned.width, turned.height]).not.toEqual([128, 96]);
  }, 240_000);
});
