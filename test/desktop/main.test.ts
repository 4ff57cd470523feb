/** The real main/index.ts, with Electron played by test/helpers/fakeElectron.ts. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import sharp from 'sharp';
import { dragMessage } from '../../preload/contract/transport.ts';
import type { StudioEvent } from '../../preload/contract/events.ts';
import { emptyQueue, jobRecord } from '../helpers/memoryRooms.ts';
import type { Knock, StudioClient } from '../helpers/transports.ts';
import type * as Fake from '../helpers/fakeElectron.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

let dir: string;
let fake: typeof Fake;

async function startMain(): Promise<void> {
  vi.resetModules();
  fake = (await import('electron')) as unknown as typeof Fake;
  fake.asked.length = 0;
  fake.BrowserWindow.all = [];
  fake.app.removeAllListeners();
  fake.ipcMain.removeAllListeners();
  fake.app.path = dir;
  process.env['OVIS_STUDIO_DATA'] = join(dir, 'data');
  await import('../../main/index.ts');
}

async function windowOf(): Promise<Fake.BrowserWindow> {
  await vi.waitFor(() => expect(fake.BrowserWindow.all).toHaveLength(1), 10_000);
  return fake.BrowserWindow.all[0]!;
}

async function quit(): Promise<void> {
  const event = { preventDefault: vi.fn() };
  fake.app.emit('will-quit', event);
  await vi.waitFor(() => expect(fake.asked).toContain('quit'), 10_000);
  expect(event.preventDefault).toHaveBeenCalledTimes(1);
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-desktop-'));
  mkdirSync(join(dir, 'out/renderer'), { recursive: true });
  writeFileSync(join(dir, 'out/renderer/index.html'), '<!doctype html><title>page</title>');
});
afterEach(() => {
  delete process.env['OVIS_STUDIO_DATA'];
  rmSync(dir, { recursive: true, force: true });
});

describe('the desktop app', () => {
  it('opens one window, shut in, on our own address', async () => {
    await startMain();
    const window = await windowOf();
    expect(fake.asked.slice(0, 3)).toEqual(['registerSchemes', 'enableSandbox', `setPath userData ${join(dir, 'data', 'window')}`]);
    expect(window.url).toBe('studio://app/');
    expect(window.options.webPreferences).toMatchObject({ contextIsolation: true, sandbox: true, nodeIntegration: false, webviewTag: false });
    expect(String(window.options.webPreferences['preload'])).toMatch(/preload[\\/]index\.cjs$/);
    expect(fake.protocol.schemes).toMatchObject([{ scheme: 'studio', privileges: { standard: true, secure: true } }]);
    await quit();
  });

  it('lets the page go nowhere else and open nothing but our own places', async () => {
    await startMain();
    const { webContents } = await windowOf();
    for (const [name, url, refused] of [
      ['will-navigate', 'https://evil.example/', true], ['will-navigate', 'studio://app.evil/', true], ['will-navigate', 'file:///etc/passwd', true],
      ['will-redirect', 'https://evil.example/', true], ['will-navigate', 'studio://app/', false], ['will-navigate', 'studio://app/#gallery', false],
    ] as const) {
      const event = { url, preventDefault: vi.fn() };
      webContents.emit(name, event);
      expect(event.preventDefault.mock.calls.length, `${name} ${url}`).toBe(refused ? 1 : 0);
    }
    const webview = { preventDefault: vi.fn() };
    webContents.emit('will-attach-webview', webview);
    expect(webview.preventDefault).toHaveBeenCalled();
    for (const url of ['https://evil.example/', 'file:///etc/passwd', 'javascript:alert(1)', 'https://github.com.evil.example/', 'https://huggingface.co/AIDC-AI/Ovis-U1-3B']) {
      expect(webContents.openHandler?.({ url })).toEqual({ action: 'deny' });
    }
    expect(fake.asked.filter((line) => line.startsWith('open '))).toEqual(['open https://huggingface.co/AIDC-AI/Ovis-U1-3B']);
    await quit();
  });

  it('denies permissions', async () => {
    await startMain();
    await windowOf();
    const request = fake.session.handlers['request'] as (contents: unknown, permission: string, answer: (allowed: boolean) => void) => void;
    const check = fake.session.handlers['check'] as (contents: unknown, permission: string) => boolean;
    const answers = ['media', 'geolocation', 'notifications', 'openExternal', 'clipboard-read', 'hid', 'usb'].map((permission) => {
      let answer: boolean | undefined;
      request(undefined, permission, (allowed) => (answer = allowed));
      return [answer, check(undefined, permission)];
    });
    expect(answers.flat().every((answer) => answer === false)).toBe(true);
    expect((fake.session.handlers['device'] as () => boolean)()).toBe(false);
    await quit();
  });

  it('serves the page over its own scheme, and calls over a port', async () => {
    await startMain();
    await windowOf();
    const get = fake.protocol.handlers.get('studio')!;
    const page = await get(new Request('studio://app/'));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain(`default-src 'none'`);
    expect(await page.text()).toContain('<title>page</title>');
    for (const url of ['studio://other/', 'studio://app/..%2f..%2fdata/settings.json', `studio://app/asset/${'0'.repeat(64)}`, 'studio://app/data/settings.json']) expect((await get(new Request(url))).status, url).toBe(404);
    expect((await get(new Request('studio://app/', { method: 'POST' }))).status).toBe(405);

    const { knock } = await import('../helpers/transports.ts');
    const { port } = knock({}, fake.ipcMain);
    const client: StudioClient = createORPCClient(new RPCLink({ port: port }));
    port.start();
    expect(await client.system.info()).toMatchObject({ host: 'electron', version: '0.0.0-test', dataDir: join(dir, 'data') });
    const picture = Uint8Array.from(Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'));
    const { hash } = await client.assets.upload({ file: new Blob([picture]) });
    const stored = await get(new Request(`studio://app/asset/${hash}`));
    expect([stored.status, stored.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(new Uint8Array(await stored.arrayBuffer())).toEqual(picture);
    expect((await get(new Request(`studio://app/asset/${hash}`, { headers: { range: 'bytes=0-3' } }))).status).toBe(206);
    expect((await get(new Request(`studio://app/thumb/${hash}`))).headers.get('content-type')).toBe('image/webp');
    port.close();
    await quit();
  });

  it('lets the system drag pictures of the gallery as files, and nothing that a page may have made up', async () => {
    await startMain();
    await windowOf();
    const { knock } = await import('../helpers/transports.ts');
    const { port } = knock({}, fake.ipcMain);
    const client: StudioClient = createORPCClient(new RPCLink({ port: port }));
    port.start();
    const pixel = (colour: string): Promise<Buffer> => sharp({ create: { width: 4, height: 4, channels: 3, background: colour } }).png().toBuffer();
    const brought = async (bytes: Buffer, name: string): Promise<string> => {
      const { hash } = await client.assets.upload({ file: new Blob([new Uint8Array(bytes)]) });
      return (await client.gallery.import({ files: [{ hash, name }] }))[0]!.id;
    };
    const [red, blue] = [await pixel('red'), await pixel('blue')];
    const ids = [await brought(red, '../../harbour: at/dusk.png'), await brought(blue, '../../harbour: at/dusk.png')];
    const dragged: { file: string; files: string[]; icon: { isEmpty(): boolean } }[] = [];
    const sender = { isDestroyed: () => false, startDrag: (item: (typeof dragged)[number]) => void dragged.push(item) };
    const drag = (what: unknown, url = 'studio://app/', parent: unknown = null): boolean => fake.ipcMain.emit(dragMessage, { senderFrame: { url, parent }, sender }, what);

    drag(ids);
    await vi.waitFor(() => expect(dragged).toHaveLength(1));
    const { file, files, icon } = dragged[0]!;
    expect(file).toBe(files[0]);
    expect(files.map((path) => readFileSync(path))).toEqual([red, blue]);
    // Two names, both inside of the one folder that the studio made.
    expect(new Set(files.map((path) => dirname(path))).size).toBe(1);
    expect(dirname(dirname(file))).toBe(join(dir, 'data', 'window', 'dragged'));
    expect(new Set(files).size).toBe(2);
    expect(icon.isEmpty()).toBe(false);

    const hostile = ['/etc/passwd', ['/etc/passwd'], ['../../settings.json'], [], null, undefined, {}, [1], Array.from({ length: 501 }, () => ids[0]), ['00000000-0000-4000-8000-000000000000'], ['0'.repeat(64)]];
    for (const what of hostile) drag(what);
    drag(ids, 'https://evil.example/');
    drag(ids, 'studio://app/', {});
    const said = (): string[] => readFileSync(join(dir, 'data', 'logs', 'studio.log'), 'utf8').split('\n').filter((line) => line.includes('a drag failed') || line.includes('refused a drag'));
    await vi.waitFor(() => expect(said()).toHaveLength(hostile.length + 2));
    expect(dragged).toHaveLength(1);
    port.close();
    await quit();
  });

  it.each<[string, Knock]>([
    ['another address', { url: 'https://evil.example/' }],
    ['an address that begins like ours', { url: 'studio://app.evil.example/' }],
    ['a frame inside the page', { inFrame: true }],
    ['no port', { ports: 0 }],
    ['two ports', { ports: 2 }],
  ])('refuses a line from %s', async (_what, from) => {
    await startMain();
    await windowOf();
    const { knock } = await import('../helpers/transports.ts');
    const { port, closed } = knock(from, fake.ipcMain);
    if (from.ports !== 0) await closed;
    port.close();
    const log = readFileSync(join(dir, 'data/logs/studio.log'), 'utf8');
    expect(log).toContain('refused a page');
    await quit();
  });

  it('shows its window to a second instance, which ends', async () => {
    await startMain();
    await windowOf();
    fake.app.emit('second-instance');
    expect(fake.asked).toContain('focus');
    fake.BrowserWindow.all = [];
    fake.app.emit('activate');
    expect(fake.BrowserWindow.all).toHaveLength(1);
    await quit();
    fake.app.locked = false;
    await startMain();
    expect(fake.asked).toEqual(['registerSchemes', 'enableSandbox', expect.any(String), 'quit']);
    fake.app.locked = true;
  });

  it('reloads a page that fell, but not again and again', async () => {
    await startMain();
    const { webContents } = await windowOf();
    webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 });
    expect(fake.asked.filter((line) => line === 'reload')).toHaveLength(1);
    await quit();
  });

  it('says why it cannot start', async () => {
    writeFileSync(join(dir, 'data'), 'a file where the folder should be');
    await startMain();
    await vi.waitFor(() => expect(fake.asked).toContain('exit 1'));
    expect(fake.asked.find((line) => line.startsWith('Ovis Studio could not start'))).toContain('REQUEST_INVALID');
  });
});

describe('the menu', () => {
  it('is our own: no reload, no developer tools, and the way to log and data', async () => {
    await startMain();
    await windowOf();
    const items = fake.Menu.shown.flatMap((menu) => menu.submenu ?? []);
    expect(JSON.stringify(fake.Menu.shown)).not.toMatch(/reload|toggleDevTools|viewMenu/i);
    expect(fake.Menu.shown.map(({ role }) => role)).toContain('editMenu');
    for (const { click } of items) click?.();
    expect(fake.asked.filter((line) => line.startsWith('openPath '))).toEqual([`openPath ${join(dir, 'data')}`, `openPath ${join(dir, 'data/logs/studio.log')}`]);
    await quit();
  });

  it('is what macOS needs for copy and paste', async () => {
    fake = (await import('electron')) as unknown as typeof Fake;
    const { setMenu } = await import('../../main/desktop/menu.ts');
    setMenu({ showData: () => undefined, showLog: () => undefined }, 'darwin');
    expect(fake.Menu.shown.map(({ role }) => role)).toEqual(['appMenu', 'editMenu', undefined, 'windowMenu', 'help']);
  });
});

describe('notifications', () => {
  const job = (state: string, prompt: string, kind = 'textToImage'): StudioEvent => ({ type: 'job', seq: 1, at: 0, jobId: 'x', job: jobRecord({ state: state as never, request: { kind, prompt, images: [] } as never, ...(state === 'failed' && { failure: { code: 'DISK_FULL', message: 'No disk space.', details: {}, retryable: true } }) }) });
  const queue = (queued: number, runningJobId: string | null = null, paused = false): StudioEvent => ({ type: 'queue', seq: 1, at: 0, queue: { ...emptyQueue, paused, runningJobId, counts: { ...emptyQueue.counts, queued } } });
  async function told(events: readonly StudioEvent[], { focused = false, wanted = true } = {}): Promise<string[]> {
    fake = (await import('electron')) as unknown as typeof Fake;
    const { notifyOfJobs } = await import('../../main/desktop/notify.ts');
    fake.Notification.all = [];
    let shown = 0;
    async function* all(): AsyncGenerator<StudioEvent> { yield* events; }
    await notifyOfJobs({ events: all(), wanted: () => wanted, window: () => ({ isFocused: () => focused }) as never, show: () => shown++ });
    for (const one of fake.Notification.all) one.emit('click');
    expect(shown).toBe(fake.Notification.all.length);
    return fake.Notification.all.map(({ options }) => `${options.title}: ${options.body}`);
  }

  it('come once the queue has run dry, and at each failure', async () => {
    expect(await told([queue(1, 'x'), job('done', 'a red cube'), queue(0)])).toEqual(['Your picture is ready: a red cube']);
    expect(await told([job('done', 'a'), queue(1), job('done', 'b'), queue(0), queue(0)])).toEqual(['2 jobs are done: Their results wait in the studio.']);
    expect(await told([job('done', 'what is it?', 'understand'), queue(0)])).toEqual(['Your question is answered: what is it?']);
    expect(await told([job('failed', 'a cube'), queue(0)])).toEqual(['A job failed: “a cube”: No disk space. Open the studio to see what can be done.']);
    // Paused with work left: nothing more happens by itself.
    expect(await told([job('done', 'a'), queue(3, null, true)])).toEqual(['Your picture is ready: a']);
  });

  it('are spared who looks at the studio, or wants none', async () => {
    const events = [job('done', 'a red cube'), job('failed', 'b'), queue(0)];
    expect(await told(events, { focused: true })).toEqual([]);
    expect(await told(events, { wanted: false })).toEqual([]);
  });
});

describe('closing with jobs unfinished', () => {
  it('asks, and keeps the window where the person says so', async () => {
    fake = (await import('electron')) as unknown as typeof Fake;
    const { mayClose } = await import('../../main/desktop/closing.ts');
    fake.asked.length = 0;
    expect(mayClose({} as never, 0)).toBe(true);
    expect(fake.asked).toEqual([]);
    fake.dialog.answer = 0;
    expect(mayClose({} as never, 1)).toBe(false);
    fake.dialog.answer = 1;
    expect(mayClose({} as never, 3)).toBe(true);
    expect(fake.asked).toEqual(['ask 1 job is not finished.', 'ask 3 jobs are not finished.']);
  });
});
