/** `npm start`, until the window exists: draws a first picture with the built-in model and says where it is. */
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { checkWritable } from '../writeFile.ts';
import { generate } from './commands/generate.ts';
import { runCommand } from './command.ts';
import { processIo } from './io.ts';

const firstPrompt = 'a red cube';
/** Fixed, so that everybody's first picture is the same. */
const firstSeed = '42';

/** ./out where that can be written, otherwise the system's temporary folder. */
async function targetPath(): Promise<string> {
  const here = resolve('out', 'first-picture.png');
  try {
    await mkdir(resolve('out'), { recursive: true });
    await checkWritable(here);
    return here;
  } catch {
    return resolve(tmpdir(), 'ovis-studio-first-picture.png');
  }
}

const io = processIo();
const prompt = process.argv.slice(2).join(' ').trim() || firstPrompt;
io.stderr.write(`The window is not built yet. Drawing "${prompt}" with the built-in model:\n`);
process.exitCode = await runCommand(generate, ['--out', await targetPath(), '--seed', firstSeed, '--', prompt], io);
await io.imaging.close();
if (process.exitCode === 0) io.stderr.write('More: npm run studio -- --help\n');
