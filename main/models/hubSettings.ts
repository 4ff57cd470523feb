/** Where models come from and go to, in a file that only this user can read: it may hold a token. */
import { access, chmod, constants, mkdir, readFile, statfs } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { endpointSchema, type HubSource, type HubSourceChange } from '../../preload/contract/models.ts';
import { StudioError } from '../errors.ts';
import { writeFileAtomic } from '../writeFile.ts';
import { defaultEndpoint } from './hub.ts';

const fileSchema = z.object({
  endpoint: endpointSchema.catch(defaultEndpoint),
  token: z.string().nullable().catch(null),
  modelsDir: z.string().nullable().catch(null),
  /** Folders of before: what was put there is still found. */
  formerDirs: z.array(z.string()).catch([]),
});
type HubFile = z.infer<typeof fileSchema>;

/** For one command: not written down. */
export interface SessionHub {
  readonly endpoint?: string;
  readonly token?: string;
}

export class HubSettings {
  readonly #path: string;
  readonly #defaultDir: string;
  readonly #session: SessionHub;
  #file: HubFile;

  private constructor(path: string, defaultDir: string, file: HubFile, session: SessionHub) {
    this.#session = session;
    this.#path = path;
    this.#defaultDir = defaultDir;
    this.#file = file;
  }

  static async open(dataDir: string, session: SessionHub = {}): Promise<HubSettings> {
    const path = join(dataDir, 'hub.json');
    const text = await readFile(path, 'utf8').catch(() => '{}');
    let raw: unknown;
    try {
      raw = JSON.parse(text);
    } catch {
      raw = {};
    }
    const parsed = fileSchema.safeParse(raw);
    return new HubSettings(path, join(dataDir, 'models'), parsed.success ? parsed.data : fileSchema.parse({}), session);
  }

  get endpoint(): string {
    return this.#session.endpoint ?? this.#file.endpoint;
  }

  get modelsDir(): string {
    return this.#file.modelsDir ?? this.#defaultDir;
  }

  /** Every folder that may hold models, the present one first. */
  get dirs(): readonly string[] {
    return [...new Set([this.modelsDir, this.#defaultDir, ...this.#file.formerDirs])];
  }

  /** The stored token, for this endpoint alone: one that was typed for another hub is not shown to it. */
  tokenFor(endpoint: string): string | undefined {
    if (this.#session.token !== undefined && endpoint === this.endpoint) return this.#session.token;
    return endpoint === this.#file.endpoint ? (this.#file.token ?? undefined) : undefined;
  }

  async source(): Promise<HubSource> {
    const disk = await statfs(this.modelsDir).catch(() => statfs(join(this.#path, '..'))).catch(() => undefined);
    return { endpoint: this.endpoint, hasToken: this.#file.token !== null, modelsDir: this.modelsDir, freeDiskBytes: disk === undefined ? null : disk.bavail * disk.bsize };
  }

  /** REQUEST_INVALID for a folder that cannot be used, or a token that would travel in the open. */
  async change(change: HubSourceChange): Promise<HubSource> {
    const { endpoint = this.#file.endpoint, modelsDir = this.#file.modelsDir } = change;
    // A token belongs to the hub that it was typed for.
    const token = change.token !== undefined ? change.token : endpoint === this.#file.endpoint ? this.#file.token : null;
    if (modelsDir !== null) await checkFolder(modelsDir);
    const formerDirs = modelsDir === this.#file.modelsDir ? this.#file.formerDirs : [...new Set([this.modelsDir, ...this.#file.formerDirs])];
    const file = { endpoint: endpoint.replace(/\/+$/, ''), token, modelsDir: modelsDir === null ? null : resolve(modelsDir), formerDirs };
    await writeFileAtomic(this.#path, Buffer.from(`${JSON.stringify(file, null, 2)}\n`));
    await chmod(this.#path, 0o600);
    this.#file = file;
    return this.source();
  }
}

async function checkFolder(dir: string): Promise<void> {
  if (!isAbsolute(dir)) throw new StudioError('REQUEST_INVALID', `${dir} is not a whole path.`, { path: dir });
  await mkdir(dir, { recursive: true }).then(() => access(dir, constants.W_OK)).catch((error: unknown) => {
    throw new StudioError('REQUEST_INVALID', `The folder ${dir} cannot be used: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}.`, { path: dir }, { cause: error });
  });
}
