/** How the canvas looks, in both themes and at both widths: held beside the mocks by whoever changes it. */
import { describe, expect, it } from 'vitest';
import { scene } from './canvasPage.ts';
import { canvasPages, skipped } from './canvasPages.ts';

describe.skipIf(skipped !== undefined)('the canvas', () => {
  const pages = canvasPages();

  it.each([['dark', 1440], ['light', 1440], ['dark', 1100], ['light', 1100]] as const)('looks right in %s at %i', async (theme, width) => {
    const canvas = await pages.open({ width, height: width === 1100 ? 700 : 900 });
    const { page } = canvas;
    await canvas.command(`theme ${theme}`);
    await canvas.drop('edit', [{ name: 'harbour-blocks.png', bytes: await scene(256, 176) }]);
    await canvas.canvas.focus();
    await page.keyboard.press('b');
    await canvas.drag([[85, 75], [95, 95], [80, 100]]);
    await canvas.set('Steps', 1);
    await canvas.run('make the sphere blue');
    await canvas.staged();
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(over).toBe(0);
    await canvas.shot(`canvas-${theme}-${width}`);
  }, 240_000);
});
