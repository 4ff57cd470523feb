// The bundle of what `npm start` runs: where it lies, and whether it is whole and still what the sources say. Plain JavaScript, for the launcher.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const bundleFolder = join(root, 'out/host');
export const bundle = join(bundleFolder, 'start.js');
/** The sums of its files, written last. */
export const sumsName = 'sums.json';

const sources = ['main', 'native', 'preload/contract', 'package.json', 'package-lock.json'];

/** `fresh`: made after the last change of any source, and as it was made. `stale`: there is none, or an older one. `damaged`: not as it was made. */
export function bundleState() {
  const made = statSync(join(bundleFolder, sumsName), { throwIfNoEntry: false })?.mtimeMs;
  if (made === undefined || !sources.every((source) => isOlder(join(root, source), made))) return 'stale';
  return isWhole() ? 'fresh' : 'damaged';
}

/** Whether nothing at or under a path was changed after a time, tests aside. */
export function isOlder(path, than) {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return true;
  // A file that was taken away shows in its folder's own time.
  if (facts.mtimeMs > than) return false;
  return !facts.isDirectory() || readdirSync(path).every((name) => name.includes('.test.') || isOlder(join(path, name), than));
}

function isWhole() {
  try {
    const sums = Object.entries(JSON.parse(readFileSync(join(bundleFolder, sumsName), 'utf8')));
    return sums.length > 0 && sums.every(([file, sum]) => createHash('sha256').update(readFileSync(join(bundleFolder, file))).digest('hex') === sum);
  } catch {
    return false;
  }
}
