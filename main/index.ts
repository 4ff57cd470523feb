/** The desktop app: composition root, no logic. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { app, BrowserWindow, shell } from 'electron';
import { declareScheme, serveScheme } from './assets/protocol.ts';
import { defaultDataDir } from './dataDir.ts';
import { mayClose } from './desktop/closing.ts';
import { serveDrags } from './desktop/dragOut.ts';
import { showStartFailure } from './desktop/failure.ts';
import { setMenu } from './desktop/menu.ts';
import { notifyOfJobs } from './desktop/notify.ts';
import { spawnElectron } from './engine/spawnElectron.ts';
import { toFailure } from './errors.ts';
import { settleDataDir } from './moveData.ts';
import { openParts } from './parts.ts';
import { openStudio, type Studio } from './studio.ts';
import { acceptPages, isOurPage } from './transport/electron.ts';
import { createWindow, denyPermissions, lockDown } from './window.ts';

const dataDir = process.env['OVIS_STUDIO_DATA'] || defaultDataDir(homedir(), process.env);

declareScheme();
app.enableSandbox();
app.setPath('userData', join(dataDir, 'window'));
if (app.requestSingleInstanceLock()) start().catch(fail);
else app.quit();

async function start(): Promise<void> {
  await app.whenReady();
  const { dir, failure } = await settleDataDir(dataDir);
  const studio = await openStudio({
    dataDir: dir,
    builtInDir: app.isPackaged ? join(process.resourcesPath, 'models/toybox') : join(app.getAppPath(), 'resources/models/toybox'),
    examplesDir: app.isPackaged ? join(process.resourcesPath, 'examples') : join(app.getAppPath(), 'resources/app/examples'),
    version: app.getVersion(),
    host: 'electron',
    spawn: spawnElectron(),
    openParts,
    reveal: async (path) => (await shell.openPath(path)) === '',
    ...(failure && { notices: [toFailure(failure)] }),
  });
  const note = (text: string): void => studio.log.note(text);
  denyPermissions();
  lockDown(note);
  serveScheme(join(app.getAppPath(), 'out/renderer'), studio.resources);
  acceptPages(studio.handler, (url) => note(`refused a page at ${url}`));
  serveDrags({ write: studio.dragFiles, isOurPage, note });
  setMenu({ showData: () => void shell.openPath(dir), showLog: () => void shell.openPath(studio.log.file) });
  openWindow(studio);
  const closing = new AbortController();
  void notifyOfJobs({
    events: studio.events.watch(undefined, closing.signal), wanted: () => studio.settings.get().notifications, window: () => BrowserWindow.getAllWindows()[0], show: () => show(studio),
  });
  app.on('will-quit', () => closing.abort());
  app.on('second-instance', () => show(studio));
  app.on('activate', () => show(studio));
  app.on('window-all-closed', () => app.quit());
  closeBeforeQuit(studio);
}

function openWindow(studio: Studio): void {
  const window = createWindow();
  window.on('close', (event) => {
    if (!mayClose(window, studio.unfinishedJobs())) event.preventDefault();
  });
}

function show(studio: Studio): void {
  const [window] = BrowserWindow.getAllWindows();
  if (!window) return openWindow(studio);
  if (window.isMinimized()) window.restore();
  window.focus();
}

/** Quitting waits until everything is written down. */
function closeBeforeQuit(studio: Studio): void {
  let closed = false;
  app.on('will-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    closed = true;
    studio.close().catch((error: unknown) => studio.log.note(`closing failed: ${String(error)}`)).finally(() => app.quit());
  });
}

function fail(error: unknown): void {
  showStartFailure(error);
  app.exit(1);
}
