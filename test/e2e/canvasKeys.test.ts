/** Every key of the canvas in a real browser, as people have them in their hands. */
import { describe, expect, it } from 'vitest';
import { cut, differing, scene, soon } from './canvasPage.ts';
import type { CanvasPage } from './canvasPage.ts';
import { canvasPages, skipped } from './canvasPages.ts';

async function withScene(canvas: CanvasPage): Promise<void> {
  await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
  await canvas.canvas.focus();
}

const frameOf = async (canvas: CanvasPage): Promise<string> => /frame \d+ by \d+/.exec(await canvas.label ?? '')?.[0] ?? '';

describe.skipIf(skipped !== undefined)('keys of the canvas', () => {
  const pages = canvasPages();

  it('of tools, brush and colours', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await withScene(canvas);
    const tool = (name: string) => canvas.tool(name).getAttribute('aria-pressed');
    const keys = [['b', 'Brush'], ['e', 'Eraser'], ['v', 'Move'], ['l', 'Lasso'], ['u', 'Shapes'], ['h', 'Hand'], ['i', 'Picker'], ['c', 'Frame'], ['Shift+T', 'Transform'], ['f', 'Fill'], ['w', 'Smart select'], ['Shift+Z', 'Zoom']] as const;
    for (const [key, name] of keys) {
      await page.keyboard.press(key);
      await soon(() => tool(name)).toBe('true');
    }
    await page.keyboard.press('b');
    for (const [key, name] of [['Space', 'Hand'], ['Alt', 'Picker']] as const) {
      await page.keyboard.down(key);
      await soon(() => tool(name)).toBe('true');
      await page.keyboard.up(key);
      await soon(() => tool('Brush')).toBe('true');
    }
    // Held Space drags the view.
    const before = await canvas.at(0, 0);
    const middle = await canvas.at(64, 64);
    await page.mouse.move(middle.x, middle.y);
    await page.keyboard.down('Space');
    await page.mouse.down();
    await page.mouse.move(middle.x + 30, middle.y + 10, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up('Space');
    await soon(async () => Math.round((await canvas.at(0, 0)).x - before.x)).toBe(30);
    expect(await canvas.layers.count()).toBe(1);
    await page.keyboard.press('Control+0');
    // Held Alt takes the colour below.
    const red = await canvas.at(45, 64);
    await page.keyboard.down('Alt');
    await page.mouse.click(red.x, red.y);
    await page.keyboard.up('Alt');
    await soon(() => page.getByLabel('Colour of the brush').inputValue()).toBe('#cc3333');

    const size = () => canvas.field('Size').inputValue();
    await soon(size).toBe('50');
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
    for (let n = 0; n < 30; n++) await page.keyboard.press(']');
    await soon(size).toBe('500');
    for (let n = 0; n < 60; n++) await page.keyboard.press('[');
    await soon(size).toBe('1');
    const colours = () => page.getByRole('button', { name: /^Swap with the other colour/ }).getAttribute('aria-label');
    await page.keyboard.press('d');
    const start = await colours();
    await page.keyboard.press('x');
    await soon(colours).not.toBe(start);
    await page.keyboard.press('d');
    await soon(colours).toBe(start);
  }, 240_000);

  it('of masks: straight lines, lasso that subtracts and is cancelled, invert, clear, delete', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await withScene(canvas);
    await page.keyboard.press('b');
    await canvas.set('Size', 12);
    await canvas.canvas.focus();
    await canvas.drag([[30, 30], [40, 40]]);
    await soon(() => canvas.layers.count()).toBe(2);
    const look = () => canvas.digest('Mask 1');
    let last = await look();
    const changes = async (what: () => Promise<void>): Promise<void> => {
      await what();
      await soon(look).not.toBe(last);
      last = await look();
    };
    // With Shift a click draws a line from where the last stroke ended.
    await changes(async () => {
      await page.keyboard.down('Shift');
      await canvas.drag([[90, 40], [91, 40]]);
      await page.keyboard.up('Shift');
    });
    await canvas.command('selection from the mask');
    const line = await canvas.exported('Selection');
    expect([line.width > 60, line.height < 30]).toEqual([true, true]);
    await page.keyboard.press('Control+d');
    await canvas.canvas.focus();
    await page.keyboard.press('l');
    await changes(async () => {
      await page.keyboard.down('Control');
      await canvas.drag([[60, 20], [80, 20], [80, 60], [60, 60], [60, 20]]);
      await page.keyboard.up('Control');
    });
    // Esc leaves nothing of an outline that is being drawn.
    const [from, to] = [await canvas.at(10, 10), await canvas.at(60, 10)];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 3 });
    await page.keyboard.press('Escape');
    await page.mouse.up();
    expect(await look()).toBe(last);
    await changes(() => page.keyboard.press('Shift+V'));
    await changes(() => page.keyboard.press('Shift+C'));
    await page.keyboard.press('Delete');
    await soon(() => canvas.layers.count()).toBe(1);
  }, 240_000);

  it('of layers: around, merged, drawn elsewhere in the stack', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await withScene(canvas);
    const before = await canvas.exported();
    await canvas.canvas.focus();
    await page.keyboard.press('Control+j');
    await soon(() => canvas.layers.count()).toBe(2);
    await soon(() => canvas.label).toContain('scene.png copy selected');
    await page.keyboard.press('Alt+[');
    await soon(() => canvas.label).toContain('scene.png selected');
    await page.keyboard.press('Alt+]');
    await soon(() => canvas.label).toContain('scene.png copy selected');
    await page.keyboard.press('Shift+ArrowRight');
    const names = () => canvas.layers.evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label')?.split(',')[0]));
    await soon(names).toEqual(['scene.png copy', 'scene.png']);
    await page.keyboard.press('Control+[');
    await soon(names).toEqual(['scene.png', 'scene.png copy']);
    await page.keyboard.press('Control+]');
    await soon(names).toEqual(['scene.png copy', 'scene.png']);
    // By hand: the lower row is dropped onto the upper half of the upper one.
    await canvas.layers.nth(1).dragTo(canvas.layers.nth(0), { targetPosition: { x: 80, y: 4 } });
    await soon(names).toEqual(['scene.png', 'scene.png copy']);
    await canvas.canvas.focus();
    await page.keyboard.press('Alt+]');
    await soon(() => canvas.label).toContain('scene.png selected');
    await page.keyboard.press('Control+e');
    await soon(() => canvas.layers.count()).toBe(1);
    const merged = await canvas.exported();
    expect([merged.width, merged.height]).toEqual([138, 128]);
    expect(differing(before, cut(merged, 0, 0, 128, 128))).toBe(0);
  }, 240_000);

  it('of the view: sizes by number, the wheel about the pointer from a tenth to twenty times', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await withScene(canvas);
    const zoom = () => page.locator('[data-region=status]').textContent();
    for (const [key, text] of [['Control+2', '200 %'], ['Control+3', '400 %'], ['Control+4', '800 %'], ['Control+1', '100 %']] as const) {
      await page.keyboard.press(key);
      await soon(zoom).toContain(text);
    }
    await page.keyboard.press('Control+0');
    const spot = await canvas.at(20, 30);
    await page.mouse.move(spot.x, spot.y);
    await page.mouse.wheel(0, -200);
    await soon(async () => { const now = await canvas.at(20, 30); return Math.hypot(now.x - spot.x, now.y - spot.y) < 1; }).toBe(true);
    for (let n = 0; n < 14; n++) await page.mouse.wheel(0, -1000);
    await soon(zoom).toContain('2000 %');
    for (let n = 0; n < 20; n++) await page.mouse.wheel(0, 1000);
    await soon(() => page.locator('[data-region=status] span').filter({ hasText: /^10 %$/ }).count()).toBe(1);
  }, 240_000);

  it('of the frame: coarse and fine steps, about the centre, in its ratio, around layers and masks', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await withScene(canvas);
    await page.keyboard.press('c');
    const pull = async (keys: readonly string[], from: readonly [number, number], to: readonly [number, number]): Promise<string> => {
      for (const key of keys) await page.keyboard.down(key);
      await canvas.drag([from, [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2], to]);
      for (const key of keys) await page.keyboard.up(key);
      const now = await frameOf(canvas);
      await page.keyboard.press('Control+z');
      await soon(() => frameOf(canvas)).toBe('frame 128 by 128');
      return now;
    };
    await page.keyboard.press('Control+1');
    expect(await pull([], [128, 64], [168, 64])).toBe('frame 192 by 128');
    expect(await pull(['Control'], [128, 64], [168, 64])).toBe('frame 160 by 128');
    expect(await pull(['Alt'], [128, 64], [160, 64])).toBe('frame 192 by 128');
    expect(await pull(['Shift'], [128, 128], [192, 140])).toBe('frame 192 by 192');
    await page.keyboard.press('Control+0');
    await page.keyboard.press('b');
    await canvas.drag([[30, 30], [60, 60]]);
    await page.keyboard.press('Shift+B');
    await soon(() => frameOf(canvas)).not.toBe('frame 128 by 128');
    await page.keyboard.press('Shift+N');
    await soon(() => frameOf(canvas)).toBe('frame 128 by 128');
  }, 240_000);

  it('of running and staging: run, first, cancel; browse, hold, accept, discard', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await withScene(canvas);
    const strip = page.getByTestId('job-strip');
    const slots = page.getByTestId('staging').getByRole('button', { name: /^Result \d/ });
    const chosen = () => slots.evaluateAll((list) => list.findIndex((one) => one.getAttribute('aria-pressed') === 'true'));
    await canvas.set('Steps', 100);
    await canvas.run('make the sphere blue');
    await page.getByTestId('preview').waitFor();
    await canvas.set('Steps', 1);
    await canvas.run('make the sphere green');
    await soon(() => strip.textContent()).toContain('1 waiting');
    await page.locator('[data-prompt]').fill('make the sphere yellow');
    await page.keyboard.press('Control+Shift+Enter');
    await soon(() => strip.textContent()).toContain('2 waiting');
    const waiting = (await canvas.api('jobs/list', { states: ['queued'] })) as { readonly order: number; readonly request: { readonly prompt: string } }[];
    expect(waiting.toSorted((a, b) => a.order - b.order).map(({ request }) => request.prompt)).toEqual(['make the sphere yellow', 'make the sphere green']);
    await canvas.canvas.focus();
    await page.keyboard.press('Shift+X');
    await soon(() => slots.count()).toBe(2);
    const jobs = (await canvas.api('jobs/list', { states: ['cancelled'] })) as unknown[];
    expect(jobs).toHaveLength(1);

    await canvas.canvas.focus();
    const first = await chosen();
    await page.keyboard.press('ArrowRight');
    await soon(chosen).toBe(1 - first);
    await page.keyboard.press('ArrowLeft');
    await soon(chosen).toBe(first);
    const original = page.getByRole('button', { name: /^Original/ });
    await page.keyboard.down('z');
    await soon(() => original.getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.up('z');
    await soon(() => original.getAttribute('aria-pressed')).toBe('false');
    await page.keyboard.press('Escape');
    await page.getByText('2 results discarded').waitFor();
    await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
    await soon(() => slots.count()).toBe(2);
    // Whoever runs again wants to see what comes of it, not what came before.
    await canvas.run('make the sphere white');
    await soon(() => slots.count()).toBe(3);
    await soon(chosen).toBe(2);
    const recent = page.locator('section').filter({ has: page.getByRole('heading', { name: /^Recent/ }) });
    await soon(async () => (await recent.getByRole('heading').textContent()) === `Recent${await recent.getByRole('button').count()}`).toBe(true);
    await canvas.accept();
    await soon(() => canvas.layers.count()).toBe(2);
    await page.keyboard.press('Control+z');
    await soon(() => canvas.layers.count()).toBe(1);
  }, 240_000);
});
