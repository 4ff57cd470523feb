import os from 'node:os';
import { createEngine } from '../../../native/index.ts';
import type { RgbImage } from '../../../native/types.ts';
import { median, plainRow, type BenchRow } from './report.ts';

/** How long a person waits for the built-in model on this machine, in milliseconds. */

const REPEATS = 7;
const MOST = { textToImage: 1500, edit: 3000, firstWord: 300, coldLoad: 1500 };

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function medianOf(work: () => Promise<number>): Promise<number> {
  await work();
  const all: number[] = [];
  for (let i = 0; i < REPEATS; i++) all.push(await work());
  return median(all);
}

/** Text to image and an edit at the model's own size and steps, an answer's first word, and loading into the first picture's networks. */
export async function speedRows(dir: string, image: RgbImage): Promise<BenchRow[]> {
  const threads = Math.min(2, os.availableParallelism());
  const loads: number[] = [];
  for (let i = 0; i < 3; i++) {
    const started = performance.now();
    const engine = await createEngine(dir, { threads });
    const opened = performance.now() - started;
    const { timingsMs } = await engine.generate({ kind: 'textToImage', prompt: 'a red cube', steps: 1 });
    loads.push(opened + (timingsMs['load'] ?? 0));
    await engine.dispose();
  }
  const engine = await createEngine(dir, { threads });
  try {
    const draw = await medianOf(() => timed(() => engine.generate({ kind: 'textToImage', prompt: 'a red cube on grass' })));
    const edit = await medianOf(() => timed(() => engine.generate({ kind: 'edit', prompt: 'make the object blue', image })));
    const firstWord = await medianOf(async () => {
      const { timingsMs } = await engine.understand({ prompt: 'What color is the object?', images: [image], maxTokens: 4 });
      return (timingsMs['encode'] ?? 0) + (timingsMs['firstToken'] ?? 0);
    });
    return [
      plainRow('speed: text to image', draw, 'ms', REPEATS, MOST.textToImage),
      plainRow('speed: edit', edit, 'ms', REPEATS, MOST.edit),
      plainRow('speed: first word of an answer', firstWord, 'ms', REPEATS, MOST.firstWord),
      plainRow('speed: cold load', median(loads), 'ms', loads.length, MOST.coldLoad),
    ];
  } finally {
    await engine.dispose();
  }
}
