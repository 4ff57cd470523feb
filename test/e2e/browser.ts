/** Finds a browser for end-to-end tests: STUDIO_CHROMIUM, Playwright's own download, then the system's. */
import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';
import type { Browser } from '@playwright/test';

const system = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

export function browserPath(): string | undefined {
  const named = process.env['STUDIO_CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  return [chromium.executablePath(), ...system].find((path) => path !== '' && existsSync(path));
}

/** Why the tests are skipped, said where reporters do not hide it; required ones fail instead. */
export function skipReason(): string | undefined {
  if (browserPath() !== undefined) return undefined;
  const reason = 'end-to-end tests skipped: no Chromium (set STUDIO_CHROMIUM, or install one)';
  if (process.env['STUDIO_REQUIRE_BROWSER'] === '1') throw new Error(reason);
  console.warn(reason);
  return reason;
}

export function launch(): Promise<Browser> {
  const executablePath = browserPath();
  return chromium.launch(executablePath === undefined ? {} : { executablePath });
}
