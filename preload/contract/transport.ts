/** How a page reaches the studio: the names that both ends use before any call can be made. */

/** The loopback host's WebSocket, relative to the page's origin. */
export const rpcPath = '/rpc';

/** Electron: what the preload posts to the page along with the port, and on which channel it hands the other end to main. */
export const portMessage = 'ovis-studio:port';

/** Electron: on which channel the preload tells main that pictures of the gallery are dragged out of the window, by their ids. */
export const dragMessage = 'ovis-studio:drag';

/** The page's origin in Electron; `/asset/…`, `/thumb/…` and `/preview/…` are served under it as on the loopback host. */
export const pageOrigin = 'studio://app';

/** `window.studio` in Electron; absent in a browser. `connect` answers with a window message `portMessage` that carries a MessagePort. */
export interface StudioBridge {
  connect(): void;
  /** Lets the system drag these pictures of the gallery as files; to be called while a drag begins. */
  startDrag(ids: readonly string[]): void;
}
