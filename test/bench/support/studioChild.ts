import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { WebSocket } from 'ws';
import { rpcPath } from '../../../preload/contract/transport.ts';
import type { StudioClient } from '../../helpers/transports.ts';

export interface Held {
  /** The longest time that the main thread could not answer. */
  readonly longestMs: number;
  /** As much of it as was its own work. */
  readonly ownMs: number;
  /** JavaScript heap after a collection, bytes. */
  readonly heap: number;
  /** Private memory, bytes. */
  readonly private: number;
}

export interface StudioChild {
  readonly link: string;
  readonly client: StudioClient;
  /** Begins a measurement. */
  reset(): void;
  read(): Promise<Held>;
  close(): Promise<void>;
}

/** A studio on this data folder in a process of its own, and a client over its WebSocket. */
export async function startChild(dataDir: string): Promise<StudioChild> {
  const child = fork(join(import.meta.dirname, 'studioHost.ts'), [dataDir], { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ link, origin, secret }] = (await once(child, 'message')) as [{ link: string; origin: string; secret: string }];
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${rpcPath}`, { headers: { authorization: `Bearer ${secret}` } });
  await once(socket, 'open');
  const client: StudioClient = createORPCClient(new RPCLink({ websocket: socket as never }));
  return {
    link,
    client,
    reset: () => void child.send('reset'),
    read: async () => {
      child.send('read');
      return ((await once(child, 'message')) as [Held])[0];
    },
    close: async () => {
      socket.terminate();
      const ended = once(child, 'exit');
      child.send('close');
      await ended;
    },
  };
}

/** Resolves with the job's last state. */
export async function untilEnded(client: StudioClient, jobId: string): Promise<string> {
  for await (const event of await client.jobs.follow({ jobId })) {
    if (event.type === 'job' && !['queued', 'running'].includes(event.job.state)) return event.job.state;
  }
  return (await client.jobs.get({ jobId })).state;
}
