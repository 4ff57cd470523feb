/** Who may write a project follows the lines of the pages: a closed one lets go, a reload does not. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Draft } from '../../preload/contract/draft.ts';
import type { StudioEvent } from '../../preload/contract/events.ts';
import { projectsRoom } from '../../main/rooms/projects.ts';
import { Writers } from '../../main/rooms/writers.ts';
import { openHistory, type History } from '../../main/history/history.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryRooms } from '../helpers/memoryRooms.ts';
import { electronTransport, loopbackTransport, type Line, type Transport } from '../helpers/transports.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

const graceMs = 200;
const [one, two, three] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000003'];

describe.each([['loopback', loopbackTransport], ['electron', electronTransport]] as const)('a project over the %s transport', (_name, openTransport) => {
  let dir: string;
  let history: History;
  let transport: Transport;
  let id: string;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'ovis-writers-'));
    history = await openHistory(dir);
    const { rooms, events } = memoryRooms();
    const writers = new Writers({ graceMs, freed: (projectId) => void events.publish({ type: 'projectFree', projectId }) });
    const files = { exportFile: vi.fn(), importFile: vi.fn(), saveTo: vi.fn(), openFrom: vi.fn() };
    transport = await openTransport({ ...rooms, projects: projectsRoom({ history, events, writers, files }) }, () => undefined);
    id = (await history.projects.create('Harbour')).id;
  });
  afterEach(async () => {
    await transport.close();
    await history.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const openAs = (line: Line, pageId: string): Promise<{ access: string }> => line.client.projects.open({ id, pageId });

  it('becomes free when the page that writes it goes away, and readers hear of it', async () => {
    const [writing, reading] = [await transport.connect(), await transport.connect()];
    expect(await openAs(writing, one)).toMatchObject({ access: 'write' });
    expect(await openAs(reading, two)).toMatchObject({ access: 'read' });
    const news = await reading.client.events.watch({});
    await news.next();
    const closedAt = Date.now();
    writing.close();
    let event: StudioEvent | undefined;
    do event = (await news.next()).value as StudioEvent; while (event.type !== 'projectFree');
    expect(event.projectId).toBe(id);
    // Timers may be due a millisecond early.
    expect(Date.now() - closedAt).toBeGreaterThanOrEqual(graceMs - 2);
    expect(await openAs(reading, two)).toMatchObject({ access: 'write' });
  });

  it('keeps what stands in its prompt and settings, from the page that writes it alone', async () => {
    const draft: Draft = {
      task: 'edit', prompt: 'make the red cone blue', modelId: 'toybox', sampling: { steps: 12, txtCfg: 4, imgCfg: 1.2, strength: 0.6, seed: 7, stepCache: 0.1 },
      seedLocked: true, batch: 3, sweep: { txtCfg: '3, 5', imgCfg: '' }, join: { blend: 4, fill: 'blur', colourMatch: false, crop: true }, experimental: false, recent: ['a cone'],
    };
    const [writing, reading] = [await transport.connect(), await transport.connect()];
    expect(await writing.client.projects.open({ id, pageId: one })).not.toHaveProperty('draft');
    await writing.client.projects.keepDraft({ id, pageId: one, draft });
    expect(await reading.client.projects.open({ id, pageId: two })).toMatchObject({ access: 'read', draft });
    await expect(reading.client.projects.keepDraft({ id, pageId: two, draft })).rejects.toMatchObject({ code: 'PROJECT_LOCKED' });
    await expect(writing.client.projects.keepDraft({ id, pageId: one, draft: { ...draft, batch: 0 } })).rejects.toThrow(/draft\.batch/);
    await writing.client.projects.keepDraft({ id, pageId: one, draft: { ...draft, prompt: '' } });
    expect((await writing.client.projects.open({ id, pageId: one })).draft).toEqual({ ...draft, prompt: '' });
    // Of another version, whose fields nobody here knows.
    await history.projects.keepDraft(id, '{"prompt":5}');
    expect(await writing.client.projects.open({ id, pageId: one })).not.toHaveProperty('draft');
    await expect(writing.client.projects.keepDraft({ id: three, pageId: one, draft })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('stays with a page that is back within the grace', async () => {
    const [before, reading] = [await transport.connect(), await transport.connect()];
    expect(await openAs(before, one)).toMatchObject({ access: 'write' });
    before.close();
    const after = await transport.connect();
    expect(await openAs(after, one)).toMatchObject({ access: 'write' });
    await new Promise((resolve) => setTimeout(resolve, graceMs * 2));
    expect(await openAs(reading, two)).toMatchObject({ access: 'read' });
    after.close();
    await vi.waitFor(async () => expect(await openAs(reading, two)).toMatchObject({ access: 'write' }));
  });

  it('is free for whoever opens it once the page said goodbye; who reads it hears of it after the grace', async () => {
    const [writing, reading, opening] = [await transport.connect(), await transport.connect(), await transport.connect()];
    await openAs(writing, one);
    expect(await openAs(reading, two)).toMatchObject({ access: 'read' });
    const news = await reading.client.events.watch({});
    await news.next();
    await writing.client.projects.close({ id, pageId: one, leaving: true });
    writing.close();
    let event: StudioEvent | undefined;
    do event = (await news.next()).value as StudioEvent; while (event.type !== 'projectFree');
    expect(await openAs(reading, two)).toMatchObject({ access: 'write' });

    await reading.client.projects.close({ id, pageId: two, leaving: true });
    expect(await openAs(opening, three)).toMatchObject({ access: 'write' });
    // It is somebody else's now, whenever the grace ends.
    await new Promise((resolve) => setTimeout(resolve, graceMs * 2));
    expect(await openAs(reading, two)).toMatchObject({ access: 'read' });
  });

  it('is kept by a page that said goodbye and was only loaded anew, though another reads it', async () => {
    const [before, reading] = [await transport.connect(), await transport.connect()];
    await openAs(before, one);
    expect(await openAs(reading, two)).toMatchObject({ access: 'read' });
    await before.client.projects.close({ id, pageId: one, leaving: true });
    before.close();
    const after = await transport.connect();
    expect(await openAs(after, one)).toMatchObject({ access: 'write' });
    await new Promise((resolve) => setTimeout(resolve, graceMs * 2));
    expect(await openAs(reading, two)).toMatchObject({ access: 'read' });
    // A goodbye of a page that does not write it frees nothing.
    await reading.client.projects.close({ id, pageId: two, leaving: true });
    expect(await openAs(reading, two)).toMatchObject({ access: 'read' });
  });

  it('is not let go by a line that has taken no project, nor by one whose project another page took over', async () => {
    const [first, second, idle] = [await transport.connect(), await transport.connect(), await transport.connect()];
    await openAs(first, one);
    expect(await second.client.projects.open({ id, pageId: two, takeOver: true })).toMatchObject({ access: 'write' });
    idle.close();
    first.close();
    await new Promise((resolve) => setTimeout(resolve, graceMs * 2));
    const third = await transport.connect();
    expect(await openAs(third, one)).toMatchObject({ access: 'read' });
  });
});
