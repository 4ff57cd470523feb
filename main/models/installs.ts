/** Downloads of models: planned, begun, paused, gone on with, checked. Asks and fetches only when one of its calls is made. */
import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { Install, InstallPlan, ModelSource, PlanInput } from '../../preload/contract/models.ts';
import { StudioError } from '../errors.ts';
import { Locks } from '../assets/locks.ts';
import { Download } from './download.ts';
import { askFile, askRepo, type Asking, type RemoteFile, type RepoInfo } from './hub.ts';
import type { HubSettings } from './hubSettings.ts';
import { modelIdOf, nameOf } from './identity.ts';
import { doneBytes, readState, segmentsOf, writeState, type InstallFile } from './installState.ts';
import { checkKind } from './kind.ts';
import { readManifest, type Manifest } from './manifest.ts';
import { neededFiles } from './neededFiles.ts';
import type { Network } from './network.ts';
import { withRetries } from './retry.ts';
import { defaultTiming, type Timing } from './timing.ts';

export interface InstallsOptions {
  readonly settings: HubSettings;
  readonly network: Network;
  readonly timing?: Partial<Timing>;
  readonly tell: (install: Install) => void;
  /** The list of models is another one now. */
  readonly changed: () => void;
}

/** Memory of a weight by precision, once a session holds it; the same as the engine counts. */
const bytesPerWeight = { fp32: 4, fp16: 2, int8: 1.1, q4: 0.7 } as const;
/** The studio, the runtime and what a picture takes while it is drawn. */
const besideBytes = 1.5 * 2 ** 30;

export class Installs {
  readonly #options: InstallsOptions;
  readonly #timing: Timing;
  readonly #downloads = new Map<string, Download>();
  readonly #locks = new Locks();

  private constructor(options: InstallsOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
  }

  /** Finds what was left half done; fetches nothing. */
  static async open(options: InstallsOptions): Promise<Installs> {
    const installs = new Installs(options);
    await installs.#findParts();
    return installs;
  }

  list(): Install[] {
    return [...this.#downloads.values()].map(({ install }) => install);
  }

  isHalfDone(modelId: string): boolean {
    return this.#downloads.has(modelId);
  }

  /** What a download would take. Errors: those of the hub, CONFIG_INVALID for a repository that is no Ovis-U1 model. */
  async plan(input: PlanInput, signal: AbortSignal = new AbortController().signal): Promise<InstallPlan> {
    const { info, files } = await this.#look(input, signal);
    const { repo } = info.source;
    const modelId = modelIdOf(repo);
    const half = this.#downloads.get(modelId)?.state;
    const { modelsDir: dir } = this.#options.settings;
    const disk = await statfs(dir).catch(() => statfs(join(dir, '..'))).catch(() => undefined);
    const memoryBytes = totalmem();
    const { parameters } = info;
    return {
      modelId, name: nameOf(repo), source: info.source, licence: info.licence, licenceUrl: info.licenceUrl, parameters, dir, memoryBytes,
      files: files.map(({ name, bytes, sha256, gitSha1 }) => ({ name, bytes, check: sha256 !== null ? 'sha256' : gitSha1 !== null ? 'git' : 'size' })),
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      presentBytes: half?.source.revision === info.source.revision ? half.files.reduce((sum, file) => sum + doneBytes(file), 0) : 0,
      freeDiskBytes: disk === undefined ? null : disk.bavail * disk.bsize,
      memory: parameters === null ? [] : (['fp32', 'fp16', 'int8', 'q4'] as const).map((precision) => {
        const bytes = Math.round(parameters * bytesPerWeight[precision] + besideBytes);
        return { precision, bytes, fits: bytes <= memoryBytes };
      }),
      installed: (await this.#here(modelId, info)) === 'whole',
    };
  }

  /** Begins, or goes on with the same commit. Errors: those of plan, DISK_FULL, DATA_IN_USE, REQUEST_INVALID while another version of it is half here. */
  async install(input: PlanInput, signal: AbortSignal = new AbortController().signal): Promise<Install> {
    const { info, files } = await this.#look(input, signal);
    const modelId = modelIdOf(info.source.repo);
    return this.#locks.hold(modelId, async () => {
      const half = this.#downloads.get(modelId) ?? (await this.#adopt(modelId));
      if (half && half.state.source.revision !== info.source.revision) {
        throw new StudioError('REQUEST_INVALID', `Another version of ${half.state.name} is half here; cancel its download first.`, { modelId, reason: 'otherVersion' });
      }
      const here = await this.#here(modelId, info);
      if (!half && here === 'whole') throw new StudioError('REQUEST_INVALID', `${nameOf(info.source.repo)} is here already; verify tells whether it is whole.`, { modelId, reason: 'installed' });
      const download = half ?? (here === 'damaged' ? await this.#repair(modelId) : await this.#begin(modelId, info, files));
      await download.start();
      return download.install;
    });
  }

  async pause(modelId: string): Promise<Install> {
    const download = this.#get(modelId);
    await download.pause();
    return download.install;
  }

  /** Goes on; a damaged model's files are fetched again. */
  async resume(modelId: string): Promise<Install> {
    return this.#locks.hold(modelId, async () => {
      const download = this.#downloads.get(modelId) ?? (await this.#adopt(modelId)) ?? (await this.#repair(modelId));
      await download.start();
      return download.install;
    });
  }

  async cancel(modelId: string, keepParts: boolean): Promise<void> {
    const download = this.#get(modelId);
    if (keepParts) await download.pause();
    else {
      await download.discard();
      this.#downloads.delete(modelId);
    }
    this.#options.changed();
  }

  /** Resolves when the download runs no more: done (undefined), or as it stands. */
  async ended(modelId: string): Promise<Install | undefined> {
    await this.#downloads.get(modelId)?.ended();
    return this.#downloads.get(modelId)?.install;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#downloads.values()].map((download) => download.close()));
  }

  async #look(input: PlanInput, signal: AbortSignal): Promise<{ info: RepoInfo; files: RemoteFile[] }> {
    const { settings, network } = this.#options;
    const endpoint = (input.endpoint ?? settings.endpoint).replace(/\/+$/, '');
    const source: ModelSource = { repo: input.repo, revision: input.revision ?? 'main', endpoint };
    const asking: Asking = { network, token: settings.tokenFor(endpoint), signal };
    // A person looks on: only the shortest of hiccups is waited out.
    const timing = { ...this.#timing, attempts: 3, longestRetryAfterMs: Math.min(5_000, this.#timing.longestRetryAfterMs) };
    return withRetries(async () => {
      const info = await askRepo(source, asking);
      const files = neededFiles(info.files, input.repo);
      checkKind(await askFile(info.source, 'config.json', asking), input.repo);
      return { info, files };
    }, { timing, signal });
  }

  async #begin(modelId: string, info: RepoInfo, files: readonly RemoteFile[]): Promise<Download> {
    const { modelsDir } = this.#options.settings;
    const { segmentBytes } = this.#timing;
    const state: InstallFile = {
      version: 1, modelId, name: nameOf(info.source.repo), source: info.source, licence: info.licence, parameters: info.parameters, segmentBytes, stopped: null, failure: null,
      files: files.map((file) => ({ ...file, etag: null, ranges: true, verified: false, done: Array<number>(segmentsOf(file.bytes, segmentBytes)).fill(0) })),
    };
    const partDir = join(modelsDir, `${modelId}.part`);
    // What may lie there has no state that can be read.
    await rm(partDir, { recursive: true, force: true });
    await mkdir(partDir, { recursive: true });
    await writeState(partDir, state);
    return this.#add(modelsDir, state);
  }

  async #here(modelId: string, info: RepoInfo): Promise<'whole' | 'damaged' | undefined> {
    const manifest = (await this.#manifest(modelId))?.manifest;
    if (manifest?.source.revision !== info.source.revision) return undefined;
    return manifest.damaged.length === 0 ? 'whole' : 'damaged';
  }

  /** What another program, the command line perhaps, has left half done since this one began. */
  async #adopt(modelId: string): Promise<Download | undefined> {
    for (const dir of this.#options.settings.dirs) {
      const state = await readState(join(dir, `${modelId}.part`));
      if (state?.modelId === modelId) return this.#add(dir, state);
    }
    return undefined;
  }

  /** Installed → half done, with the damaged files still to come. */
  async #repair(modelId: string): Promise<Download> {
    const found = await this.#manifest(modelId);
    if (!found) throw new StudioError('NOT_FOUND', 'There is no download of that model to go on with.', { modelId });
    const { manifest, dir } = found;
    if (manifest.damaged.length === 0) throw new StudioError('REQUEST_INVALID', `${manifest.name} is whole as far as is known; verify it first.`, { modelId });
    const { segmentBytes } = this.#timing;
    const state: InstallFile = {
      ...manifest, segmentBytes, stopped: null, failure: null,
      files: manifest.files.map((file) => {
        const whole = !manifest.damaged.includes(file.name);
        const done = Array.from({ length: segmentsOf(file.bytes, segmentBytes) }, (_, i) => (whole ? Math.min(segmentBytes, file.bytes - i * segmentBytes) : 0));
        return { ...file, etag: null, ranges: true, verified: whole, done };
      }),
    };
    const partDir = join(dir, `${modelId}.part`);
    await writeState(join(dir, modelId), state);
    await rm(partDir, { recursive: true, force: true });
    await rename(join(dir, modelId), partDir);
    const download = this.#add(dir, state);
    this.#options.changed();
    return download;
  }

  #add(dir: string, state: InstallFile): Download {
    const { network, settings, tell, changed } = this.#options;
    const { modelId } = state;
    const download = new Download({
      partDir: join(dir, `${modelId}.part`), targetDir: join(dir, modelId), state, network, timing: this.#timing, tell,
      token: () => settings.tokenFor(state.source.endpoint),
      installed: () => {
        this.#downloads.delete(modelId);
        changed();
      },
    });
    this.#downloads.set(modelId, download);
    return download;
  }

  #get(modelId: string): Download {
    const download = this.#downloads.get(modelId);
    if (!download) throw new StudioError('NOT_FOUND', 'There is no download of that model.', { modelId });
    return download;
  }

  async #manifest(modelId: string): Promise<{ readonly manifest: Manifest; readonly dir: string } | undefined> {
    if (!/^[a-z0-9][\w.-]*$/.test(modelId)) return undefined;
    for (const dir of this.#options.settings.dirs) {
      const manifest = await readManifest(join(dir, modelId));
      if (manifest) return { manifest, dir };
    }
    return undefined;
  }

  async #findParts(): Promise<void> {
    for (const dir of this.#options.settings.dirs) {
      for (const name of await readdir(dir).catch(() => [])) {
        if (!name.endsWith('.part')) continue;
        const state = await readState(join(dir, name));
        if (state && `${state.modelId}.part` === name && !this.#downloads.has(state.modelId)) this.#add(dir, state);
      }
    }
  }
}
