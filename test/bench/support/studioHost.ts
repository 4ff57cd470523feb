/** The studio as `npm start` runs it, in a process of its own, that also tells how long its main thread was held up and what memory it holds. */
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { spawnNode } from '../../../main/engine/spawnNode.ts';
import { openParts } from '../../../main/parts.ts';
import { openStudio } from '../../../main/studio.ts';
import { startLoopback } from '../../../main/transport/loopback.ts';
import { readMemory } from './memory.ts';

const root = join(import.meta.dirname, '../../..');
const [dataDir = ''] = process.argv.slice(2);
const studio = await openStudio({ dataDir, builtInDir: join(root, 'resources/models/toybox'), version: 'bench', host: 'browser', spawn: spawnNode(), openParts });
const host = await startLoopback({ handler: studio.handler, resources: studio.resources, pageDir: join(root, 'out/renderer') });

/** Timers are due this often; what is later than that was held up. */
const tickMs = 5;
let last = performance.now();
let cpu = process.threadCpuUsage();
let longestMs = 0;
let ownMs = 0;

setInterval(() => {
  const now = performance.now();
  const used = process.threadCpuUsage(cpu);
  const late = now - last - tickMs;
  if (late > longestMs) longestMs = late;
  // The part of it that this thread worked: the rest, other programs had the processor.
  ownMs = Math.max(ownMs, Math.min(late, (used.user + used.system) / 1000));
  cpu = process.threadCpuUsage();
  last = performance.now();
}, tickMs);

/** Collects until nothing more goes: what one collection finalises, and code out of use, only the next ones take. */
async function collectedHeap(): Promise<number> {
  for (let heap = Infinity; ;) {
    globalThis.gc?.();
    await tick();
    const { heapUsed } = process.memoryUsage();
    if (heapUsed > heap * 0.999) return heapUsed;
    heap = heapUsed;
  }
}

process.on('message', (message: unknown) => {
  if (message === 'reset') longestMs = ownMs = 0;
  if (message === 'read') void collectedHeap().then((heap) => process.send?.({ longestMs, ownMs, heap, private: readMemory()?.private ?? 0 }));
  if (message === 'close') void host.close().then(() => studio.close()).then(() => process.exit(0));
});
process.send?.({ link: host.link(), origin: host.origin, secret: host.secret });
