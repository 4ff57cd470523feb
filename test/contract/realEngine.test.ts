import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CountingHost, failureOf } from '../helpers/countingHost.ts';
import type { ProgressEvent } from '../../main/engine/protocol.ts';

/** The protocol with the real engine behind it, on the smallest golden model. */
const model = join(import.meta.dirname, '../fixtures/golden/dev_a');
const host = new CountingHost({ cancelGraceMs: 20_000 });
const small = { kind: 'textToImage', prompt: 'a red cube', width: 64, height: 64, steps: 4, seed: 3 } as const;

beforeAll(async () => void (await host.load(model, { threads: 1 })));
afterAll(() => host.dispose());

describe('the real engine behind the host', () => {
  it('tells what it loaded', async () => {
    expect(await host.info()).toMatchObject({ name: 'dev_a', dtypes: ['F32'], reproduce: { provider: 'cpu', precision: 'fp32', threads: 1 } });
  });

  it('reports stages and every step with its time left', async () => {
    const events: ProgressEvent[] = [];
    const result = await host.generate(small, { onEvent: (event) => events.push(event) });
    expect(result).toMatchObject({ seed: 3, steps: 4, image: { width: 64, height: 64 }, reproduce: { modelHash: (await host.info()).modelHash } });
    const steps = events.filter((event) => event.type === 'step');
    expect(steps.map(({ step, steps: of }) => [step, of])).toEqual([[1, 4], [2, 4], [3, 4], [4, 4]]);
    expect(steps.at(-1)?.leftMs).toBe(0);
    expect(events.flatMap((event) => (event.type === 'stage' ? [event.stage] : []))).toEqual(expect.arrayContaining(['condition', 'denoise', 'decode']));
  });

  it('streams the tokens of an answer as it finds them', async () => {
    const tokens: string[] = [];
    const image = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(90) };
    const answer = await host.understand({ prompt: 'what is it?', images: [image], maxTokens: 6 }, { onEvent: (event) => event.type === 'token' && tokens.push(event.text) });
    expect(tokens.join('')).toBe(answer.text);
    expect(answer.tokens).toBeLessThanOrEqual(6);
  });

  it('cancels between steps without decoding, in the same process', async () => {
    const stages: string[] = [];
    const abort = new AbortController();
    const failure = await failureOf(host.generate({ ...small, steps: 400 }, {
      signal: abort.signal,
      onEvent: (event) => {
        if (event.type === 'stage') stages.push(event.stage);
        if (event.type === 'step' && event.step === 2) abort.abort();
      },
    }));
    expect(failure).toMatchObject({ code: 'CANCELLED' });
    expect(stages).not.toContain('decode');
    expect((await host.generate(small)).steps).toBe(4);
    expect(host.starts).toBe(1);
  });

  it('survives a SIGKILL in the middle of a run: a typed error, then the same picture as before', async () => {
    const before = await host.generate(small);
    const failure = await failureOf(host.generate({ ...small, steps: 400 }, { onEvent: (event) => event.type === 'step' && event.step === 2 && host.killFromOutside() }));
    expect(failure).toMatchObject({ code: 'ENGINE_CRASHED', retryable: true, details: { signal: 'SIGKILL', reason: 'killed' } });
    expect((await host.generate(small)).image).toEqual(before.image);
    expect(host.starts).toBe(2);
  });

  it('loads another precision in place of the first', async () => {
    expect((await host.load(model, { threads: 1, precision: 'int8' })).reproduce).toMatchObject({ precision: 'int8' });
    expect((await host.generate(small)).reproduce).toMatchObject({ precision: 'int8' });
  });

  it('estimates depth and detects things beside the loaded model, without one, and not where there is no network', async () => {
    const estimators = join(import.meta.dirname, '../fixtures/reference/estimators');
    const image = { width: 50, height: 30, data: Uint8Array.from({ length: 50 * 30 * 3 }, (_, i) => (i * 31) & 255) };
    const map = await host.depthMap(estimators, image);
    expect([map.width, map.height, map.data.length]).toEqual([50, 30, 4500]);
    expect(host.status).toMatchObject({ state: 'ready', info: { name: 'dev_a' } });
    expect((await host.detect(estimators, image)).floor).toBeTypeOf('string');
    expect(await host.estimators(estimators)).toEqual({ detector: true, depth: true });
    expect(await host.estimators(model)).toEqual({ detector: false, depth: false });
    expect(await failureOf(host.depthMap(model, image))).toMatchObject({ code: 'REQUEST_INVALID', details: { task: 'depth' } });
    expect(await failureOf(host.depthMap(estimators, { ...image, data: new Uint8Array(7) }))).toMatchObject({ code: 'REQUEST_INVALID' });
    await host.unload();
    expect(await host.depthMap(estimators, image)).toEqual(map);
  });
});
