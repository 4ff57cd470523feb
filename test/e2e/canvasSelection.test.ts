/** What is selected confines every mark, is undone and redone like anything else, and is there after a reload. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scene, soon } from './canvasPage.ts';
import type { CanvasPage } from './canvasPage.ts';
import { canvasPages, skipped } from './canvasPages.ts';

interface Counted {
  /** Pixels of the layer that differ from the look before, where the mask is empty, and where it is not. */
  readonly outside: number;
  readonly inside: number;
}

/** Compares a layer, pixel by pixel, with how it looked when this was last asked for. */
function changes({ page }: CanvasPage, layer: string, mask: string): Promise<Counted> {
  return page.evaluate(([layerName, maskName]) => {
    type Tiles = Map<number, { canvas: OffscreenCanvas }>;
    const scope = globalThis as never as { looks?: Map<number, Uint8ClampedArray>; ovisStage: { render(): void; read(): { document: { layers: Record<string, { id: string; name: string }> } }; compositor: { raster(id: string): { tiles: Tiles } } } };
    scope.ovisStage.render();
    const tilesOf = (name: string): Tiles => scope.ovisStage.compositor.raster(Object.values(scope.ovisStage.read().document.layers).find((one) => one.name === name)?.id ?? '').tiles;
    const pixels = (canvas: OffscreenCanvas | undefined): Uint8ClampedArray => canvas?.getContext('2d')?.getImageData(0, 0, 512, 512).data ?? new Uint8ClampedArray(512 * 512 * 4);
    const now = new Map([...tilesOf(layerName)].map(([key, tile]) => [key, pixels(tile.canvas)]));
    const before = scope.looks ?? now;
    scope.looks = now;
    const counted = { outside: 0, inside: 0 };
    for (const key of new Set([...now.keys(), ...before.keys()])) {
      const [a, b, chosen] = [now.get(key) ?? pixels(undefined), before.get(key) ?? pixels(undefined), pixels(tilesOf(maskName).get(key)?.canvas)];
      for (let i = 0; i < a.length; i += 4) {
        if (a[i] === b[i] && a[i + 1] === b[i + 1] && a[i + 2] === b[i + 2] && a[i + 3] === b[i + 3]) continue;
        if (chosen[i + 3] === 0) counted.outside++;
        else counted.inside++;
      }
    }
    return counted;
  }, [layer, mask] as const);
}

const place = fc.integer({ min: 4, max: 123 });
const points = fc.array(fc.tuple(place, place), { minLength: 3, maxLength: 6 });
const gesture = fc.record({ key: fc.constantFrom('b', 'e', 'f', 'l', 'u'), shift: fc.boolean(), opacity: fc.constantFrom(100, 40), points });
type Gesture = typeof gesture extends fc.Arbitrary<infer T> ? T : never;

async function make(canvas: CanvasPage, { key, shift, opacity, points: through }: Gesture): Promise<void> {
  const { page } = canvas;
  await page.keyboard.press(key);
  if (key === 'b' || key === 'e') {
    const field = page.getByRole('toolbar', { name: 'Tool settings' }).getByRole('spinbutton', { name: /^Opacity/ });
    await field.fill(String(opacity));
    await field.press('Enter');
    await canvas.canvas.focus();
  }
  // Straight lines, and fills of the whole frame.
  if (shift) await page.keyboard.down('Shift');
  if (key === 'f') {
    const spot = await canvas.at(through[0]?.[0] ?? 0, through[0]?.[1] ?? 0);
    await page.mouse.click(spot.x, spot.y);
  } else {
    await canvas.drag(key === 'u' ? through.slice(0, 2) : through);
  }
  if (shift) await page.keyboard.up('Shift');
}

/** A disc as a selection; the mask that it came from stays to be compared with. */
async function selectDisc(canvas: CanvasPage): Promise<void> {
  const { page } = canvas;
  await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
  await canvas.canvas.focus();
  await page.keyboard.press('u');
  await page.getByRole('button', { name: 'Ellipse', exact: true }).click();
  await canvas.drag([[30, 30], [60, 60], [97, 91]]);
  await soon(() => canvas.layers.count()).toBe(2);
  await canvas.command('selection from the mask');
  await page.getByTestId('selection').waitFor();
}

describe.skipIf(skipped !== undefined)('the selection of the canvas', () => {
  const pages = canvasPages();

  it('confines brush, eraser, straight lines, fills, lasso and shapes: outside of it every byte stays', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await selectDisc(canvas);
    await canvas.canvas.focus();
    await page.keyboard.press('Alt+[');
    await page.keyboard.press('q');
    await page.keyboard.press('b');
    await canvas.set('Size', 40);
    await canvas.canvas.focus();
    await changes(canvas, 'scene.png', 'Mask 1');
    let inside = 0;
    await fc.assert(fc.asyncProperty(gesture, async (one) => {
      await make(canvas, one);
      if (one.key === 'f') await page.waitForTimeout(300);
      const counted = await changes(canvas, 'scene.png', 'Mask 1');
      inside += counted.inside;
      return counted.outside === 0;
    }), { numRuns: 30, endOnFailure: true, seed: 5 });
    expect(inside).toBeGreaterThan(1_000);
    await canvas.shot('canvas-confined');
    // Freed, the same stroke goes beyond.
    await page.keyboard.press('Control+d');
    await make(canvas, { key: 'b', shift: false, opacity: 100, points: [[6, 6], [120, 6], [120, 120]] });
    expect((await changes(canvas, 'scene.png', 'Mask 1')).outside).toBeGreaterThan(500);
  }, 240_000);

  it('is a step of undo, and is there after a reload with what it confined', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await selectDisc(canvas);
    const lines = page.getByTestId('selection');
    const path = (): Promise<string | null> => lines.locator('path').first().getAttribute('d');
    const disc = await path();
    await canvas.canvas.focus();
    await page.keyboard.press('Control+Shift+I');
    await soon(path).not.toBe(disc);
    const around = await path();
    await page.keyboard.press('Control+d');
    await lines.waitFor({ state: 'detached' });
    for (const wanted of [around, disc]) {
      await page.keyboard.press('Control+z');
      await soon(path).toBe(wanted);
    }
    await page.keyboard.press('Control+z');
    await lines.waitFor({ state: 'detached' });
    await page.keyboard.press('Control+y');
    await soon(path).toBe(disc);
    await page.keyboard.press('Alt+[');
    await page.keyboard.press('q');
    await page.keyboard.press('b');
    await canvas.drag([[10, 60], [64, 60], [118, 64]]);
    await soon(() => canvas.items('scene.png')).toBe(2);
    const painted = await canvas.digest('scene.png');
    // Nothing of it would be left, so it is said and not done.
    await canvas.drag([[4, 4], [12, 4]]);
    await page.getByText('outside of the selection').waitFor();
    expect(await canvas.items('scene.png')).toBe(2);
    await soon(() => page.getByTestId('saved').textContent()).toMatch(/^Saved/);
    await page.reload();
    await canvas.ready();
    await soon(path).toBe(disc);
    await soon(() => canvas.digest('scene.png')).toBe(painted);
    await canvas.shot('canvas-selection-back');
  }, 240_000);
});
