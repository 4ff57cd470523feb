/** How scripts of the same user find a running studio: a file of its data folder that only they can read. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { chmodSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Loopback } from './loopback.ts';

const runningSchema = z.object({ origin: z.string(), secret: z.string(), pid: z.int() });
export type Running = z.infer<typeof runningSchema>;

const fileOf = (dataDir: string): string => join(dataDir, 'running.json');

/** Written once listening; returns the way to take it back. */
export function announce(dataDir: string, host: Pick<Loopback, 'origin' | 'secret'>): () => Promise<void> {
  const path = fileOf(dataDir);
  const running: Running = { origin: host.origin, secret: host.secret, pid: process.pid };
  writeFileSync(path, `${JSON.stringify(running)}\n`, { mode: 0o600 });
  // The mode of an older file would stay.
  chmodSync(path, 0o600);
  return () => rm(path, { force: true });
}

/** The studio that runs on this data folder, if one answers. */
export async function findRunning(dataDir: string): Promise<Running | undefined> {
  const text = await readFile(fileOf(dataDir), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const running = runningSchema.parse(JSON.parse(text));
    const reply = await fetch(running.origin, { headers: { authorization: `Bearer ${running.secret}` }, redirect: 'manual', signal: AbortSignal.timeout(2_000) });
    return reply.status < 400 ? running : undefined;
  } catch {
    return undefined;
  }
}

/** A fresh one-time address of a running studio. */
export async function linkOf(running: Running): Promise<string | undefined> {
  const reply = await fetch(`${running.origin}/link`, { headers: { authorization: `Bearer ${running.secret}` } }).catch(() => undefined);
  return reply?.ok ? (await reply.text()).trim() : undefined;
}
