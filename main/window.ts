/** The studio's window, shut in: our page, nothing else, and nothing of Node inside it. */
import { fileURLToPath } from 'node:url';
import { app, BrowserWindow, nativeTheme, session, shell, type WebContents } from 'electron';
import { pageOrigin } from '../preload/contract/transport.ts';

/** The only addresses that a link of ours may open in the person's browser. */
const openable = ['https://github.com/AIDC-AI/', 'https://huggingface.co/AIDC-AI/', 'https://arxiv.org/abs/'];

export function createWindow(): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 1024,
    minHeight: 680,
    show: false,
    title: 'Ovis Studio',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#141414' : '#cbcbcb',
    webPreferences: {
      preload: fileURLToPath(new URL('../preload/index.cjs', import.meta.url)),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      // A hidden window must still draw the progress that its taskbar preview shows.
      backgroundThrottling: true,
      spellcheck: false,
    },
  });
  window.setMenuBarVisibility(false);
  window.once('ready-to-show', () => window.show());
  void window.loadURL(`${pageOrigin}/`);
  return window;
}

/** To be called once, before any window: every web contents that ever comes to be is held to the same rules. */
export function lockDown(note: (text: string) => void): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.on('will-navigate', (event) => stay(event, event.url, note));
    contents.on('will-redirect', (event) => stay(event, event.url, note));
    contents.setWindowOpenHandler(({ url }) => {
      if (openable.some((start) => url.startsWith(start))) void shell.openExternal(url);
      else note(`refused to open ${url}`);
      return { action: 'deny' };
    });
    recover(contents, note);
  });
  app.on('child-process-gone', (_event, { type, reason, exitCode }) => note(`${type} process gone: ${reason} (${exitCode})`));
}

/** To be called once the app is ready: sessions do not exist before. */
export function denyPermissions(): void {
  const { defaultSession } = session;
  // Reading the clipboard is how Ctrl+V of a picture arrives; everything else a page can do without.
  const allowed = (permission: string): boolean => permission === 'clipboard-sanitized-write';
  defaultSession.setPermissionRequestHandler((_contents, permission, answer) => answer(allowed(permission)));
  defaultSession.setPermissionCheckHandler((_contents, permission) => allowed(permission));
  defaultSession.setDevicePermissionHandler(() => false);
}

function stay(event: { preventDefault(): void }, url: string, note: (text: string) => void): void {
  if (url === `${pageOrigin}/` || url.startsWith(`${pageOrigin}/#`)) return;
  event.preventDefault();
  note(`refused to go to ${url}`);
}

/** A page that fell is loaded again, once a minute at most: its work lies in main. */
function recover(contents: WebContents, note: (text: string) => void): void {
  let last = 0;
  contents.on('render-process-gone', (_event, { reason, exitCode }) => {
    note(`page process gone: ${reason} (${exitCode})`);
    if (reason === 'clean-exit' || Date.now() - last < 60_000) return;
    last = Date.now();
    contents.reload();
  });
}
