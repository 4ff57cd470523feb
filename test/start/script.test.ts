/** The README's script, word for word, against a studio that runs. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { startStudio } from '../e2e/studioHost.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

// The built-in model is made by its own recipe; a copy without it draws nothing.
it.runIf(existsSync(join(root, 'resources/models/toybox/config.json')))('the script of the README draws', async () => {
  const script = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
  const dir = mkdtempSync(join(tmpdir(), 'ovis-script-'));
  const studio = await startStudio(join(dir, 'data'));
  try {
    writeFileSync(join(dir, 'draw.mjs'), script);
    await run(process.execPath, ['draw.mjs'], { cwd: dir, env: { ...process.env, OVIS_STUDIO_DATA: join(dir, 'data') } });
    const { width, height, format } = await sharp(join(dir, 'cube.png')).metadata();
    const { sizes } = JSON.parse(readFileSync(join(root, 'resources/models/toybox/studio.json'), 'utf8')) as { sizes: number[][] };
    expect({ size: [width, height], format }).toEqual({ size: sizes[0], format: 'png' });
  } finally {
    await studio.stop();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}, 120_000);
