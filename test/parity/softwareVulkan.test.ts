/** The golden numbers on a graphics card, in software: what the WebGPU provider computes on any machine with Chromium. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { softwareVulkan } from '../helpers/softwareVulkan.ts';

const vulkan = softwareVulkan();
const root = path.resolve(import.meta.dirname, '../..');
const missing = 'missing' in vulkan ? vulkan.missing : undefined;

const env = { ...process.env, ...('env' in vulkan ? vulkan.env : {}) };

describe.skipIf(missing !== undefined)(`WebGPU on software Vulkan${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('every network but the autoencoder agrees with the golden case', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['test/parity/golden.ts', 'test/fixtures/golden/dev_eps', '--provider', 'webgpu', '--quick'], { cwd: root, env });
    const [, agree, compared, unknown] = /^ok dev_eps: (\d+) of (\d+) compared agree, \d+ skipped, (\d+) unknown/m.exec(stdout) ?? [];
    expect([agree === compared, unknown], stdout).toEqual([true, '0']);
    expect(Number(compared)).toBeGreaterThan(70);
  }, 240_000);

  it('what stays on the card gives the same bytes as what goes through ordinary memory: keys and values, and what every step reads', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['test/parity/onCard.ts'], { cwd: root, env });
    const same = { onCard: [true, false], same: true, bytes: expect.any(Number) };
    expect(JSON.parse(stdout)).toEqual({ caches: ['decomposed', 'fused'].map((attention) => ({ attention, ...same })), step: same });
  }, 240_000);
});
