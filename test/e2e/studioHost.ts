/** Starts the real studio as a person does, and says where its page is. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface StudioProcess {
  readonly link: string;
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
  return {
    link,
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

/** Ends a process and those that it started, on a system that lists them. */
function killFamily(pid: number | undefined): void {
  if (pid === undefined) return;
  const list = `/proc/${pid}/task/${pid}/children`;
  const children = existsSync(list) ? readFileSync(list, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number) : [];
  for (const child of children) {
    killFamily(child);
    try {
      process.kill(child, 'SIGKILL');
    } catch {
      // It was gone already.
    }
  }
}

export function removeData(dataDir: string): Promise<void> {
  return rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
}
