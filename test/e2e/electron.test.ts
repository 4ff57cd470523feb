/** The desktop app itself, where its binary is there. Anywhere else it is skipped, and says so: that one skip is no failure of a build. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron } from '@playwright/test';
import { afterAll, describe, expect, it } from 'vitest';
import { electronBinary, noWindowReason } from '../../main/cli/electronApp.ts';
import { buildDesktop, root } from '../../main/cli/pageBuild.ts';
import { removeData } from './studioHost.ts';

const binary = electronBinary();
const reason = noWindowReason() ?? (binary === undefined ? 'Electron\'s binary is not installed (npx install-electron fetches it)' : undefined);
if (reason !== undefined) console.warn(`the desktop app is not tested: ${reason}`);

const shots = join(root, 'out/e2e');
const data = mkdtempSync(join(tmpdir(), 'ovis-electron-'));
afterAll(() => removeData(data));

describe.skipIf(reason !== undefined)('the desktop app', () => {
  it('opens its window on its own scheme, draws, and closes', async () => {
    mkdirSync(shots, { recursive: true });
    await buildDesktop(() => undefined);
    const app = await _electron.launch({ executablePath: binary ?? '', args: [root], env: { ...process.env, OVIS_STUDIO_DATA: data } as Record<string, string> });
    try {
      const page = await app.firstWindow();
      await page.waitForSelector('html[data-ready]', { timeout: 60_000 });
      expect(new URL(page.url()).origin).toBe('studio://app');
      // Nothing of Node, and nothing of ours but the way to a port.
      expect(await page.evaluate(() => [typeof (window as { require?: unknown }).require, Object.keys((window as { studio?: object }).studio ?? {})])).toEqual(['undefined', ['connect']]);
      await page.keyboard.press('1');
      await page.keyboard.press('Control+Enter');
      await page.getByTestId('job-strip').getByText(/Step|Nothing running/).first().waitFor({ timeout: 60_000 });
      await page.screenshot({ path: join(shots, 'electron.png') });
    } finally {
      await app.close();
    }
  }, 180_000);
});
