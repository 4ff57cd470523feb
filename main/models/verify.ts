/** Reads a model that is here against what the hub says its bytes add up to. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { VerifyReport } from '../../preload/contract/models.ts';
import { StudioError } from '../errors.ts';
import { isAsKnown, type KnownSums } from './hashFile.ts';
import { readManifest, writeManifest } from './manifest.ts';

type FileReport = VerifyReport['files'][number];

/** REQUEST_INVALID for a folder that says nothing of what its bytes should be. `read` hears bytes looked at, of all of them. */
export async function verifyFolder(modelId: string, dir: string, signal: AbortSignal, read: (bytes: number, of: number) => void): Promise<VerifyReport> {
  const manifest = await readManifest(dir);
  const known = manifest?.files ?? (await sumsOfCache(dir));
  if (known.every(({ sha256, gitSha1 }) => sha256 === null && gitSha1 === null)) {
    throw new StudioError('REQUEST_INVALID', 'Nothing here says what the bytes of this folder should be: it came from no hub.', { modelId });
  }
  const total = known.reduce((sum, file) => sum + file.bytes, 0);
  let before = 0;
  const files: FileReport[] = [];
  for (const file of known) {
    files.push({ name: file.name, state: await stateOf(join(dir, file.name), file, signal, (bytes) => read(before + bytes, total)) });
    before += file.bytes;
    read(before, total);
  }
  const damaged = files.filter(({ state }) => state === 'changed' || state === 'missing').map(({ name }) => name);
  if (manifest) await writeManifest(dir, { ...manifest, damaged, verifiedAt: damaged.length === 0 ? Date.now() : manifest.verifiedAt });
  return { modelId, bytes: total, files, whole: damaged.length === 0 };
}

async function stateOf(path: string, known: KnownSums, signal: AbortSignal, read: (bytes: number) => void): Promise<FileReport['state']> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile()) return 'missing';
  if (facts.size !== known.bytes) return 'changed';
  if (known.sha256 === null && known.gitSha1 === null) return 'unchecked';
  return (await isAsKnown(path, known, signal, read)) ? 'ok' : 'changed';
}

/** A hub cache links each file to a blob that is named by its sum: 64 digits of sha256, 40 of git's. */
async function sumsOfCache(dir: string): Promise<(KnownSums & { readonly name: string })[]> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => /\.(json|safetensors|txt)$/.test(name));
  return Promise.all(names.map(async (name) => {
    const path = join(dir, name);
    const blob = basename(await realpath(path).catch(() => ''));
    const bytes = (await stat(path).catch(() => undefined))?.size ?? 0;
    return { name, bytes, sha256: /^[0-9a-f]{64}$/.test(blob) ? blob : null, gitSha1: /^[0-9a-f]{40}$/.test(blob) ? blob : null };
  }));
}
