/// <reference lib="dom" />
/** The canvas in a real browser: `npm run bench -- canvas [--json]`. Frame times come from the page; nothing is asserted here. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { launch } from '../e2e/browser.ts';
import { CanvasPage } from '../e2e/canvasPage.ts';
import { removeData } from '../e2e/studioHost.ts';
import { benchOptions, JSON_REPORT } from './support/options.ts';
import { makeReport, plainRow, printRow, quantile } from './support/report.ts';
import type { BenchRow } from './support/report.ts';

/** A frame of a 60 Hz display, and two; the page's clock is rounded, and may be so by half a millisecond. */
const roundingMs = 0.5;
const frameLimitMs = 16.7;
const slowLimitMs = 33.4;
/** Longer than this, and the page does not answer. */
const blockLimitMs = 50;

interface Frames {
  /** Script and drawing calls of a frame; the browser draws most of them later. */
  readonly work: number[];
  /** From one frame to the next: what a person sees. */
  readonly intervals: number[];
}

function within(limit: number, list: readonly number[]): number {
  return list.filter((ms) => ms <= limit + roundingMs).length / list.length;
}

/** `idle`: the same page at rest, in the same run: what the machine itself allows. */
function frameRows(name: string, { work, intervals }: Frames, idle: Frames): BenchRow[] {
  const share = (limit: number, atLeast: number): BenchRow => {
    const [value, baseline] = [within(limit, intervals), within(limit, idle.intervals)];
    return { name: `${name}: frames that come within ${limit} ms`, value, unit: 'share', baseline, ratio: value / baseline, ci: null, n: intervals.length, atLeast, aim: 1 };
  };
  return [
    plainRow(`${name}: work of a frame, p95`, quantile(work, 0.95), 'ms', work.length),
    plainRow(`${name}: work of a frame, p99`, quantile(work, 0.99), 'ms', work.length),
    plainRow(`${name}: from frame to frame, p95`, quantile(intervals, 0.95), 'ms', intervals.length, frameLimitMs + roundingMs),
    plainRow(`${name}: from frame to frame, p99`, quantile(intervals, 0.99), 'ms', intervals.length, slowLimitMs + roundingMs),
    share(frameLimitMs, 0.95),
    share(slowLimitMs, 0.99),
  ];
}

/** Plays a gesture in the page, one event a frame, and times every frame. `kind` paints within a pressed pointer, turns the wheel, or does nothing. */
function play(page: Page, kind: 'paint' | 'zoom' | 'pan' | 'rest', frames: number): Promise<Frames> {
  return page.evaluate(async ([what, count]) => {
    const stage = (globalThis as never as { ovisStage: { onFrame: ((ms: number) => void) | undefined } }).ovisStage;
    const box = document.querySelector('[data-testid=canvas]') as HTMLElement;
    const rect = box.getBoundingClientRect();
    const work: number[] = [];
    const intervals: number[] = [];
    let handling = 0;
    stage.onFrame = (ms) => { work.push(ms + handling); handling = 0; };
    let last = 0;
    for (let i = 0; i < count; i++) {
      const now = await new Promise<number>((resolve) => { requestAnimationFrame(resolve); });
      if (last > 0) intervals.push(now - last);
      last = now;
      const turn = i / 9;
      const [x, y] = [rect.left + rect.width * (0.5 + 0.3 * Math.cos(turn)), rect.top + rect.height * (0.5 + 0.3 * Math.sin(turn * 1.3))];
      const began = performance.now();
      if (what === 'paint') box.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, pointerId: 1, clientX: x, clientY: y, buttons: 1, pressure: 0.5 }));
      else if (what === 'zoom') box.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: x, clientY: y, deltaY: i % 60 < 30 ? -40 : 40 }));
      else if (what === 'pan') box.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: x, clientY: y, shiftKey: true, deltaY: i % 60 < 30 ? -24 : 24 }));
      handling += performance.now() - began;
    }
    stage.onFrame = undefined;
    return { work, intervals };
  }, [kind, frames] as const);
}

/** Takes the last step back and again, and times both what is seen and for how long the page does nothing else. */
function undone(page: Page): Promise<{ readonly first: number[]; readonly whole: number[]; readonly longest: number }> {
  return page.evaluate(async () => {
    const stage = (globalThis as never as { ovisStage: { onFrame: ((ms: number, settled: boolean) => void) | undefined } }).ovisStage;
    const [first, whole]: [number[], number[]] = [[], []];
    // The browser tells of tasks over 50 ms only, and without taking time itself.
    let longest = 0;
    const observer = new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) longest = Math.max(longest, duration); });
    observer.observe({ type: 'longtask' });
    for (let n = 0; n < 20; n++) {
      const began = performance.now();
      let seen = 0;
      const done = new Promise<number>((resolve) => {
        stage.onFrame = (_, settled) => {
          seen ||= performance.now() - began;
          if (settled) resolve(performance.now() - began);
        };
      });
      window.dispatchEvent(new KeyboardEvent('keydown', n % 2 === 0 ? { key: 'z', code: 'KeyZ', ctrlKey: true } : { key: 'Z', code: 'KeyZ', ctrlKey: true, shiftKey: true }));
      const ms = await done;
      if (n % 2 === 0) {
        first.push(seen);
        whole.push(ms);
      }
      await new Promise((resolve) => { setTimeout(resolve, 400); });
    }
    observer.disconnect();
    stage.onFrame = undefined;
    return { first, whole, longest };
  });
}

/** Resident memory of this browser's pages; 0 where the system does not list it. */
async function pageMemory(): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { id }) => {
    try {
      return sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) * 1024;
    } catch {
      return sum;
    }
  }, 0);
}

/** A picture that no encoder can make small work of. */
function picture(edge: number): Promise<Buffer> {
  const svg = `<svg width="${edge}" height="${edge}"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#c95"/><stop offset="1" stop-color="#359"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#g)"/><circle cx="50%" cy="45%" r="22%" fill="#c33"/></svg>`;
  return sharp(Buffer.from(svg)).png({ compressionLevel: 1 }).toBuffer();
}

async function withLayers(canvas: CanvasPage, edge: number, count: number): Promise<void> {
  const { page } = canvas;
  await canvas.drop('edit', [{ name: `${edge}.png`, bytes: await picture(edge) }]);
  await canvas.layers.first().waitFor();
  await canvas.canvas.focus();
  for (let n = 1; n < count; n++) {
    await canvas.layers.first().click();
    await canvas.canvas.focus();
    await page.keyboard.press('Control+j');
    await page.waitForFunction((wanted) => document.querySelectorAll('[role=treeitem]').length === wanted, n + 1);
  }
  // Each shows through, so that every layer below has to be drawn.
  await canvas.layers.first().click();
  await canvas.set('Opacity', 60).catch(() => undefined);
  await canvas.canvas.focus();
  await page.keyboard.press('b');
  await page.getByRole('button', { name: 'Paint', exact: true }).click();
  await page.waitForTimeout(1500);
}

const values = benchOptions('npm run bench -- canvas', 'The canvas in a browser: painting, undo, zoom and pan frame by frame, memory.', { strokes: { type: 'string', value: 'N', default: '1000', about: 'strokes painted' }, json: JSON_REPORT });
const dir = mkdtempSync(join(tmpdir(), 'ovis-bench-canvas-'));
const browser = await launch();
const rows: BenchRow[] = [];
try {
  const canvas = await CanvasPage.open(browser, dir, { width: 1600, height: 1000 });
  const { page } = canvas;
  await withLayers(canvas, 4096, 10);
  await page.locator('[role=toolbar][aria-label="Tool settings"]').getByRole('spinbutton', { name: /^Size/ }).fill('200');
  await page.keyboard.press('Enter');
  await canvas.canvas.focus();
  const middle = await canvas.at(2048, 2048);
  await page.mouse.move(middle.x, middle.y);
  const rest = await play(page, 'rest', 200);
  await page.mouse.down();
  await play(page, 'paint', 30);
  const painting = await play(page, 'paint', 400);
  await page.mouse.up();
  rows.push(...frameRows('painting 200 px on 4096² with ten layers', painting, rest));

  await page.keyboard.press('Control+2');
  const near = await canvas.at(2048, 2048);
  await page.mouse.move(near.x, near.y);
  await page.mouse.down();
  const close = await play(page, 'paint', 200);
  await page.mouse.up();
  rows.push(...frameRows('painting 200 px at 200 %', close, rest));
  await page.keyboard.press('Control+0');

  // A stroke over the whole canvas, and back.
  await canvas.drag(Array.from({ length: 10 }, (_, i) => [[100, 200 + i * 400], [4000, 400 + i * 400]] as const).flat());
  const undo = await undone(page);
  rows.push(
    plainRow('undo of a stroke over the whole 4096²: the first frame, p95', quantile(undo.first, 0.95), 'ms', undo.first.length),
    plainRow('undo of a stroke over the whole 4096²: until all of it is seen, p95', quantile(undo.whole, 0.95), 'ms', undo.whole.length),
    plainRow('undo of a stroke over the whole 4096²: the longest task of the page over 50 ms, 0 = none', undo.longest, 'ms', undo.whole.length, blockLimitMs),
  );

  const before = await pageMemory();
  const strokes = Number(values.strokes);
  await page.evaluate(async (count) => {
    const box = document.querySelector('[data-testid=canvas]') as HTMLElement & { setPointerCapture: (id: number) => void };
    const rect = box.getBoundingClientRect();
    // Made-up pointers cannot be captured.
    box.setPointerCapture = () => undefined;
    for (let n = 0; n < count; n++) {
      const at = (i: number): PointerEventInit => ({ bubbles: true, pointerId: 1, button: 0, buttons: 1, pressure: 0.5, clientX: rect.left + rect.width * (0.35 + 0.3 * ((n * 7919 + i * 13) % 97) / 97), clientY: rect.top + rect.height * (0.3 + 0.4 * ((n * 104729 + i * 17) % 89) / 89) });
      box.dispatchEvent(new PointerEvent('pointerdown', at(0)));
      for (let i = 1; i < 6; i++) box.dispatchEvent(new PointerEvent('pointermove', at(i)));
      box.dispatchEvent(new PointerEvent('pointerup', at(6)));
      await new Promise((resolve) => { requestAnimationFrame(resolve); });
    }
  }, strokes);
  await page.waitForTimeout(3000);
  const after = await pageMemory();
  rows.push(plainRow('memory of the pages with ten layers of 4096²', before / 2 ** 20, 'MiB', 1), plainRow(`memory gained by ${strokes} strokes`, (after - before) / 2 ** 20, 'MiB', strokes));
  await canvas.close();
  rmSync(dir, { recursive: true, force: true });

  const second = await CanvasPage.open(browser, mkdtempSync(join(tmpdir(), 'ovis-bench-canvas-')), { width: 1600, height: 1000 });
  await withLayers(second, 1024, 20);
  await play(second.page, 'zoom', 20);
  const still = await play(second.page, 'rest', 120);
  rows.push(...frameRows('zoom of 20 layers', await play(second.page, 'zoom', 240), still), ...frameRows('pan of 20 layers', await play(second.page, 'pan', 240), still));
  await second.close();
} finally {
  for (const one of rows) printRow(one);
  await browser.close();
  await removeData(dir);
}
if (values.json) console.log(JSON.stringify(makeReport(rows)));
