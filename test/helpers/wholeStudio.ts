/** A whole studio on a folder of its own, behind the loopback host, with a client as a page has it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import sharp from 'sharp';
import { WebSocket } from 'ws';
import { spawnNode } from '../../main/engine/spawnNode.ts';
import { openParts } from '../../main/parts.ts';
import { openStudio, type Studio } from '../../main/studio.ts';
import { startLoopback } from '../../main/transport/loopback.ts';
import { failureOf, type Failure } from '../../preload/contract/errors.ts';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import { puppet } from './queueStudio.ts';
import type { StudioClient } from './transports.ts';

export const toybox = join(import.meta.dirname, '../../resources/models/toybox');

export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface WholeStudio {
  readonly client: StudioClient;
  readonly studio: Studio;
  readonly dir: string;
  readonly dataDir: string;
  /** Stores pixels (1, 3 or 4 bytes each) as a PNG. */
  upload(pixels: Pixels): Promise<string>;
  /** Its pixels with this many bytes each, fetched as a page does. */
  pixels(hash: string, channels: 1 | 3 | 4): Promise<Pixels>;
  /** The job once it has ended. */
  ended(jobId: string): Promise<JobRecord>;
  close(options?: { readonly keep?: boolean }): Promise<void>;
}

export interface WholeStudioOptions {
  readonly dir?: string;
  /** The real engine on the built-in model; else the puppet. */
  readonly real?: boolean;
}

export async function openWholeStudio({ dir = mkdtempSync(join(tmpdir(), 'ovis-whole-')), real = false }: WholeStudioOptions = {}): Promise<WholeStudio> {
  const dataDir = join(dir, 'data');
  const builtInDir = real ? toybox : join(dir, 'toybox');
  if (!real) {
    mkdirSync(builtInDir, { recursive: true });
    writeFileSync(join(builtInDir, 'config.json'), '{}');
    writeFileSync(join(builtInDir, 'model.safetensors'), 'weights');
    writeFileSync(join(builtInDir, 'studio.json'), '{"contextImages":2,"sizes":[[64,64]],"steps":4}');
  }
  const studio = await openStudio({ dataDir, builtInDir, version: '1.2.3', host: 'browser', spawn: spawnNode(real ? {} : { entry: puppet }), openParts });
  const host = await startLoopback({ handler: studio.handler, resources: studio.resources, pageDir: dir });
  const socket = new WebSocket(`${host.origin.replace('http', 'ws')}/rpc`, { headers: { authorization: `Bearer ${host.secret}` }, maxPayload: 0 });
  const client: StudioClient = createORPCClient(new RPCLink({ websocket: socket as never }));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    client, studio, dir, dataDir,
    upload: async ({ width, height, data }) => {
      const channels = (data.length / (width * height)) as 1 | 3 | 4;
      const png = await sharp(data, { raw: { width, height, channels } }).toColourspace(channels === 1 ? 'b-w' : 'srgb').png().toBuffer();
      return (await client.assets.upload({ file: new Blob([new Uint8Array(png)]) })).hash;
    },
    pixels: async (hash, channels) => {
      const bytes = await (await fetch(`${host.origin}/asset/${hash}`, { headers: { authorization: `Bearer ${host.secret}` } })).arrayBuffer();
      const picture = sharp(Buffer.from(bytes));
      const shaped = channels === 4 ? picture.ensureAlpha() : channels === 3 ? picture.removeAlpha().toColourspace('srgb') : picture.toColourspace('b-w').removeAlpha();
      const { data, info } = await shaped.raw().toBuffer({ resolveWithObject: true });
      if (info.channels !== channels) throw new Error(`${info.channels} channels, expected ${channels}`);
      return { width: info.width, height: info.height, data: new Uint8Array(data) };
    },
    ended: async (jobId) => {
      for await (const _ of await client.jobs.follow({ jobId })) { /* until it has ended */ }
      return client.jobs.get({ jobId });
    },
    close: async ({ keep = false } = {}) => {
      socket.close();
      await host.close();
      await studio.close();
      if (!keep) rmSync(dir, { recursive: true, force: true });
    },
  };
}

export async function failure(promise: Promise<unknown>): Promise<Failure> {
  return failureOf(await promise.then(() => { throw new Error('expected a failure'); }, (error: unknown) => error));
}
