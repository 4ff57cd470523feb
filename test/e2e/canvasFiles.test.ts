/** What leaves the canvas and comes back: files for other programs, the clipboard, what was drawn once more. */
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { initializeCanvas, readPsd } from 'ag-psd';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { fromBuffer } from 'yauzl';
import type { Entry } from 'yauzl';
import { cut, differing, pixelsOf, scene, soon } from './canvasPage.ts';
import type { CanvasPage, Pixels } from './canvasPage.ts';
import { canvasPages, skipped } from './canvasPages.ts';

/** The largest difference of any channel of any pixel. */
function farthest(a: Pixels, b: Pixels): number {
  expect([b.width, b.height]).toEqual([a.width, a.height]);
  return a.pixels.reduce((most, value, i) => Math.max(most, Math.abs(value - (b.pixels[i] ?? 0))), 0);
}

/** Files of a zip by name. */
async function unzipped(file: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const zip = await promisify<Buffer, { lazyEntries: boolean }, import('yauzl').ZipFile>(fromBuffer)(file, { lazyEntries: true });
  const files = new Map<string, Buffer>();
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(error);
        buffer(stream).then((bytes) => { files.set(entry.fileName, bytes); zip.readEntry(); }, reject);
      });
    });
    zip.on('end', resolve).on('error', reject);
    zip.readEntry();
  });
  return files;
}

/** Two layers: a scene, and above it at half strength, hidden in part, a stroke. */
async function twoLayers(canvas: CanvasPage): Promise<void> {
  const { page } = canvas;
  await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
  await canvas.command('new paint layer');
  await canvas.canvas.focus();
  await page.keyboard.press('b');
  await page.getByRole('toolbar', { name: 'Tool settings' }).getByRole('button', { name: 'Paint', exact: true }).click();
  await canvas.set('Size', 20);
  await canvas.drag([[30, 30], [60, 50], [90, 30]]);
  await soon(() => canvas.items('Paint 1')).toBe(1);
  const opacity = page.getByRole('region', { name: 'Layers' }).or(page.locator('section').filter({ hasText: 'Layers' })).first().getByRole('spinbutton', { name: /^Opacity/ });
  await opacity.fill('50');
  await opacity.press('Enter');
}

async function paste(canvas: CanvasPage, name: string, bytes: Buffer): Promise<void> {
  await canvas.page.evaluate(([text, file]) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], file, { type: 'image/png' }));
    window.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, [bytes.toString('base64'), name] as const);
  await canvas.page.getByTestId('drop').waitFor();
}

/** Walks with a key until something has the focus. */
async function walk({ page }: CanvasPage, key: string, reached: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 40 && !(await reached()); n++) await page.keyboard.press(key);
  expect(await reached() || await page.evaluate(() => `stands on ${document.activeElement?.outerHTML.slice(0, 200)}`)).toBe(true);
}

// Pixels are read, not drawn: no canvas is needed, only room for them.
initializeCanvas(() => { throw new Error('nothing is drawn here'); }, (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 4), colorSpace: 'srgb', pixelFormat: 'rgba-unorm8' }) as ImageData);

describe.skipIf(skipped !== undefined)('files of the canvas', () => {
  const pages = canvasPages();

  it('a PSD and an OpenRaster file hold every layer by name, place, strength and pixel', async () => {
    const canvas = await pages.open();
    await twoLayers(canvas);
    const whole = await canvas.exported();
    const psd = readPsd(await canvas.exportedFile('PSD'), { useImageData: true, skipThumbnail: true });
    expect([psd.width, psd.height]).toEqual([128, 128]);
    const layers = psd.children ?? [];
    expect(layers.map(({ name, blendMode, hidden }) => [name, blendMode, hidden ?? false])).toEqual([['scene.png', 'normal', false], ['Paint 1', 'normal', false]]);
    expect(layers.map(({ opacity }) => Math.round((opacity ?? 1) * 100))).toEqual([100, 50]);
    const picture = layers[0]?.imageData;
    expect(differing(await pixelsOf(await scene()), { width: picture?.width ?? 0, height: picture?.height ?? 0, pixels: Buffer.from(picture?.data as Uint8ClampedArray) })).toBe(0);
    const paint = layers[1];
    expect([paint?.left, paint?.top].every((edge) => (edge ?? 0) > 10)).toBe(true);

    const ora = await unzipped(await canvas.exportedFile('OpenRaster'));
    expect([...ora.keys()][0]).toBe('mimetype');
    expect(ora.get('mimetype')?.toString()).toBe('image/openraster');
    const stack = ora.get('stack.xml')?.toString() ?? '';
    // Topmost first, as the format wants it.
    expect([...stack.matchAll(/<layer[^>]*name="([^"]*)"/g)].map((found) => found[1])).toEqual(['Paint 1', 'scene.png']);
    expect(/name="Paint 1"[^>]*opacity="0\.5|opacity="0\.5[^>]*name="Paint 1"/.test(stack)).toBe(true);
    // Two programs round half strength in two ways, and the browser on the way.
    expect(farthest(whole, await pixelsOf(ora.get('mergedimage.png') ?? Buffer.alloc(0)))).toBeLessThanOrEqual(2);
  }, 240_000);

  it('JPEG and WebP keep the size; the frame and the selection are cut', async () => {
    const canvas = await pages.open();
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene(101, 67) }]);
    for (const format of ['JPEG', 'WebP'] as const) {
      const { width, height } = await pixelsOf(await canvas.exportedFile(format));
      expect([width, height]).toEqual([101, 67]);
    }
    const whole = await canvas.exported();
    await canvas.canvas.focus();
    await canvas.page.keyboard.press('u');
    await canvas.drag([[10, 20], [30, 30], [40, 60]]);
    expect(differing(cut(whole, 10, 20, 30, 40), await canvas.exported('Selection'))).toBe(0);
    expect(differing(whole, await canvas.exported('Frame'))).toBe(0);
  }, 240_000);

  it('by keyboard alone: paste, ask about the frame, edit, accept, export PNG and PSD, delete a layer and bring it back (scenario 12 on the canvas)', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    const focused = (name: RegExp) => async (): Promise<boolean> => name.test(await page.evaluate(() => `${document.activeElement?.getAttribute('aria-label') ?? ''} ${document.activeElement?.textContent ?? ''}`));
    await paste(canvas, 'scene.png', await scene());
    await soon(() => page.evaluate(() => document.activeElement?.getAttribute('data-zone'))).toBe('edit');
    await page.keyboard.press('Enter');
    await soon(() => canvas.layers.count()).toBe(1);

    await page.keyboard.press('/');
    await page.keyboard.press('Alt+3');
    await page.keyboard.type('What colour is the sphere?');
    await page.keyboard.press('Control+Enter');
    const card = page.getByTestId('answer');
    await card.getByRole('button', { name: 'Use as prompt' }).waitFor();
    await canvas.shot('canvas-answer');
    expect(await canvas.canvas.isVisible()).toBe(true);
    await page.keyboard.press('Alt+u');
    await card.waitFor({ state: 'detached' });
    const prompt = page.locator('[data-prompt]');
    await soon(() => prompt.inputValue()).not.toBe('');

    await page.keyboard.press('Control+a');
    await page.keyboard.type('make the sphere blue');
    await page.keyboard.press('Control+Enter');
    await canvas.staged();
    await walk(canvas, 'F6', () => page.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'canvas'));
    await page.keyboard.press('Enter');
    await soon(() => canvas.layers.count()).toBe(2);

    const exportAs = async (format: RegExp): Promise<Pixels | Buffer> => {
      await page.keyboard.press('Control+Shift+E');
      const dialog = page.getByRole('dialog', { name: 'Export', exact: true });
      await dialog.waitFor();
      await walk(canvas, 'Tab', focused(/^ ?(PNG|JPEG|WebP|PSD|OpenRaster)$/));
      await walk(canvas, 'ArrowRight', focused(format));
      await page.keyboard.press('Enter');
      await walk(canvas, 'Tab', focused(/^ ?Export$/));
      const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
      await dialog.waitFor({ state: 'detached' });
      return readFile(await download.path());
    };
    const png = (await exportAs(/PNG$/)) as Buffer;
    expect(await pixelsOf(png)).toMatchObject({ width: 128, height: 128 });
    expect(readPsd((await exportAs(/PSD$/)) as Buffer, { useImageData: true, skipThumbnail: true }).children).toHaveLength(2);

    await walk(canvas, 'F6', () => page.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'canvas'));
    await page.keyboard.press('Delete');
    await soon(() => canvas.layers.count()).toBe(1);
    await page.keyboard.press('Control+z');
    await soon(() => canvas.layers.count()).toBe(2);

    // The picture knows how it was drawn: pasted back it says so.
    const [job] = (await canvas.api('jobs/list', { limit: 1 })) as { readonly request: { readonly seed: number } }[];
    await page.keyboard.press('/');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('something else');
    await walk(canvas, 'F6', () => page.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'canvas'));
    await paste(canvas, 'back.png', png);
    await walk(canvas, 'Tab', () => page.evaluate(() => document.activeElement?.getAttribute('data-zone') === 'recall'));
    await page.keyboard.press('Enter');
    await soon(() => prompt.inputValue()).toBe('make the sphere blue');
    expect(Number(await canvas.field('Seed').inputValue())).toBe(job?.request.seed);
  }, 240_000);

  it('again, but: picture, mask, frame, guides and settings are as they were, whatever happened since', async () => {
    const canvas = await pages.open();
    const { page } = canvas;
    await canvas.drop('edit', [{ name: 'scene.png', bytes: await scene() }]);
    await canvas.canvas.focus();
    await page.keyboard.press('b');
    await canvas.drag([[40, 40], [80, 60]]);
    await canvas.set('Steps', 2);
    await canvas.set('Text guide', 4.5);
    await canvas.run('make the sphere blue');
    await canvas.staged();
    const jobs = async () => (await canvas.api('jobs/list', { limit: 1 })) as { readonly request: object; readonly canvas: { readonly raster: string; readonly mask: string; readonly frame: object } }[];
    const [before] = await jobs();
    // Nothing stays as it was: another mask, another picture, another frame, other settings.
    await canvas.canvas.focus();
    await page.keyboard.press('Shift+V');
    await page.keyboard.press('Shift+B');
    await canvas.command('new paint layer');
    await page.getByRole('toolbar', { name: 'Tool settings' }).getByRole('button', { name: 'Paint', exact: true }).click();
    await canvas.drag([[20, 100], [110, 100]]);
    await canvas.set('Steps', 9);
    await canvas.set('Text guide', 2);
    await page.getByRole('button', { name: 'More about this result' }).click();
    await page.getByRole('menuitem', { name: 'Again, but …' }).click();
    await page.getByText('Everything is as it was').waitFor();
    await soon(() => page.locator('[data-prompt]').inputValue()).toBe('make the sphere blue');
    expect([await canvas.field('Steps').inputValue(), await canvas.field('Text guide').inputValue()]).toEqual(['2', '4.5']);
    await canvas.shot('canvas-again');
    await canvas.run('make the sphere yellow');
    await soon(async () => (await jobs())[0]?.request).toMatchObject({ prompt: 'make the sphere yellow' });
    const [after] = await jobs();
    const { prompt: _words, image: _image, ...settings } = before?.request as { prompt: string; image: string };
    expect(after?.request).toMatchObject(settings);
    expect(after?.canvas).toEqual(before?.canvas);
  }, 240_000);
});
