/** The studio's models beside a hub on this machine, fresh for every test. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { NewEvent } from '../../preload/contract/events.ts';
import type { Install } from '../../preload/contract/models.ts';
import { openModels, type Models } from '../../main/models/openModels.ts';
import type { Timing } from '../../main/models/timing.ts';
import { startHub, type FakeHub, type HubOptions } from './hub.ts';

export const golden = join(import.meta.dirname, '../fixtures/golden/dev_a');
export const repo = 'AIDC-AI/Ovis-U1-3B';
export const modelId = 'aidc-ai--ovis-u1-3b';
export const quick: Partial<Timing> = { stallMs: 300, firstWaitMs: 5, longestWaitMs: 40, attempts: 4, longestRetryAfterMs: 3_000, segmentBytes: 200_000, saveMs: 250, tellMs: 20 };
export const signal = new AbortController().signal;
export const sumOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

// Of the running test; importers see each new one.
export let dir: string;
export let hub: FakeHub;
export let studio: Models;
export let events: NewEvent[];

/** Opens the studio's models, anew where they were closed. */
export async function open(timing: Partial<Timing> = quick): Promise<void> {
  studio = await openModels({ dataDir: dir, builtInDir: golden, chosen: () => 'toybox', publish: (event) => events.push(event), timing });
}
export async function withHub(options: Partial<HubOptions> = {}): Promise<void> {
  hub = await startHub({ dir: golden, ...options });
  await studio.hub.change({ endpoint: hub.endpoint });
}
/** How it stands once it runs no more; undefined = installed. */
export async function settled(): Promise<Install | undefined> {
  return studio.installs.ended(modelId);
}
export async function install(): Promise<Install | undefined> {
  await studio.installs.install({ repo });
  return settled();
}
export const model = async () => (await studio.models.list()).find(({ id }) => id === modelId);
/** It is installed with the bytes that the hub gave, and nothing is left beside it. */
export const whole = (): void => {
  expect(sumOf(join(dir, 'models', modelId, 'model.safetensors'))).toBe(sumOf(join(golden, 'model.safetensors')));
  expect(readdirSync(join(dir, 'models'))).toEqual([modelId]);
};

/** Before and after every test of the file that calls it. */
export function freshStudio(): void {
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'ovis-hub-'));
    events = [];
    await open();
  });
  afterEach(async () => {
    await studio.installs.close();
    await hub?.close();
    rmSync(dir, { recursive: true, force: true });
  });
}
