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
export const soon = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 40_000, interval: 100 });

export function newDataDir(): string {
  mkdirSync(shots, { recursive: true });
  return mkdtempSync(join(tmpdir(), 'ovis-canvas-'));
}

/** A little scene of the built-in world's kind. */
export function scene(width = 128, height = 128): Promise<Buffer> {
  const svg = `<svg width="${width}" height="${height}"><rect y="${height * 0.55}" width="${width}" height="${height}" fill="#cdbfa8"/><circle cx="${width * 0.35}" cy="${height * 0.5}" r="${height * 0.2}" fill="#c33"/><rect x="${width * 0.6}" y="${height * 0.4}" width="${width * 0.22}" height="${height * 0.3}" fill="#36b"/></svg>`;
  return sharp({ create: { width, height, channels: 3, background: '#9a9a9a' } }).composite([{ input: Buffer.from(svg) }]).png().toBuffer();
}

export interface WindowSize {
  readonly width: number;
  readonly height: number;
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA rows. */
  readonly pixels: Buffer;
}

/** A picture file's pixels. */
export async function pixelsOf(file: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

/** How many pixels of two pictures of one size differ, of those asked about. */
export function differing(a: Pixels, b: Pixels, among: (x: number, y: number) => boolean = () => true): number {
  expect([b.width, b.height]).toEqual([a.width, a.height]);
  let count = 0;
  for (let at = 0; at < a.pixels.length; at += 4) {
    const [x, y] = [(at / 4) % a.width, Math.floor(at / 4 / a.width)];
    if (among(x, y) && a.pixels.compare(b.pixels, at, at + 4, at, at + 4) !== 0) count++;
  }
  return count;
}

/** A part of a picture. */
export function cut({ width, pixels }: Pixels, left: number, top: number, w: number, h: number): Pixels {
  const rows = Array.from({ length: h }, (_, y) => pixels.subarray(((top + y) * width + left) * 4, ((top + y) * width + left + w) * 4));
  return { width: w, height: h, pixels: Buffer.concat(rows) };
}

export class CanvasPage {
  readonly page: Page;
  readonly studio: StudioProcess;
  private readonly problems: string[] = [];
  private readonly strangers: string[] = [];
  private readonly context: BrowserContext;
  private ownsStudio = false;

  private constructor(studio: StudioProcess, context: BrowserContext, page: Page) {
    this.studio = studio;
    this.context = context;
    this.page = page;
  }

  /** A page in a studio by itself, which ends with the page. */
  static async open(browser: Browser, dataDir: string, size?: WindowSize): Promise<CanvasPage> {
    const made = await CanvasPage.on(browser, await startStudio(dataDir), size);
    made.ownsStudio = true;
    return made;
  }

  /** A page in a studio that runs. */
  static async on(browser: Browser, studio: StudioProcess, size: WindowSize = { width: 1440, height: 900 }): Promise<CanvasPage> {
    const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce', acceptDownloads: true, colorScheme: 'dark', permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    page.setDefaultTimeout(40_000);
    const made = new CanvasPage(studio, context, page);
    const { origin } = new URL(studio.link);
    page.on('request', (request) => { if (!request.url().startsWith(origin) && !/^(blob|data):/.test(request.url())) made.strangers.push(request.url()); });
    page.on('pageerror', (error) => made.problems.push(error.message));
    await page.goto(await studio.anotherLink());
    await made.ready();
    return made;
  }

  async ready(): Promise<void> {
    await this.page.waitForSelector('html[data-ready]');
    await this.place('Canvas');
    await this.canvas.waitFor();
    await this.page.getByTestId('project').waitFor();
  }

  /** Everything before is over: the canvas of a project of its own. */
  async newProject(): Promise<void> {
    const name = this.page.getByTestId('project');
    const before = await name.textContent();
    await name.click();
    await this.page.getByRole('menuitem', { name: 'New project' }).click();
    await soon(() => name.textContent()).not.toBe(before);
    await soon(() => this.page.getByTestId('saved').textContent()).toMatch(/saved/i);
  }

  /** Closes the page, and says what went wrong in it: errors, calls to strangers. */
  async close(): Promise<void> {
    await this.context.close();
    if (this.ownsStudio) await this.studio.stop();
    expect(this.problems.splice(0)).toEqual([]);
    expect(this.strangers.splice(0)).toEqual([]);
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

  async drop(zone: string, files: readonly { readonly name: string; readonly bytes: Buffer; readonly type?: string }[]): Promise<void> {
    const data = await this.page.evaluateHandle((list) => {
      const transfer = new DataTransfer();
      for (const { name, text, type } of list) transfer.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name, { type }));
      return transfer;
    }, files.map(({ name, bytes, type = 'image/png' }) => ({ name, type, text: bytes.toString('base64') })));
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
    await this.page.getByRole('button', { name: /^Accept/ }).waitFor({ timeout: 180_000 });
  }

  async accept(): Promise<void> {
    await this.canvas.focus();
    await this.page.keyboard.press('Enter');
    await this.page.getByRole('button', { name: /^Accept/ }).waitFor({ state: 'detached' });
  }

  /** The file that the export dialog makes. */
  async exportedFile(format: 'PNG' | 'JPEG' | 'WebP' | 'PSD' | 'OpenRaster' = 'PNG', area: 'Canvas' | 'Frame' | 'Selection' = 'Canvas'): Promise<Buffer> {
    await this.canvas.focus();
    await this.page.keyboard.press('Control+Shift+E');
    const dialog = this.page.getByRole('dialog', { name: 'Export', exact: true });
    await dialog.getByRole('button', { name: area, exact: true }).click();
    await dialog.getByRole('button', { name: format, exact: true }).click();
    const [download] = await Promise.all([this.page.waitForEvent('download'), dialog.getByRole('button', { name: 'Export', exact: true }).click()]);
    const file = await readFile(await download.path());
    await dialog.waitFor({ state: 'detached' });
    return file;
  }

  /** Exports as PNG and answers the raw pixels. */
  async exported(area: 'Canvas' | 'Frame' | 'Selection' = 'Canvas'): Promise<Pixels> {
    return pixelsOf(await this.exportedFile('PNG', area));
  }

  /** Runs what the palette finds first for these words. */
  async command(words: string): Promise<void> {
    await this.page.keyboard.press('Control+k');
    const palette = this.page.getByTestId('palette');
    await palette.waitFor();
    await this.page.keyboard.type(words);
    await palette.getByRole('option').first().waitFor();
    await this.page.keyboard.press('Enter');
    await palette.waitFor({ state: 'detached' });
  }

  /** A call as a script of the same user makes it. */
  async api(call: string, input: object = {}): Promise<unknown> {
    const reply = await this.studio.api(call, input);
    if (!reply.ok) throw new Error(`${call}: ${reply.status} ${await reply.text()}`);
    return reply.json();
  }

  /** The button of the tool bar for a tool, pressed. */
  tool(name: string) { return this.page.getByRole('toolbar', { name: 'Tools', exact: true }).getByRole('button', { name, exact: true }); }
  get label() { return this.canvas.getAttribute('aria-label'); }

  /** How many marks and pictures a layer is made of. */
  items(name: string): Promise<number> {
    return this.page.evaluate((wanted) => Object.values((globalThis as never as { ovisStage: { read: () => { document: { layers: Record<string, { name: string; items: unknown[] }> } } } }).ovisStage.read().document.layers).find((one) => one.name === wanted)?.items.length ?? 0, name);
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
