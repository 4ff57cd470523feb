/// <reference lib="dom" />
/** The canvas in a real browser: `npm run bench -- canvas [--json]`. Frame times come from the page; nothing is asserted here. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { launch } from '../e2e/browser.ts';
import { CanvasPage } from '../e2e/canvasPage.ts';
import { removeData } from '../e2e/studioHost.ts';
import { makeReport, printRow } from './support/report.ts';
import type { BenchRow } from './support/report.ts';

const frameLimitMs = 16.7;
const slowLimitMs = 33;

interface Frames {
  /** Script and drawing of a frame. */
  readonly work: number[];
  /** From one frame to the next. */
  readonly intervals: number[];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function row(name: string, value: number, unit: string, n: number, atLeast: number | null = null): BenchRow {
  return { name, value, unit, baseline: null, ratio: null, ci: null, n, atLeast, aim: atLeast === null ? null : 1 };
}

function frameRows(name: string, { work, intervals }: Frames): BenchRow[] {
  const within = (limit: number, list: readonly number[]): number => list.filter((ms) => ms <= limit).length / list.length;
  return [
    row(`${name}: work of a frame, p95`, quantile(work, 0.95), 'ms', work.length),
    row(`${name}: work of a frame, p99`, quantile(work, 0.99), 'ms', work.length),
    row(`${name}: frames whose work fits ${frameLimitMs} ms`, within(frameLimitMs, work), 'share', work.length, 0.95),
    row(`${name}: frames whose work fits ${slowLimitMs} ms`, within(slowLimitMs, work), 'share', work.length, 0.99),
    row(`${name}: from frame to frame, p95`, quantile(intervals, 0.95), 'ms', intervals.length),
    row(`${name}: from frame to frame, p99`, quantile(intervals, 0.99), 'ms', intervals.length),
  ];
}

/** Plays a gesture in the page, one event a frame, and times every frame. `kind` paints within a pressed pointer or turns the wheel. */
function play(page: Page, kind: 'paint' | 'zoom' | 'pan', frames: number): Promise<Frames> {
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
      else box.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: x, clientY: y, shiftKey: true, deltaY: i % 60 < 30 ? -24 : 24 }));
      handling += performance.now() - began;
    }
    stage.onFrame = undefined;
    return { work, intervals };
  }, [kind, frames] as const);
}

/** Resident memory of the browser and its children; 0 where the system does not list it. */
function browserMemory(): number {
  let bytes = 0;
  try {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')) continue;
        bytes += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
      } catch {
        // The process ended between the two looks.
      }
    }
  } catch {
    return 0;
  }
  return bytes;
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

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, strokes: { type: 'string', default: '1000' } } });
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
  await page.mouse.down();
  await play(page, 'paint', 30);
  const painting = await play(page, 'paint', 400);
  await page.mouse.up();
  rows.push(...frameRows('painting 200 px on 4096² with ten layers', painting));

  await page.keyboard.press('Control+2');
  const near = await canvas.at(2048, 2048);
  await page.mouse.move(near.x, near.y);
  await page.mouse.down();
  const close = await play(page, 'paint', 200);
  await page.mouse.up();
  rows.push(...frameRows('painting 200 px at 200 %', close).slice(0, 2));
  await page.keyboard.press('Control+0');

  // A stroke over the whole canvas, and back.
  await canvas.drag(Array.from({ length: 10 }, (_, i) => [[100, 200 + i * 400], [4000, 400 + i * 400]] as const).flat());
  const undo = await page.evaluate(async () => {
    const stage = (globalThis as never as { ovisStage: { onFrame: ((ms: number) => void) | undefined } }).ovisStage;
    const times: number[] = [];
    for (let n = 0; n < 10; n++) {
      const done = new Promise<number>((resolve) => { const began = performance.now(); stage.onFrame = () => resolve(performance.now() - began); });
      window.dispatchEvent(new KeyboardEvent('keydown', n % 2 === 0 ? { key: 'z', code: 'KeyZ', ctrlKey: true } : { key: 'Z', code: 'KeyZ', ctrlKey: true, shiftKey: true }));
      const ms = await done;
      if (n % 2 === 0) times.push(ms);
      await new Promise((resolve) => { setTimeout(resolve, 300); });
    }
    stage.onFrame = undefined;
    return times;
  });
  rows.push(row('undo of a stroke over the whole 4096², p95', quantile(undo, 0.95), 'ms', undo.length));

  const before = browserMemory();
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
  const after = browserMemory();
  rows.push(row('memory of the page with ten layers of 4096²', before / 2 ** 20, 'MiB', 1), row(`memory gained by ${strokes} strokes`, (after - before) / 2 ** 20, 'MiB', strokes));
  await canvas.close();
  rmSync(dir, { recursive: true, force: true });

  const second = await CanvasPage.open(browser, mkdtempSync(join(tmpdir(), 'ovis-bench-canvas-')), { width: 1600, height: 1000 });
  await withLayers(second, 1024, 20);
  await play(second.page, 'zoom', 20);
  rows.push(...frameRows('zoom of 20 layers', await play(second.page, 'zoom', 240)), ...frameRows('pan of 20 layers', await play(second.page, 'pan', 240)));
  await second.close();
} finally {
  for (const one of rows) printRow(one);
  await browser.close();
  await removeData(dir);
}
if (values.json) console.log(JSON.stringify(makeReport(rows)));
