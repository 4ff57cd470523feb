/** The engine process's body under Node's fork: channel, signals, and never outliving its parent. */
import { Worker } from 'node:worker_threads';
import { serveEngine, type Served } from './serve.ts';

/** Serves the parent that forked this process until it says shutdown or goes away. */
export function serveParent(served: Served): void {
  if (process.send === undefined) {
    process.stderr.write('This is the engine process of Ovis Studio; it is started by the studio, not by hand.\n');
    process.exit(2);
  }
  // A Ctrl-C in a terminal reaches the whole group: the parent decides what it means.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(0));
  watchParent();
  serveEngine(
    served,
    {
      // The callback keeps a send after the parent's end from being thrown as an error event.
      send: (message) => void process.send?.(message, undefined, {}, () => undefined),
      onMessage: (listener) => void process.on('message', listener),
    },
    () => process.exit(0),
  );
}

/**
 * Ends the process when its parent is gone. `disconnect` needs the event loop, which a running step blocks, for minutes on
 * a large model, with all its memory held; a second thread is not blocked.
 */
function watchParent(): void {
  if (process.platform === 'win32') return; // a parent id does not change there
  const source = `
    const parent = ${process.ppid};
    setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 1000);
  `;
  new Worker(source, { eval: true, stdout: false }).unref();
}
