// The bundle of what `npm start` runs: where it lies, and whether it is still what the sources say. Plain JavaScript, for the launcher.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const bundleFolder = join(root, 'out/host');
export const bundle = join(bundleFolder, 'start.js');

const sources = ['main', 'native', 'preload/contract', 'package.json', 'package-lock.json'];

/** Whether the bundle was made after the last change of any source. */
export function isBundleFresh() {
  const made = statSync(bundle, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && sources.every((source) => isOlder(join(root, source), made));
}

function isOlder(path, than) {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return true;
  // A file that was taken away shows in its folder's own time.
  if (facts.mtimeMs > than) return false;
  return !facts.isDirectory() || readdirSync(path).every((name) => name.includes('.test.') || isOlder(join(path, name), than));
}
