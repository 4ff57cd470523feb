/** A parent that starts the puppet engine, sets it a task that never yields, and prints its process id. */
import { fork } from 'node:child_process';
import { join } from 'node:path';

const child = fork(join(import.meta.dirname, 'fakeEngineEntry.ts'), { serialization: 'advanced', stdio: 'ignore' });
child.send({ type: 'load', id: 0, dir: import.meta.dirname, options: {} });
child.on('message', (message: { type: string }) => {
  if (message.type !== 'result') return;
  child.send({ type: 'generate', id: 1, request: { kind: 'textToImage', prompt: 'hang' } }, () => {
    setTimeout(() => process.stdout.write(`${child.pid}\n`), 200);
  });
});
