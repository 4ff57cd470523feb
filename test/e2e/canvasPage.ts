/** What canvas tests do with the page: open the studio, drop, paint, run, look. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import sharp from 'sharp';
import { expect } from 'vitest';
import { startStudio } from './studioHost.ts';
import type { StudioProcess } from './studioHost.ts';

export const shots = join(import.meta.dirname, '../../out/e2e');
/** A machine that does other things as well takes its time. */
export const soon = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 60_000, interval: 100 });

export function newDataDir(): string {
  mkdirSync(shots, { recursive: true });
  return mkdtempSync(join(tmpdir(), 'ovis-canvas-'));
}

/** A little scene of the built-in world's kind. */
export function scene(width = 128, height = 128): Promise<Buffer> {
  const svg = `<svg width="${width}" height="${height}"><rect y="${height * 0.55}" width="${width}" height="${height}" fill="#cdbfa8"/><circle cx="${width * 0.35}" cy="${height * 0.5}" r="${height * 0.2}" fill="#c33"/><rect x="${width * 0.6}" y="${height * 0.4}" width="${width * 0.22}" height="${height * 0.3}" fill="#36b"/></svg>`;
  return sharp({ create: { width, height, channels: 3, background: '#9a9a9a' } }).composite([{ input: Buffer.from(svg) }]).png().toBuffer();
}

export class CanvasPage {
  readonly page: Page;
  readonly studio: StudioProcess;
  readonly problems: string[] = [];
  readonly strangers: string[] = [];
  private readonly context: BrowserContext;

  private constructor(studio: StudioProcess, context: BrowserContext, page: Page) {
    this.studio = studio;
    this.context = context;
    this.page = page;
  }

  static async open(browser: Browser, dataDir: string, size = { width: 1440, height: 900 }): Promise<CanvasPage> {
    const studio = await startStudio(dataDir);
    const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce', acceptDownloads: true, colorScheme: 'dark' });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const made = new CanvasPage(studio, context, page);
    const { origin } = new URL(studio.link);
    page.on('request', (request) => { if (!request.url().startsWith(origin) && !/^(blob|data):/.test(request.url())) made.strangers.push(request.url()); });
    page.on('pageerror', (error) => made.problems.push(error.message));
    await page.goto(studio.link);
    await made.ready();
    return made;
  }

  async ready(): Promise<void> {
    await this.page.waitForSelector('html[data-ready]');
    await this.place('Canvas');
    await this.canvas.waitFor();
    await this.page.getByTestId('project').waitFor();
  }

  async close(): Promise<void> {
    await this.context.close();
    await this.studio.stop();
    expect(this.problems).toEqual([]);
    expect(this.strangers).toEqual([]);
  }

  get canvas() { return this.page.getByTestId('canvas'); }
  get layers() { return this.page.getByRole('treeitem'); }
  get scope() { return this.page.getByTestId('scope'); }
  place(name: string) { return this.page.getByRole('navigation', { name: 'Places' }).getByRole('button', { name }).click(); }
  shot(name: string) { return this.page.screenshot({ path: join(shots, `${name}.png`) }); }
  /** A changed field says so in its name. */
  field(name: string) { return this.page.getByRole('spinbutton', { name: new RegExp(`^${name}( Not the default)?$`) }); }

  async set(name: string, value: number): Promise<void> {
    await this.field(name).fill(String(value));
    await this.field(name).press('Enter');
  }

  async drop(zone: string, files: readonly { readonly name: string; readonly bytes: Buffer }[]): Promise<void> {
    const data = await this.page.evaluateHandle((list) => {
      const transfer = new DataTransfer();
      for (const { name, text } of list) transfer.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name, { type: 'image/png' }));
      return transfer;
    }, files.map(({ name, bytes }) => ({ name, text: bytes.toString('base64') })));
    await this.page.dispatchEvent('header', 'dragenter', { dataTransfer: data });
    await this.page.getByTestId('drop').waitFor();
    await this.shot(`canvas-drop-${zone}`);
    await this.page.dispatchEvent(`[data-zone=${zone}]`, 'drop', { dataTransfer: data });
    await this.page.getByTestId('drop').waitFor({ state: 'detached' });
  }

  /** A point of the canvas on the screen. */
  async at(x: number, y: number): Promise<{ readonly x: number; readonly y: number }> {
    const box = await this.canvas.boundingBox();
    const view = await this.page.evaluate(() => (globalThis as never as { ovisStage: { read: () => { view: { zoom: number; x: number; y: number } } } }).ovisStage.read().view);
    return { x: (box?.x ?? 0) + view.x + x * view.zoom, y: (box?.y ?? 0) + view.y + y * view.zoom };
  }

  /** Drags through points of the canvas. */
  async drag(points: readonly (readonly [number, number])[]): Promise<void> {
    const [first, ...rest] = points;
    const start = await this.at(first?.[0] ?? 0, first?.[1] ?? 0);
    await this.page.mouse.move(start.x, start.y);
    await this.page.mouse.down();
    for (const [x, y] of rest) {
      const to = await this.at(x, y);
      await this.page.mouse.move(to.x, to.y, { steps: 4 });
    }
    await this.page.mouse.up();
  }

  async run(words: string): Promise<void> {
    await this.page.locator('[data-prompt]').fill(words);
    await this.page.keyboard.press('Control+Enter');
  }

  async staged(): Promise<void> {
    await this.page.getByRole('button', { name: /^Accept/ }).waitFor();
  }

  async accept(): Promise<void> {
    await this.canvas.focus();
    await this.page.keyboard.press('Enter');
    await this.page.getByRole('button', { name: /^Accept/ }).waitFor({ state: 'detached' });
  }

  /** Exports the canvas by the dialog and answers its raw pixels. */
  async exported(area: 'Canvas' | 'Frame' | 'Selection' = 'Canvas'): Promise<{ readonly width: number; readonly height: number; readonly pixels: Buffer }> {
    await this.canvas.focus();
    await this.page.keyboard.press('Control+Shift+E');
    const dialog = this.page.getByRole('dialog', { name: 'Export' });
    await dialog.getByRole('button', { name: area, exact: true }).click();
    const [download] = await Promise.all([this.page.waitForEvent('download'), dialog.getByRole('button', { name: 'Export', exact: true }).click()]);
    const { data, info } = await sharp(await readFile(await download.path())).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    await dialog.waitFor({ state: 'detached' });
    return { width: info.width, height: info.height, pixels: data };
  }

  /** A sum over the pixels of the layer with this name: the same sum, the same pixels. */
  digest(name: string): Promise<string> {
    return this.page.evaluate(async (wanted) => {
      const stage = (globalThis as never as { ovisStage: { read: () => { document: { layers: Record<string, { id: string; name: string }> } }; compositor: { raster(id: string): { tiles: Map<number, { tx: number; ty: number; canvas: OffscreenCanvas }> } | undefined }; render(): void } }).ovisStage;
      stage.render();
      const layer = Object.values(stage.read().document.layers).find((one) => one.name === wanted);
      const raster = layer === undefined ? undefined : stage.compositor.raster(layer.id);
      if (raster === undefined) return 'none';
      const parts: string[] = [];
      for (const [key, tile] of [...raster.tiles].sort(([a], [b]) => a - b)) {
        const data = tile.canvas.getContext('2d')?.getImageData(0, 0, tile.canvas.width, tile.canvas.height).data ?? new Uint8ClampedArray();
        if (data.every((value) => value === 0)) continue;
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
        parts.push(`${key}:${[...hash.slice(0, 8)].join('.')}`);
      }
      return parts.join('|');
    }, name);
  }
}
