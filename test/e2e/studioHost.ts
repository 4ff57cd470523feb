/** Starts the real studio as a person does, and says where its page is. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findRunning, linkOf } from '../../main/transport/running.ts';

const root = join(import.meta.dirname, '../..');

export interface StudioProcess {
  /** The address that it printed; it works once. */
  readonly link: string;
  /** One more such address. */
  anotherLink(): Promise<string>;
  /** A call of its HTTP interface, as a script of the same user makes it. */
  api(call: string, input: object): Promise<Response>;
  /** Ends it as Ctrl-C does, or without a word, and waits. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
}

export async function startStudio(dataDir: string): Promise<StudioProcess> {
  const child = spawn(process.execPath, [join(root, 'main/cli/launch.mjs'), 'start', '--browser', '--no-open', '--data', dataDir], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => { said += text.toString(); });
  const link = await new Promise<string>((resolve, reject) => {
    let out = '';
    child.stdout.on('data', (text: Buffer) => {
      out += text.toString();
      const found = /http:\/\/\S+/.exec(out)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.on('exit', (code) => reject(new Error(`the studio ended with ${code}: ${said}`)));
  });
  const ended = new Promise<void>((resolve) => { child.on('exit', () => resolve()); });
  // A test run that is stopped itself leaves no studio behind.
  const orphaned = (): void => killFamily(child.pid, true);
  process.once('exit', orphaned);
  void ended.then(() => process.removeListener('exit', orphaned));
  return {
    link,
    anotherLink: async () => {
      const fresh = await linkOf(await runningIn(dataDir));
      if (fresh === undefined) throw new Error('the studio hands out no address');
      return fresh;
    },
    api: async (call, input) => {
      const { origin, secret } = await runningIn(dataDir);
      return fetch(`${origin}/api/${call}`, { method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }, body: JSON.stringify(input) });
    },
    stop: async (signal = 'SIGTERM') => {
      // The launcher passes signals on but one: the studio itself is told that.
      if (signal === 'SIGKILL') killFamily(child.pid);
      child.kill(signal);
      const slow = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(slow);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function runningIn(dataDir: string): Promise<NonNullable<Awaited<ReturnType<typeof findRunning>>>> {
  const running = await findRunning(dataDir);
  if (running === undefined) throw new Error('the studio does not run any more');
  return running;
}

/** Ends those that a process started, and with `itself` the process, on a system that lists them. */
function killFamily(pid: number | undefined, itself = false): void {
  if (pid === undefined) return;
  const list = `/proc/${pid}/task/${pid}/children`;
  const children = existsSync(list) ? readFileSync(list, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number) : [];
  for (const child of children) killFamily(child, true);
  if (!itself) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was gone already.
  }
}

export function removeData(dataDir: string): Promise<void> {
  return rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
}
