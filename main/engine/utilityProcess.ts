/** The engine process's body inside Electron: its parent speaks through a port. */
import { serveEngine, type Served } from './serve.ts';

/** As much of Electron's `process.parentPort` as is used; its types live in a module that this process may not load. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(name: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
}

/** Serves the parent that forked this utility process. Electron ends it together with its parent. */
export function serveElectron(served: Served): void {
  const { parentPort } = process as unknown as { readonly parentPort?: ParentPort };
  if (parentPort === undefined) {
    process.stderr.write('This is the engine process of Ovis Studio; it is started by the studio, not by hand.\n');
    process.exit(2);
  }
  serveEngine(
    served,
    {
      send: (message) => parentPort.postMessage(message),
      onMessage: (listener) => void parentPort.on('message', (event) => listener(event.data)),
    },
    () => process.exit(0),
  );
}
