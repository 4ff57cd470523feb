/** Downloads a model onto a disk that is too small from the start, then onto one that fills up on the way; frees it, and goes on. Prints what happened as JSON. */
import { existsSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openModels } from '../../main/models/openModels.ts';
import { toFailure } from '../../main/errors.ts';
import { startHub } from './hub.ts';

const [dir = ''] = process.argv.slice(2);
const golden = join(import.meta.dirname, '../fixtures/golden/dev_a');
const repo = 'AIDC-AI/Ovis-U1-3B';
const modelId = 'aidc-ai--ovis-u1-3b';
const ballast = join(dir, 'ballast');
/** Leaves this much. */
const fill = (leave: number): void => {
  rmSync(ballast, { force: true });
  const { bavail, bsize } = statfsSync(dir);
  writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - leave)));
};

const hub = await startHub({ dir: golden, bytesPerSecond: 2_000_000 });
const { installs, hub: settings } = await openModels({ dataDir: dir, builtInDir: golden, chosen: () => 'toybox', publish: () => undefined, timing: { segmentBytes: 200_000, saveMs: 100, firstWaitMs: 5 } });
await settings.change({ endpoint: hub.endpoint });

fill(1_000_000);
const before = await installs.install({ repo }).then(() => null, (error: unknown) => toFailure(error));
const tooSmall = installs.list()[0];

rmSync(ballast);
await installs.resume(modelId);
while ((installs.list()[0]?.doneBytes ?? 0) < 300_000) await new Promise((done) => setTimeout(done, 5));
fill(100_000);
const onTheWay = await installs.ended(modelId);

rmSync(ballast, { force: true });
hub.bytesPerSecond = undefined;
await installs.resume(modelId);
const left = await installs.ended(modelId);
const path = join(dir, 'models', modelId, 'model.safetensors');
console.log(JSON.stringify({ before, tooSmall, onTheWay, left: left ?? null, same: existsSync(path) && readFileSync(path).equals(readFileSync(join(golden, 'model.safetensors'))) }));
await installs.close();
await hub.close();
