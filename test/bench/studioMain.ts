import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { fillHistory } from '../helpers/historyRows.ts';
import { plainRow, quantile, type BenchRow } from './support/report.ts';
import { startChild, untilEnded, type StudioChild } from './support/studioChild.ts';

/** The main process of a running studio: how fast it answers, how long it is ever held up, and whether it grows. */

const blockLimitMs = 50;
const generations = 500;
/** Until then V8 still compiles: half of what the heap grows by after a hundred generations is code. */
const warmUp = 200;

async function inFolder<T>(prefix: string, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function draw({ client }: StudioChild, seed: number, size: { readonly width: number; readonly height: number; readonly steps: number }): Promise<void> {
  const [job] = await client.jobs.submit({ requests: [{ kind: 'textToImage', prompt: 'a red cube', seed, ...size }] });
  const state = await untilEnded(client, job?.id ?? '');
  if (state !== 'done') throw new Error(`a generation ended as ${state}`);
}

/** A call there and its answer back, over the WebSocket of the loopback host. */
export async function benchContract(): Promise<BenchRow[]> {
  return inFolder('ovis-bench-contract-', async (dir) => {
    const child = await startChild(dir);
    try {
      const ms: number[] = [];
      for (let i = 0; i < 2_200; i++) {
        const started = performance.now();
        await child.client.system.engine();
        if (i >= 200) ms.push(performance.now() - started);
      }
      const upload: number[] = [];
      for (let i = 0; i < 20; i++) {
        const png = await sharp({ create: { width: 1024, height: 1024, channels: 3, background: { r: i, g: 90, b: 120 }, noise: { type: 'gaussian', mean: 120, sigma: 20 } } }).png().toBuffer();
        const started = performance.now();
        await child.client.assets.upload({ file: new Blob([new Uint8Array(png)]) });
        upload.push(performance.now() - started);
      }
      return [
        plainRow('contract round trip, median', quantile(ms, 0.5), 'ms', ms.length),
        plainRow('contract round trip, p95', quantile(ms, 0.95), 'ms', ms.length),
        plainRow('upload of a noisy 1024² PNG, checked, hashed, stored with thumbnail, median', quantile(upload, 0.5), 'ms', upload.length),
      ];
    } finally {
      await child.close();
    }
  });
}

/** The longest time that main could not answer, while it draws, imports, and searches. */
export async function benchBlocking(): Promise<BenchRow[]> {
  return inFolder('ovis-bench-main-', async (dir) => {
    const folder = join(dir, 'pictures');
    const data = join(dir, 'data');
    await writePictures(folder, 200);
    fillHistory(data, { rows: 100_000 });
    const child = await startChild(data);
    try {
      const rows: BenchRow[] = [];
      const held = async (name: string, n: number, work: () => Promise<unknown>): Promise<void> => {
        child.reset();
        await work();
        const { longestMs, ownMs } = await child.read();
        rows.push(plainRow(`main held up during ${name}, longest`, longestMs, 'ms', n, blockLimitMs), plainRow(`main held up during ${name}, longest of its own work`, ownMs, 'ms', n, blockLimitMs));
      };
      await held('a generation with previews', 1, () => draw(child, 1, { width: 256, height: 256, steps: 50 }));
      await held('an import of 200 pictures', 200, () => child.client.gallery.importFolder({ dir: folder }));
      await held('searches in 100,000 rows', 50, async () => {
        for (let i = 0; i < 50; i++) await Promise.all([child.client.gallery.search({ filter: { text: 'red cube' }, limit: 300 }), child.client.gallery.timeline({ filter: { text: 'red' } })]);
      });
      return rows;
    } finally {
      await child.close();
    }
  });
}

async function writePictures(folder: string, count: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const background = { r: i, g: 255 - i, b: (i * 7) % 256 };
    writeFileSync(join(folder, `${i}.jpg`), await sharp({ create: { width: 1600, height: 1200, channels: 3, background, noise: { type: 'gaussian', mean: 120, sigma: 12 } } }).jpeg().toBuffer());
  }
}

/** Memory of main and of the engine: what 500 generations add, and what another 500 add, which tells a leak from filling what is bounded. */
export async function benchMemory(): Promise<BenchRow[]> {
  return inFolder('ovis-bench-memory-', async (dir) => {
    const child = await startChild(dir);
    try {
      let seed = 0;
      const memoryAfter = async (count: number): Promise<{ readonly heap: number; readonly private: number; readonly engine: number }> => {
        for (; seed < count; seed++) await draw(child, seed, { width: 64, height: 64, steps: 2 });
        const [{ heap, private: own }, engine] = [await child.read(), await child.client.system.engine()];
        return { heap, private: own, engine: engine.memoryBytes ?? 0 };
      };
      const first = await memoryAfter(warmUp);
      const second = await memoryAfter(warmUp + generations);
      const third = await memoryAfter(warmUp + 2 * generations);
      const growth = (name: string, part: keyof typeof first): BenchRow[] => [
        plainRow(`${name} grown between generation ${warmUp} and ${warmUp + generations}`, (100 * (second[part] - first[part])) / first[part], '%', generations, 5),
        plainRow(`${name} grown from there to ${warmUp + 2 * generations}`, (100 * (third[part] - second[part])) / second[part], '%', generations, 5),
      ];
      return [
        ...growth('heap of main, collected before both readings,', 'heap'),
        ...growth('private memory of main', 'private'),
        ...growth('memory of the engine', 'engine'),
        plainRow('private memory of main', third.private / 2 ** 20, 'MiB', 1),
        plainRow('memory of the engine', third.engine / 2 ** 20, 'MiB', 1),
      ];
    } finally {
      await child.close();
    }
  });
}
