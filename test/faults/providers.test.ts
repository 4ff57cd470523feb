import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Providers } from '../../main/engine/providers.ts';
import { spawnNode } from '../../main/engine/spawnNode.ts';
import type { ProviderProbe } from '../../preload/contract/system.ts';

const entry = join(import.meta.dirname, '../helpers/probeEntry.ts');
let dir: string;
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'ovis-providers-')); });
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (how = '', timeoutMs = 60_000): Promise<Providers> =>
  Providers.open({ dataDir: dir, platform: 'linux', timeoutMs, spawn: spawnNode({ entry, env: { ...process.env, PROBE_HOW: how } }) });
const of = (providers: Providers, name: string): ProviderProbe | undefined => providers.state().probes.find(({ provider }) => provider === name);

describe('testing providers', () => {
  it('nothing is tested unasked; the processor is used until something is', async () => {
    const providers = await open();
    expect(providers.state()).toMatchObject({ chosen: 'cpu', reason: expect.stringContaining('Test the others'), probes: [{ provider: 'cpu', state: 'untested' }, { provider: 'webgpu' }, { provider: 'cuda' }] });
  });

  it('chooses the fastest that is right, and remembers it', async () => {
    const providers = await open();
    await providers.probe('cpu');
    expect(await providers.probe('webgpu')).toMatchObject({ chosen: 'webgpu' });
    expect(of(providers, 'webgpu')).toMatchObject({ state: 'right', attention: 'fused', report: { gigaflops: 100 } });
    expect((await open()).state()).toMatchObject({ chosen: 'webgpu', reason: expect.stringContaining('100 GFLOP/s') });
  });

  it.each([
    ['abort', 'crashed'], ['kill', 'crashed'], ['garbage', 'crashed'], ['nonsense', 'crashed'], ['missing', 'absent'], ['wrong product', 'wrong'],
  ])('a provider that does this on its test, %s, is %s and not chosen', async (how, state) => {
    const providers = await open(how);
    await providers.probe('cpu');
    expect((await providers.probe('webgpu')).chosen).toBe('cpu');
    expect(of(providers, 'webgpu')).toMatchObject({ state, reason: expect.any(String) });
    // Not until asked: a new start only reads what is known.
    expect(of(await open(), 'webgpu')).toMatchObject({ state });
    // Asked, it may have been repaired.
    const repaired = await open();
    expect((await repaired.probe('webgpu')).chosen).toBe('webgpu');
  });

  it('one that hangs is ended', async () => {
    const providers = await open('hang', 1_500);
    await providers.probe('webgpu');
    expect(of(providers, 'webgpu')).toMatchObject({ state: 'crashed', reason: expect.stringMatching(/did not answer|ended/) });
    expect(providers.state()).toMatchObject({ chosen: 'cpu', reason: expect.stringContaining('nothing was found to compute rightly') });
  });

  it('wrong fused attention is written out instead', async () => {
    const providers = await open('wrong attention');
    await providers.probe('webgpu');
    expect(of(providers, 'webgpu')).toMatchObject({ state: 'right', attention: 'decomposed', reason: expect.stringContaining('written out') });
  });

  it('a test that took the studio down counts as a crash; a file that is none, as nothing', async () => {
    writeFileSync(join(dir, 'providers.json'), JSON.stringify({ probes: [{ provider: 'webgpu', state: 'testing', reason: null, testedAt: 5, report: null, attention: null }, { provider: 'dance' }] }));
    expect(of(await open(), 'webgpu')).toMatchObject({ state: 'crashed' });
    writeFileSync(join(dir, 'providers.json'), '{"probes":');
    expect(of(await open(), 'webgpu')).toMatchObject({ state: 'untested' });
    await (await open()).probe('cpu');
    expect(JSON.parse(readFileSync(join(dir, 'providers.json'), 'utf8'))).toMatchObject({ probes: [{ provider: 'cpu', state: 'right' }] });
  });

  it('refuses one that this system cannot have', async () => {
    await expect((await open()).probe('dml')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('the real self-test', () => {
  it('finds the processor right, and a card that is not there absent', async () => {
    const providers = await Providers.open({ dataDir: dir, platform: 'linux', spawn: spawnNode() });
    await providers.probe('cpu');
    expect(of(providers, 'cpu')).toMatchObject({ state: 'right', attention: 'fused' });
    expect(of(providers, 'cpu')?.report?.matrixProduct).toBeLessThan(1e-6);
    expect(of(providers, 'cpu')?.report?.halfConvolution).toBeLessThan(0.01);
    await providers.probe('cuda');
    expect(of(providers, 'cuda')?.state).not.toBe('right');
  });
});
