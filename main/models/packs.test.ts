import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { spawnNode, type SpawnEngine } from '../engine/spawnNode.ts';
import { Packs } from './packs.ts';

const dir = resolve('test/fixtures/golden/dev_a');
let packedDir: string;
beforeEach(() => { packedDir = mkdtempSync(join(tmpdir(), 'ovis-packs-')); });
afterEach(() => rmSync(packedDir, { recursive: true, force: true }));

it('packing that is asked for several times at once is begun once', async () => {
  let begun = 0;
  const spawn: SpawnEngine = (handlers) => {
    begun += 1;
    return spawnNode()(handlers);
  };
  const packs = new Packs({ models: { dirOf: async () => dir, packedDirOf: () => packedDir }, spawn, threads: () => 1, tell: () => undefined, changed: () => undefined });
  const asked = await Promise.all([packs.start('golden', 'q4', 0), packs.start('golden', 'q4', 0)]);
  expect(asked.map(({ precision }) => precision)).toEqual(['q4', 'q4']);
  expect(begun).toBe(1);
  // Both have to wait until the former one has stopped.
  const instead = await Promise.all([packs.start('golden', 'int8', 0), packs.start('golden', 'int8', 0)]);
  expect(instead.map(({ precision, state }) => [precision, state])).toEqual([['int8', 'packing'], ['int8', 'packing']]);
  await packs.ended('golden');
  expect(begun).toBe(2);
  expect(packs.of('golden')).toBeNull();
  expect(await packs.diskBytes('golden', 'int8')).toBeGreaterThan(0);
  await packs.close();
}, 60_000);
