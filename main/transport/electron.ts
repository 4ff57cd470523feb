/** The studio in its own window: pages hand over a MessagePort, and only our page may. */
import { ipcMain, type IpcMainEvent, type MessagePortMain } from 'electron';
import type { StandardHandler } from '@orpc/server/standard';
import { pageOrigin, portMessage } from '../../preload/contract/transport.ts';
import { serve, type Channel } from './channel.ts';

/** Serves every page that connects. `refused` hears of those that may not. */
export function acceptPages(handler: StandardHandler<Record<never, never>>, refused: (url: string) => void): void {
  ipcMain.on(portMessage, (event) => {
    const [port, ...more] = event.ports;
    if (port === undefined || more.length > 0 || !isOurPage(event)) {
      for (const extra of event.ports) extra.close();
      refused(event.senderFrame?.url ?? '');
      return;
    }
    serve(channelOf(port), handler);
    port.start();
  });
}

/** Only the window's own document: not a frame inside it, and not another address that it may have been led to. */
export function isOurPage(event: IpcMainEvent): boolean {
  const frame = event.senderFrame;
  if (frame === null || frame.parent !== null || !URL.canParse(frame.url)) return false;
  const { protocol, host } = new URL(frame.url);
  return `${protocol}//${host}` === pageOrigin;
}

function channelOf(port: MessagePortMain): Channel {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => port.on('message', (event) => listener(event.data)),
    onClose: (listener) => port.on('close', listener),
    refuse: () => port.close(),
  };
}
