/** The application's menu: what a system expects of every program, and nothing that takes keys from the page. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron';

export interface MenuActions {
  showData(): void;
  showLog(): void;
}

/** Replaces Electron's own, which reloads the page and opens its tools by keys that people press for other things. */
export function setMenu(actions: MenuActions, platform: NodeJS.Platform = process.platform): void {
  const mac = platform === 'darwin';
  const view: MenuItemConstructorOptions = {
    label: 'View',
    submenu: [{ role: 'togglefullscreen' }],
  };
  const help: MenuItemConstructorOptions = {
    role: 'help',
    submenu: [{ label: 'Show the data folder', click: () => actions.showData() }, { label: 'Show the log', click: () => actions.showLog() }],
  };
  Menu.setApplicationMenu(Menu.buildFromTemplate([
    // Without an Edit menu, macOS knows no Cmd+C.
    ...(mac ? [{ role: 'appMenu' as const, label: app.name }] : [{ label: 'File', submenu: [{ role: 'quit' as const }] }]),
    { role: 'editMenu' },
    view,
    ...(mac ? [{ role: 'windowMenu' as const }] : []),
    help,
  ]));
}
