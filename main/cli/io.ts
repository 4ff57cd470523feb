/** What a command may touch of the world around it; tests hand in their own. */
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defaultDataDir } from '../dataDir.ts';
import { Imaging } from '../imaging/imaging.ts';
import { spawnNode, type SpawnEngine } from '../engine/spawnNode.ts';
import type { ProgressSink } from './progress.ts';

export interface Io {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressSink;
  readonly spawn: SpawnEngine;
  readonly imaging: Imaging;
  /** The studio's data folder; undefined = none is used. */
  readonly dataDir?: string | undefined;
  /** Calls back at each request to stop (Ctrl-C); returns the way to unsubscribe. */
  onInterrupt(listener: (signal?: NodeJS.Signals) => void): () => void;
}

export const builtInModel = fileURLToPath(new URL('../../resources/models/toybox', import.meta.url));

/** OVIS_STUDIO_DATA, else the usual place; set but empty, there is none. */
export function usualDataDir(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['OVIS_STUDIO_DATA'];
  return named === undefined ? defaultDataDir(homedir(), env) : named || undefined;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A launcher in between repeats the terminal's signal: that is no second Ctrl-C. */
const echoMs = 300;

/** The real world. */
export function processIo(): Io {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    spawn: spawnNode(),
    imaging: new Imaging(),
    dataDir: usualDataDir(),
    onInterrupt: (listener) => {
      let last = 0;
      const handler = (signal: NodeJS.Signals): void => {
        const now = Date.now();
        if (now - last > echoMs) listener(signal);
        last = now;
      };
      for (const signal of signals) process.on(signal, handler);
      return () => {
        for (const signal of signals) process.off(signal, handler);
      };
    },
  };
}
