/** Pages for the canvas's tests: one browser and one studio for a file, a project of its own for each page, and nothing left behind. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from '@playwright/test';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { launch, skipReason } from './browser.ts';
import { CanvasPage, newDataDir } from './canvasPage.ts';
import type { WindowSize } from './canvasPage.ts';
import { removeData, startStudio } from './studioHost.ts';
import type { StudioProcess } from './studioHost.ts';

const toybox = existsSync(join(import.meta.dirname, '../../resources/models/toybox/config.json'));
/** Why the tests are skipped; undefined = they run. */
export const skipped = skipReason() ?? (toybox ? undefined : 'no built-in model');

export interface CanvasPages {
  /** A page on an empty canvas, in the studio that the file shares. */
  readonly open: (size?: WindowSize) => Promise<CanvasPage>;
  /** One more page on the project that is open, as another window or person has it. */
  readonly another: () => Promise<CanvasPage>;
  /** A studio by itself: to be killed, limited, or opened again on the same folder. */
  readonly alone: (dir: string) => Promise<CanvasPage>;
  /** A folder that goes with the tests. */
  readonly dir: () => string;
}

/** Called in a `describe`: however a test ends, its pages and its own studios end with it. */
export function canvasPages(): CanvasPages {
  let browser: Browser;
  let shared: StudioProcess | undefined;
  const dirs: string[] = [];
  const pages: CanvasPage[] = [];
  const own: StudioProcess[] = [];
  const dir = (): string => {
    const made = newDataDir();
    dirs.push(made);
    return made;
  };
  const opened = async (studio: StudioProcess, size?: WindowSize): Promise<CanvasPage> => {
    const page = await CanvasPage.on(browser, studio, size);
    pages.push(page);
    return page;
  };

  beforeAll(async () => { browser = await launch(); });
  afterEach(async () => {
    const closed = await Promise.allSettled(pages.splice(0).map((page) => page.close()));
    await Promise.all(own.splice(0).map((studio) => studio.stop()));
    const bad = closed.find((one) => one.status === 'rejected');
    if (bad !== undefined) throw bad.reason;
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await shared?.stop();
    await Promise.all(dirs.map(removeData));
  }, 60_000);
  return {
    dir,
    open: async (size) => {
      shared ??= await startStudio(dir());
      const page = await opened(shared, size);
      await page.newProject();
      return page;
    },
    another: async () => {
      if (shared === undefined) throw new Error('no page is open yet');
      return opened(shared);
    },
    alone: async (at) => {
      const studio = await startStudio(at);
      own.push(studio);
      return opened(studio);
    },
  };
}
