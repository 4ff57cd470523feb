import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import sharp from 'sharp';
import { openLibrary } from '../../main/assets/library.ts';
import { buildBundle } from '../../main/cli/pageBuild.ts';
import { Imaging } from '../../main/imaging/imaging.ts';
import type { StoredAsset } from '../../main/history/assetRows.ts';
import { launch } from '../e2e/browser.ts';
import { startStudio } from '../e2e/studioHost.ts';
import { fillHistory } from '../helpers/historyRows.ts';
import { plainRow, quantile, type BenchRow } from './support/report.ts';

/** What a person sees, in a real Chromium: how soon the page is there, and whether a hundred thousand pictures scroll without a hitch. */

const root = join(import.meta.dirname, '../..');
const starts = 7;
const interactiveLimitMs = 1_000;
const windowSettlesMs = 2_000;
const frameMs = 1000 / 60;

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'ovis-bench-page-'));
}

async function open(browser: Browser, link: string): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(link, { waitUntil: 'commit' });
  await page.waitForSelector('html[data-ready]');
  return page;
}

/** What npm takes before it starts anything of ours, milliseconds: the same words of help through it and without it. */
function npmItself(): number {
  const timed = (command: string, ...args: string[]): number => {
    const began = performance.now();
    execFileSync(command, [...args, '--help'], { cwd: root, stdio: 'ignore' });
    return performance.now() - began;
  };
  const pairs = Array.from({ length: 5 }, () => timed('npm', 'start', '--') - timed('node', join(root, 'main/cli/launch.mjs'), 'start'));
  return quantile(pairs, 0.5);
}

interface StartTimes {
  readonly host: readonly number[];
  readonly page: readonly number[];
  readonly whole: readonly number[];
  /** Processor time of the page's main thread. */
  readonly work: readonly number[];
}

/** From the command to a page that answers, on a data folder made by `prepare`. The browser runs already, as a person's does. */
async function timeStarts(browser: Browser, prepare: (dir: string) => void): Promise<StartTimes> {
  const [host, page, whole, work]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let i = 0; i <= starts; i++) {
    const dir = folder();
    prepare(dir);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const tab = await context.newPage();
    const cdp = await context.newCDPSession(tab);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    // A new window keeps the browser itself busy for a second; a person's stands there already.
    await tab.waitForTimeout(windowSettlesMs);
    const began = performance.now();
    const studio = await startStudio(dir);
    const listening = performance.now();
    await tab.goto(studio.link, { waitUntil: 'commit' });
    // Only that it is there: looking whether it is visible costs the page a layout in the middle of its work.
    await tab.waitForSelector('html[data-ready]', { state: 'attached' });
    const ready = performance.now();
    const { metrics } = await cdp.send('Performance.getMetrics');
    await context.close();
    await studio.stop();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    // The first one may have to build the page, and fills the caches that every later start has, the bundle among them.
    if (i === 0) {
      await buildBundle();
      continue;
    }
    host.push(listening - began);
    page.push(ready - listening);
    whole.push(ready - began);
    work.push((metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000);
  }
  return { host, page, whole, work };
}

/** A first launch opens Models; any other one the canvas, with the newest pictures beside it. */
export async function benchStart(): Promise<BenchRow[]> {
  const browser = await launch();
  try {
    const rows = [plainRow('npm itself, before anything of ours (in none of the rows below), median', npmItself(), 'ms', 5)];
    for (const [name, prepare] of [['first launch', () => undefined], ['with 50 pictures', (dir: string) => fillHistory(dir, { rows: 50 })]] as const) {
      const { host, page, whole, work } = await timeStarts(browser, prepare);
      rows.push(
        plainRow(`${name}: command to the address, median`, quantile(host, 0.5), 'ms', starts),
        plainRow(`${name}: address to an interactive page, median`, quantile(page, 0.5), 'ms', starts, interactiveLimitMs),
        plainRow(`${name}: processor time of the page until then, median`, quantile(work, 0.5), 'ms', starts),
        plainRow(`${name}: cold start to an interactive page, median`, quantile(whole, 0.5), 'ms', starts, interactiveLimitMs),
        plainRow(`${name}: cold start to an interactive page, best`, Math.min(...whole), 'ms', starts),
      );
    }
    return rows;
  } finally {
    await browser.close();
  }
}

/** A history of a hundred thousand rows over three hundred real pictures. */
async function fillWithPictures(dir: string): Promise<void> {
  const imaging = new Imaging();
  const library = await openLibrary({ dir, imaging });
  const assets: StoredAsset[] = [];
  for (let i = 0; i < 300; i++) {
    const svg = `<svg width="256" height="256"><rect width="256" height="256" fill="hsl(${i * 7} 20% 55%)"/><circle cx="${60 + (i * 13) % 140}" cy="${80 + (i * 29) % 110}" r="${30 + i % 40}" fill="hsl(${i * 37} 70% 50%)"/></svg>`;
    const info = await library.assets.put(new Uint8Array(await sharp(Buffer.from(svg)).removeAlpha().png().toBuffer()));
    assets.push({ ...info, extension: 'png' });
  }
  await library.close();
  await imaging.close();
  fillHistory(dir, { rows: 100_000, assets });
}

interface Scrolled {
  /** Time between frames, milliseconds. */
  readonly gaps: readonly number[];
  /** Main-thread work that held a frame up for longer than 50 ms. */
  readonly longTasks: number;
  /** Tiles that were still empty wells, of those in view, looked at in every frame. */
  readonly empty: number;
  readonly tiles: number;
}

/** Scrolls the grid at an even speed for some seconds and notes every frame, in the page itself. */
const scrollScript = (pixelsPerSecond: number, seconds: number): string => `(async () => {
  const grid = document.querySelector('[data-testid=grid]');
  grid.scrollTop = 0;
  await new Promise((done) => setTimeout(done, 500));
  let longTasks = 0;
  const observer = new PerformanceObserver((list) => { longTasks += list.getEntries().length; });
  observer.observe({ entryTypes: ['longtask'] });
  const gaps = [];
  let [empty, tiles] = [0, 0];
  await new Promise((done) => {
    let began, last;
    const frame = (now) => {
      began ??= now;
      if (last !== undefined) gaps.push(now - last);
      last = now;
      grid.scrollTop = (now - began) / 1000 * ${pixelsPerSecond};
      for (const tile of grid.querySelectorAll('[role=option],[class*=cell]')) { tiles++; if (tile.querySelector('img') === null) empty++; }
      if (now - began < ${seconds * 1000}) requestAnimationFrame(frame); else done();
    };
    requestAnimationFrame(frame);
  });
  observer.disconnect();
  return { gaps, longTasks, empty, tiles };
})()`;

/** The same without the studio: how many frames this machine drops on an empty page. */
const idleScript = (seconds: number): string => `new Promise((done) => {
  const gaps = [];
  let began, last;
  const frame = (now) => {
    began ??= now;
    if (last !== undefined) gaps.push(now - last);
    last = now;
    if (now - began < ${seconds * 1000}) requestAnimationFrame(frame); else done(gaps);
  };
  requestAnimationFrame(frame);
})`;

/** Whole frames that were never shown. */
function dropped(gaps: readonly number[]): number {
  return gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / frameMs) - 1), 0);
}

export async function benchScroll(): Promise<BenchRow[]> {
  const dir = folder();
  const browser = await launch();
  try {
    await fillWithPictures(dir);
    const studio = await startStudio(dir);
    try {
      const page = await open(browser, studio.link);
      const idle = await page.evaluate<number[]>(idleScript(5));
      await page.getByRole('navigation', { name: 'Places' }).getByRole('button', { name: 'Gallery' }).click();
      await page.getByRole('option').first().waitFor();
      await page.waitForTimeout(2_000);
      const rows: BenchRow[] = [plainRow('frames dropped by an idle page (the machine itself)', dropped(idle), 'frames', idle.length)];
      for (const [name, speed] of [['reading', 600], ['fast', 3_000]] as const) {
        // Once to warm up, then measured.
        await page.evaluate(scrollScript(speed, 1));
        const { gaps, longTasks, empty, tiles } = await page.evaluate<Scrolled>(scrollScript(speed, 5));
        rows.push(
          plainRow(`frames dropped, scrolling 100,000 pictures at ${name} speed`, dropped(gaps), 'frames', gaps.length, 0),
          plainRow(`time between frames, ${name} speed, p99`, quantile(gaps, 0.99), 'ms', gaps.length),
          plainRow(`long tasks, ${name} speed`, longTasks, 'tasks', gaps.length),
          plainRow(`tiles without their picture, ${name} speed`, (100 * empty) / Math.max(1, tiles), '%', tiles),
        );
      }
      rows.push(await typing(page));
      return rows;
    } finally {
      await studio.stop();
    }
  } finally {
    await browser.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** From the words in the search field to their count on the screen. */
async function typing(page: Page): Promise<BenchRow> {
  const ms: number[] = [];
  const field = page.locator('[data-search]');
  const words = ['red cube', 'lighthouse', 'violet owl', 'sea', 'piano', 'green', 'fox night', 'kite', 'golden bridge', 'mosaic'];
  for (const word of words) {
    const before = (await page.locator('[data-found]').getAttribute('data-found')) ?? '';
    const began = performance.now();
    await field.fill(word);
    await page.locator(`[data-found]:not([data-found="${before}"])`).waitFor();
    ms.push(performance.now() - began);
  }
  return plainRow('words typed to pictures found among 100,000, p95', quantile(ms, 0.95), 'ms', ms.length, 200);
}
