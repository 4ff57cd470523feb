/** A page of a running studio in a real browser, held to account for its errors and for whom it calls. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { expect } from 'vitest';
import { removeData, startStudio, type StudioProcess } from './studioHost.ts';

export const shots = join(import.meta.dirname, '../../out/e2e');

/** A machine that does other things as well takes its time. */
export const soon = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 60_000, interval: 100 });

const dirs: string[] = [];

/** A data folder that `removeDirs` takes away. */
export function dataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ovis-e2e-'));
  dirs.push(dir);
  return dir;
}

export async function removeDirs(): Promise<void> {
  await Promise.all(dirs.splice(0).map(removeData));
}

export interface StudioPage {
  readonly studio: StudioProcess;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Ends page and studio; fails where the page met an error or called anybody but the studio. */
  close(): Promise<void>;
}

/** Starts a studio on a data folder and opens its page. */
export async function openStudioPage(browser: Browser, dir: string): Promise<StudioPage> {
  const studio = await startStudio(dir);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', acceptDownloads: true, colorScheme: 'dark' });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const { origin } = new URL(studio.link);
  const [strangers, problems]: string[][] = [[], []] as never;
  page.on('request', (request) => { if (!request.url().startsWith(origin) && !/^(blob|data):/.test(request.url())) strangers!.push(request.url()); });
  page.on('pageerror', (error) => problems!.push(error.message));
  await page.goto(studio.link);
  await page.waitForSelector('html[data-ready]');
  return {
    studio, context, page,
    close: async () => {
      await context.close();
      await studio.stop();
      expect(problems).toEqual([]);
      expect(strangers).toEqual([]);
    },
  };
}
