import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { childMessageSchema } from '../../main/engine/messageSchemas.ts';
import { protocolVersion, type ChildMessage } from '../../main/engine/protocol.ts';

const helpers = join(import.meta.dirname, '../helpers');
let child: ChildProcess;
let received: ChildMessage[];
let wake: () => void = () => undefined;

beforeEach(() => {
  received = [];
  child = fork(join(helpers, 'fakeEngineEntry.ts'), { serialization: 'advanced', stdio: 'ignore' });
  child.on('message', (message) => {
    received.push(childMessageSchema.parse(message));
    wake();
  });
});
afterEach(() => child.kill('SIGKILL'));

async function next(): Promise<ChildMessage> {
  while (received.length === 0) await new Promise<void>((resolve) => (wake = resolve));
  return received.shift()!;
}

function say(message: unknown): void {
  child.send(message as object);
}

describe('the engine process', () => {
  it('answers malformed messages with typed errors and lives on', async () => {
    expect(await next()).toEqual({ type: 'ready', protocol: protocolVersion });
    const nonsense: [message: unknown, id: number | null][] = [
      ['hello', null],
      [17, null],
      [[], null],
      [{}, null],
      [{ type: 'dance', id: 3 }, 3],
      [{ type: 'load', id: 4 }, 4],
      [{ type: 'load', id: 5, dir: '', options: {} }, 5],
      [{ type: 'load', id: 6, dir: '/', options: { threads: 'many' } }, 6],
      [{ type: 'generate', id: -1, request: {} }, null],
      [{ type: 'generate', id: 7, request: { kind: 'textToImage' } }, 7],
      [{ type: 'generate', id: 8, request: { kind: 'textToImage', prompt: 'x', references: [{ width: 1e9, height: 1e9, data: new Uint8Array(3) }] } }, 8],
      [{ type: 'understand', id: 9, request: { prompt: 'x', images: 'none' } }, 9],
      [{ type: 'info', id: 10, extra: new Map([[1, 2]]) }, 10],
      [{ type: 'cancel', id: 'all' }, null],
    ];
    for (const [message, id] of nonsense) {
      say(message);
      expect(await next(), JSON.stringify(message)).toMatchObject({ type: 'failure', id, error: { code: 'IPC_INVALID', retryable: false } });
    }
    say({ type: 'cancel', id: 99 }); // of nothing: not an error
    say({ type: 'info', id: 11 });
    expect(await next()).toMatchObject({ type: 'failure', id: 11, error: { code: 'MODEL_MISSING' } });
    say({ type: 'load', id: 12, dir: helpers, options: {} });
    expect(await next()).toMatchObject({ type: 'event', id: 12, seq: 0 });
    expect(await next()).toMatchObject({ type: 'result', id: 12, value: { name: 'puppet' } });
  });

  it('queues calls, refuses a doubled id, and cancels one that waits', async () => {
    await next();
    say({ type: 'load', id: 0, dir: helpers, options: {} });
    say({ type: 'generate', id: 1, request: { kind: 'textToImage', prompt: 'slow' } });
    say({ type: 'generate', id: 2, request: { kind: 'textToImage', prompt: 'x' } });
    say({ type: 'generate', id: 2, request: { kind: 'textToImage', prompt: 'x' } });
    say({ type: 'cancel', id: 2 });
    say({ type: 'info', id: 3 });
    const answers: ChildMessage[] = [];
    while (answers.length < 5) {
      const message = await next();
      if (message.type !== 'event') answers.push(message);
    }
    expect(answers).toMatchObject([
      { type: 'failure', id: 2, error: { code: 'IPC_INVALID' } },
      { type: 'result', id: 0 },
      { type: 'result', id: 1 },
      { type: 'failure', id: 2, error: { code: 'CANCELLED' } },
      { type: 'result', id: 3 },
    ]);
  });

  it('ends on shutdown, and when its parent disconnects', async () => {
    await next();
    say({ type: 'shutdown' });
    expect(await once(child, 'exit')).toEqual([0, null]);
    child = fork(join(helpers, 'fakeEngineEntry.ts'), { serialization: 'advanced', stdio: 'ignore' });
    await once(child, 'message');
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it.skipIf(process.platform === 'win32')('does not outlive a killed parent, even in the middle of a step', async () => {
    const parent = spawn(process.execPath, [join(helpers, 'engineParent.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    parent.kill('SIGKILL');
    const gone = (): boolean => {
      try {
        process.kill(pid, 0);
        // Where nobody collects orphans, a dead one stays on the list as a zombie.
        return process.platform === 'linux' && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return true;
      }
    };
    while (!gone()) await new Promise((resolve) => setTimeout(resolve, 50));
  }, 20_000);
});
