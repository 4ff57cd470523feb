/** Pages on fake services, for tests of what a page does by itself: one browser for a file, nothing left behind, and no error in the page. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { build, root } from '../../main/cli/pageBuild.ts';
import { launch } from './browser.ts';
import { startFakeHost, type FakeHost } from './fakeHost.ts';
import { shots } from './studioPage.ts';

const fakePage = {
  what: 'the page on fake services',
  built: join(root, 'out/renderer-fake/fake.html'),
  sources: ['renderer', 'preload/contract', 'package.json'],
  command: ['node_modules/vite/bin/vite.js', 'build', '--config', 'renderer/vite.config.ts', '--mode', 'fake', '--logLevel', 'error'],
} as const;

export interface FakePages {
  /** A page whose services are as the query says: `history=120&stepMs=100`. */
  readonly open: (query: string, width?: number, height?: number) => Promise<Page>;
}

/** Called in a `describe`. */
export function fakePages(): FakePages {
  let host: FakeHost;
  let browser: Browser;
  let context: BrowserContext | undefined;
  const problems: string[] = [];

  beforeAll(async () => {
    mkdirSync(shots, { recursive: true });
    await build(fakePage, () => undefined);
    host = await startFakeHost();
    browser = await launch();
  }, 120_000);
  afterEach(async () => {
    await context?.close();
    expect(problems.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await host?.close();
  });
  return {
    open: async (query, width = 1440, height = 900) => {
      context = await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce' });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()); });
      await page.goto(`${host.url}?${query}`);
      await page.waitForSelector('html[data-ready]');
      return page;
    },
  };
}

export const place = (page: Page, name: string): Promise<void> => page.getByRole('navigation', { name: 'Places' }).getByRole('button', { name }).click();
export const strip = (page: Page) => page.getByTestId('job-strip');
