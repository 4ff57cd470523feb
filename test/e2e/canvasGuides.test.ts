/** References, edges and depth on the canvas in a real browser, and what is said where they cannot go together. */
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { scene, soon } from './canvasPage.ts';
import type { CanvasPage } from './canvasPage.ts';
import { canvasPages, skipped } from './canvasPages.ts';

const world = (name: string): Promise<Buffer> => readFile(join(import.meta.dirname, '../../resources/models/toybox/evaluation', name));

/** The hash of the bytes that the page shows. */
function shownHash({ page }: CanvasPage): Promise<string> {
  return page.getByTestId('control-map').evaluate(async (image) => {
    const bytes = await (await fetch((image as HTMLImageElement).src)).arrayBuffer();
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  });
}

const mapOf = ({ page }: CanvasPage): Promise<string | null> => page.locator('[data-guide]').getAttribute('data-map');
const said = ({ page }: CanvasPage) => page.locator('section[aria-label=Prompt]').getByRole('status').first();

describe.skipIf(skipped !== undefined)('guides on the canvas', () => {
  const pages = canvasPages();

  it('three files find three roles, and what cannot go together is said before running (scenario 6)', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    const bytes = await scene();
    await canvas.drop('edit', [{ name: 'base.png', bytes }]);
    await canvas.drop('reference', [{ name: 'subject.png', bytes: await scene(96, 96) }, { name: 'style.png', bytes: await scene(64, 96) }]);
    await canvas.drop('edges', [{ name: 'lines.png', bytes }]);
    await soon(() => page.locator('[data-guide]').count()).toBe(3);
    await soon(() => canvas.layers.count()).toBe(1);
    await page.getByTestId('control-map').waitFor();
    await page.locator('[data-prompt]').fill('a red sphere');
    await said(canvas).waitFor();
    await canvas.shot('canvas-guides');
    // One press apiece until it can run.
    for (let n = 0; n < 4 && (await said(canvas).count()) > 0; n++) await said(canvas).getByRole('button').first().click();
    await soon(() => said(canvas).count()).toBe(0);
    await soon(() => page.locator('section[aria-label=Prompt]').getByRole('button', { name: /^(Create|Edit) Ctrl/ }).getAttribute('aria-disabled')).toBe('false');
  }, 240_000);

  it('the edges that are shown follow the sliders, are the stored map, and are what the job is given (scenario 7)', async () => {
    const canvas = await pages.open();
    await canvas.drop('edges', [{ name: 'lines.png', bytes: await scene(512, 512) }]);
    await soon(() => mapOf(canvas)).toMatch(/^[0-9a-f]{64}$/);
    const first = await mapOf(canvas);
    const started = Date.now();
    await canvas.set('High', 550);
    await soon(() => mapOf(canvas)).not.toBe(first);
    console.log(`edges followed the slider in ${Date.now() - started} ms, the test's own polling included`);
    const map = await mapOf(canvas);
    expect(await shownHash(canvas)).toBe(map);
    // The frame has the map's place and size: these very bytes are the job's.
    await canvas.set('Width', 512);
    await canvas.set('Height', 512);
    await canvas.drop('edges', [{ name: 'lines.png', bytes: await scene(512, 512) }]);
    await soon(() => mapOf(canvas)).toBe(map);
    await canvas.set('Steps', 1);
    await canvas.run('a red sphere and a blue cube');
    await canvas.staged();
    const [job] = (await canvas.api('jobs/list', { limit: 1 })) as { readonly request: { readonly kind: string; readonly map: string } }[];
    expect(job?.request).toMatchObject({ kind: 'control', map });
  }, 240_000);

  it('depth is taken from the canvas, painted on, and followed; a mask beside it is said, with the nearest thing that works', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await canvas.drop('edit', [{ name: '000.png', bytes: await world('000.png') }]);
    await page.getByRole('button', { name: 'Add a guide' }).click();
    await page.getByRole('menuitem', { name: 'Depth from the canvas' }).click();
    await soon(() => mapOf(canvas)).toMatch(/^[0-9a-f]{64}$/);
    expect(await shownHash(canvas)).toBe(await mapOf(canvas));
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await canvas.canvas.focus();
    await page.keyboard.press('b');
    await canvas.drag([[40, 40], [60, 60]]);
    await soon(() => canvas.layers.count()).toBe(2);
    await page.locator('[data-prompt]').fill('a red sphere');
    await soon(() => said(canvas).textContent()).toContain('A mask and depth cannot be combined');
    await canvas.shot('canvas-mask-and-depth');
    await said(canvas).getByRole('button', { name: 'Draw the whole frame along depth' }).click();
    await soon(() => canvas.scope.textContent()).toBe('Whole frame, along depth');
    // Painted on, the preview is drawn by the page, and so is what the model receives.
    await page.getByRole('button', { name: 'Paint on this map' }).click();
    await canvas.set('Size', 30);
    await canvas.drag([[20, 20], [50, 30]]);
    await soon(() => page.getByTestId('control-map').getAttribute('src')).toMatch(/^blob:/);
    await canvas.set('Steps', 2);
    await canvas.run('a red sphere');
    await canvas.staged();
    await canvas.shot('canvas-depth');
    await canvas.accept();
    await soon(() => canvas.layers.count()).toBe(3);
  }, 240_000);

  it('a subject and a style are taken from references alone; strength is a share of the image guide', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await canvas.drop('reference', [{ name: 'subject.png', bytes: await world('001.png') }]);
    await canvas.set('Reference', 40);
    await canvas.set('Steps', 1);
    await canvas.run('the same thing on a snow floor');
    await canvas.staged();
    const jobs = async () => (await canvas.api('jobs/list', { limit: 1 })) as { readonly request: { readonly referenceTask?: string; readonly references?: readonly string[]; readonly imgCfg?: number } }[];
    const guide = Number(await canvas.field('Image guide').inputValue());
    const [subject] = await jobs();
    expect(subject?.request).toMatchObject({ referenceTask: 'subject' });
    expect(subject?.request.imgCfg).toBeCloseTo(guide * 0.4, 5);
    await canvas.accept();
    await page.getByRole('button', { name: /^Hide / }).first().click();
    await page.getByRole('button', { name: 'Style', exact: true }).click();
    await canvas.run('a red sphere');
    await canvas.staged();
    expect((await jobs())[0]?.request).toMatchObject({ referenceTask: 'style' });
  }, 240_000);
});
