/** The studio in a browser: services and loopback host in this process, until Ctrl-C. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnNode } from '../engine/spawnNode.ts';
import { toFailure } from '../errors.ts';
import { followDataDir, settleDataDir } from '../moveData.ts';
import { openParts } from '../parts.ts';
import { openStudio, type StudioOptions } from '../studio.ts';
import { startLoopback, usualPortOf, type Loopback } from '../transport/loopback.ts';
import { rehearse } from '../transport/rehearse.ts';
import { announce, findRunning, linkOf } from '../transport/running.ts';
import { builtInModel } from './io.ts';
import { openBrowser } from './openBrowser.ts';
import { buildBundle, buildPage, pageDir, root } from './pageBuild.ts';

export interface BrowserOptions {
  readonly dataDir: string;
  readonly port: number;
  /** Whether to open a browser. */
  readonly open: boolean;
  /** Where a person reads; the address alone goes to stdout. */
  readonly say: (text: string) => void;
  readonly tell: (address: string) => void;
  /** Resolves when the studio is to end. Called once it runs, with the number of jobs that would be interrupted. */
  readonly untilStop: (unfinishedJobs: () => number) => Promise<void>;
  readonly openParts?: StudioOptions['openParts'];
}

/** The page has opened by then: the first picture matters more than the next start. */
const bundleDelayMs = 15_000;

/** Runs until told to stop. A data folder that a studio already uses is opened there. Errors: those of openStudio and startLoopback. */
export async function runInBrowser(options: BrowserOptions): Promise<void> {
  const { say } = options;
  const running = await findRunning(await followDataDir(options.dataDir));
  const link = running && (await linkOf(running));
  if (link !== undefined) {
    say('Ovis Studio already runs on this data folder; this opens another page of it.\n');
    show(options, link);
    return;
  }
  const { dir: dataDir, failure } = await settleDataDir(options.dataDir, say);
  const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  // Whether the page is built is looked up while the services open.
  const [built, opened] = await Promise.allSettled([
    buildPage(say),
    openStudio({ dataDir, builtInDir: builtInModel, examplesDir: join(root, 'resources/app/examples'), version, host: 'browser', spawn: spawnNode(), openParts: options.openParts ?? openParts, reveal: async (path) => openBrowser(path), ...(failure && { notices: [toFailure(failure)] }) }),
  ]);
  if (opened.status === 'rejected') throw opened.reason;
  const studio = opened.value;
  let host: Loopback | undefined;
  try {
    if (built.status === 'rejected') throw built.reason;
    host = await startLoopback({ handler: studio.handler, api: studio.api, version, resources: studio.resources, pageDir, port: options.port, usualPort: usualPortOf(dataDir) });
    const withdraw = announce(dataDir, host);
    try {
      say(`Ovis Studio runs at ${host.origin}; Ctrl-C ends it. Its data lies in ${dataDir}.\n`);
      show(options, host.link());
      // While the browser fetches and reads the page.
      void rehearse(studio.handler);
      // For the next start; a folder that cannot be written costs nothing but that.
      const bundling = setTimeout(() => void buildBundle().catch(() => undefined), bundleDelayMs).unref();
      await options.untilStop(studio.unfinishedJobs);
      clearTimeout(bundling);
    } finally {
      await withdraw();
    }
  } finally {
    await host?.close();
    await studio.close();
  }
}

function show({ open, say, tell }: BrowserOptions, link: string): void {
  tell(link);
  if (open && !openBrowser(link)) say('There is no browser to open here: open the address above by hand.\n');
}
