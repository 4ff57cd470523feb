/** A hub that does everything wrong that a hub can do: each download ends well, or in a typed failure that one more press repairs. */
import { describe, expect, it } from 'vitest';
import type { Fault } from '../helpers/hub.ts';
import { events, freshStudio, hub, install, model, modelId, open, repo, settled, studio, whole, withHub } from '../helpers/hubStudio.ts';

freshStudio();

describe('a hub that misbehaves and recovers', () => {
  it.each<[string, Fault]>([
    ['drops lines in mid-body', { kind: 'drop', times: 6, after: 60_000 }],
    ['stalls in mid-body', { kind: 'stall', times: 2, after: 30_000 }],
    ['is busy', { kind: 'busy', times: 3 }],
    ['asks for a pause of a second', { kind: 'limit', times: 1, retryAfter: '1' }],
    ['asks for a pause until a date', { kind: 'limit', times: 1, retryAfter: new Date(Date.now() + 1_000).toUTCString() }],
    ['sends wrong bytes once', { kind: 'wrongBytes', times: 15 }],
    ['gives no ranges', { kind: 'noRanges' }],
  ])('%s: the model arrives whole', async (_name, fault) => {
    await withHub();
    hub.faults = [fault];
    expect(await install()).toBeUndefined();
    whole();
  });

  it('honours Retry-After, and says what it waits for', async () => {
    await withHub();
    hub.faults = [{ kind: 'limit', times: 4, retryAfter: '1' }];
    const began = Date.now();
    expect(await install()).toBeUndefined();
    expect(Date.now() - began).toBeGreaterThan(950);
    const waits = events.flatMap((event) => (event.type === 'install' && event.install.state === 'waiting' ? [event.install] : []));
    expect(waits[0]).toMatchObject({ failure: { code: 'HUB_BUSY', details: { status: 429, retryAfterMs: 1000 } }, retryAt: expect.any(Number) });
  });
});

describe('a hub that stays bad ends in a typed failure; one press repairs it', () => {
  it.each<[string, Fault, Record<string, unknown>]>([
    ['drops', { kind: 'drop', after: 0 }, { code: 'NETWORK', retryable: true }],
    ['stalls', { kind: 'stall', after: 0 }, { code: 'NETWORK', details: { reason: 'stalled' } }],
    ['is busy', { kind: 'busy' }, { code: 'HUB_BUSY', details: { status: 503 } }],
    ['asks for too long a pause', { kind: 'limit', retryAfter: '86400' }, { code: 'HUB_BUSY', details: { retryAfterMs: 86_400_000 } }],
    ['sends wrong bytes', { kind: 'wrongBytes' }, { code: 'CHECKSUM', details: { reason: 'hash', file: 'model.safetensors' } }],
    ['sends a truncated file', { kind: 'truncated' }, { code: 'CHECKSUM', details: { reason: 'changed', file: 'model.safetensors' } }],
    ['changes the file in between', { kind: 'changedEtag' }, { code: 'CHECKSUM', details: { reason: 'changed' } }],
    ['wants leave', { kind: 'denied' }, { code: 'HUB_DENIED' }],
    ['has lost the file', { kind: 'absent' }, { code: 'NOT_FOUND' }],
    ['redirects to where nobody goes', { kind: 'plainRedirect' }, { code: 'HUB_INVALID' }],
  ])('%s', async (_name, fault, failure) => {
    await withHub();
    hub.faults = [fault];
    expect(await install()).toMatchObject({ state: 'failed', failure });
    // It says so after a restart, too.
    await studio.installs.close();
    await open();
    expect(studio.installs.list()).toMatchObject([{ state: 'failed', failure }]);
    expect(await model()).toMatchObject({ state: 'absent' });
    hub.faults = [];
    await studio.installs.resume(modelId);
    expect(await settled()).toBeUndefined();
    whole();
  });

  it('exchanges the file between two parts: the parts are not mixed', async () => {
    await withHub({ bytesPerSecond: 1_500_000 });
    await studio.installs.install({ repo });
    await expect.poll(() => studio.installs.list()[0]?.doneBytes, { interval: 5 }).toBeGreaterThan(400_000);
    hub.faults = [{ kind: 'changedEtag' }];
    expect(await settled()).toMatchObject({ state: 'failed', failure: { code: 'CHECKSUM', details: { reason: 'changed' } } });
    hub.faults = [];
    hub.bytesPerSecond = undefined;
    await studio.installs.resume(modelId);
    expect(await settled()).toBeUndefined();
    whole();
  });

  it.each<[string, Fault, string]>([
    ['is busy', { kind: 'busy', info: true }, 'HUB_BUSY'],
    ['is gated', { kind: 'denied', info: true }, 'HUB_DENIED'],
    ['knows no such repository', { kind: 'absent', info: true }, 'NOT_FOUND'],
    ['is a log-in page', { kind: 'notJson', info: true }, 'HUB_INVALID'],
    ['redirects in circles', { kind: 'redirectLoop', info: true }, 'HUB_INVALID'],
  ])('%s when asked for a plan', async (_name, fault, code) => {
    await withHub();
    hub.faults = [fault];
    await expect(studio.installs.plan({ repo })).rejects.toMatchObject({ code });
    hub.faults = [];
    await studio.installs.plan({ repo });
  });

  it('is not there at all', async () => {
    await withHub();
    await hub.close();
    await expect(studio.installs.plan({ repo })).rejects.toMatchObject({ code: 'NETWORK', retryable: true, details: { reason: 'ECONNREFUSED' } });
  });
});
