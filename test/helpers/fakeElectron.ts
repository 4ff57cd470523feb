/** As much of the `electron` module as main uses: it notes what it was asked, and tests play Electron's part. */
import { EventEmitter } from 'node:events';

type Listener = (...args: never[]) => unknown;

export const ipcMain = new EventEmitter();

/** What main did, in order. */
export const asked: string[] = [];

class FakeWebContents extends EventEmitter {
  openHandler: ((details: { url: string }) => { action: string }) | undefined;
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
  reload(): void {
    asked.push('reload');
  }
}

export class BrowserWindow extends EventEmitter {
  static all: BrowserWindow[] = [];
  static getAllWindows = (): BrowserWindow[] => BrowserWindow.all;
  readonly webContents = new FakeWebContents();
  readonly options: { readonly webPreferences: Readonly<Record<string, unknown>> };
  url = '';
  constructor(options: { readonly webPreferences: Readonly<Record<string, unknown>> }) {
    super();
    this.options = options;
    BrowserWindow.all.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  loadURL(url: string): Promise<void> {
    this.url = url;
    return Promise.resolve();
  }
  setMenuBarVisibility(): void { /* no menu bar here */ }
  show(): void { asked.push('show'); }
  focus(): void { asked.push('focus'); }
  restore(): void { asked.push('restore'); }
  isMinimized(): boolean { return false; }
  focused = true;
  isFocused(): boolean { return this.focused; }
}

class FakeApp extends EventEmitter {
  name = 'Ovis Studio';
  isPackaged = false;
  path = '';
  locked = true;
  enableSandbox(): void { asked.push('enableSandbox'); }
  setPath(name: string, path: string): void { asked.push(`setPath ${name} ${path}`); }
  requestSingleInstanceLock(): boolean { return this.locked; }
  whenReady(): Promise<void> { asked.push('whenReady'); return Promise.resolve(); }
  getVersion(): string { return '0.0.0-test'; }
  getAppPath(): string { return this.path; }
  quit(): void { asked.push('quit'); }
  exit(code: number): void { asked.push(`exit ${code}`); }
}
export const app = new FakeApp();

export const protocol = {
  schemes: [] as unknown[],
  handlers: new Map<string, (request: Request) => Promise<Response>>(),
  registerSchemesAsPrivileged(schemes: unknown[]): void { protocol.schemes = schemes; asked.push('registerSchemes'); },
  handle(scheme: string, handler: (request: Request) => Promise<Response>): void { protocol.handlers.set(scheme, handler); },
};

export const session = {
  handlers: {} as Record<string, Listener>,
  defaultSession: {
    setPermissionRequestHandler(handler: Listener): void { session.handlers['request'] = handler; },
    setPermissionCheckHandler(handler: Listener): void { session.handlers['check'] = handler; },
    setDevicePermissionHandler(handler: Listener): void { session.handlers['device'] = handler; },
  },
};

export const shell = { 
  openExternal: (url: string): Promise<void> => { asked.push(`open ${url}`); return Promise.resolve(); },
  openPath: (path: string): Promise<string> => { asked.push(`openPath ${path}`); return Promise.resolve(''); },
};

interface FakeItem { readonly role?: string; readonly label?: string; readonly accelerator?: string; readonly submenu?: readonly FakeItem[]; readonly click?: () => void }
export const Menu = {
  shown: [] as readonly FakeItem[],
  buildFromTemplate: (items: readonly FakeItem[]): readonly FakeItem[] => items,
  setApplicationMenu(items: readonly FakeItem[]): void { Menu.shown = items; },
};

export class Notification extends EventEmitter {
  static all: Notification[] = [];
  static isSupported = (): boolean => true;
  readonly options: { readonly title: string; readonly body: string };
  constructor(options: { readonly title: string; readonly body: string }) {
    super();
    this.options = options;
  }
  show(): void { Notification.all.push(this); }
}

class FakeImage {
  readonly size: { readonly width: number; readonly height: number };
  constructor(width: number, height: number) { this.size = { width, height }; }
  isEmpty(): boolean { return this.size.width === 0; }
  getSize(): { readonly width: number; readonly height: number } { return this.size; }
  resize({ width = this.size.width, height = this.size.height }: { readonly width?: number; readonly height?: number }): FakeImage { return new FakeImage(width, height); }
}
/** Reads PNG and JPEG by their ending, as Electron does by their content; anything else is empty. */
export const nativeImage = {
  createFromPath: (path: string): FakeImage => (/\.(png|jpe?g)$/.test(path) ? new FakeImage(300, 200) : new FakeImage(0, 0)),
  createFromBuffer: (_bytes: Uint8Array, { width, height }: { readonly width: number; readonly height: number }): FakeImage => new FakeImage(width, height),
};

export const nativeTheme = { shouldUseDarkColors: true };
export const dialog = {
  answer: 0,
  showMessageBoxSync: (_window: unknown, options: { message: string }): number => { asked.push(`ask ${options.message}`); return dialog.answer; },
  showErrorBox: (title: string, text: string): void => { asked.push(`${title}: ${text}`); },
};
export const utilityProcess = { fork: (): never => { throw new Error('no process here'); } };
