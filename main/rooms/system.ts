/** The studio itself: what it runs on, settings, the engine. */
import { availableParallelism, totalmem } from 'node:os';
import { statfs } from 'node:fs/promises';
import type { SystemInfo } from '../../preload/contract/system.ts';
import type { Providers } from '../engine/providers.ts';
import type { Failure } from '../errors.ts';
import type { Log } from '../log.ts';
import { wishToMove } from '../moveData.ts';
import type { EngineService, Room, SettingsService } from '../services.ts';

export interface SystemParts {
  readonly version: string;
  readonly epoch: string;
  readonly host: SystemInfo['host'];
  readonly dataDir: string;
  readonly settings: SettingsService;
  readonly engine: EngineService;
  readonly providers: Pick<Providers, 'state' | 'probe'>;
  readonly log: Log;
  readonly notices: readonly Failure[];
  readonly reveal?: (path: string) => Promise<boolean>;
  readonly outboundRequests: () => number;
}

export function systemRoom(parts: SystemParts): Room<'system'> {
  const startedAt = Date.now();
  const info = async (): Promise<SystemInfo> => {
    const disk = await statfs(parts.dataDir).catch(() => undefined);
    return {
      version: parts.version,
      epoch: parts.epoch,
      host: parts.host,
      platform: process.platform,
      arch: process.arch,
      nodeVersion: process.versions.node,
      electronVersion: process.versions['electron'] ?? null,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      freeDiskBytes: disk === undefined ? null : disk.bavail * disk.bsize,
      dataDir: parts.dataDir,
      startedAt,
      outboundRequests: parts.outboundRequests(),
    };
  };
  return {
    info,
    engine: async () => parts.engine.status(),
    stopEngine: async () => parts.engine.kill(),
    providers: async () => parts.providers.state(),
    testProvider: ({ provider }) => parts.providers.probe(provider),
    settings: async () => parts.settings.get(),
    changeSettings: (change) => parts.settings.change(change),
    notices: async () => [...parts.notices],
    reveal: async ({ what }) => ({ shown: (await parts.reveal?.(what === 'log' ? parts.log.file : parts.dataDir)) ?? false }),
    moveData: ({ dir }) => wishToMove(parts.dataDir, dir),
    diagnostics: async () => ({ text: await diagnostics(parts, await info()), logFile: parts.log.file }),
  };
}

async function diagnostics(parts: SystemParts, info: SystemInfo): Promise<string> {
  const section = (title: string, value: unknown): string => `## ${title}\n${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}\n`;
  // Keys and projects are nobody's business in a bug report.
  const { keys: _keys, lastProjectId: _lastProjectId, ...settings } = parts.settings.get();
  return [
    section('Ovis Studio', info),
    section('Settings', settings),
    section('Engine', parts.engine.status()),
    section('Providers', parts.providers.state()),
    section('Last messages', parts.log.lines.slice(-50).join('\n') || 'none'),
  ].join('\n');
}
