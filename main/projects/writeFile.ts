/** A project → the bytes of an `.ovis` file, streamed. */
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import type { AssetStore } from '../services.ts';
import type { ProjectRecords } from '../history/projectRows.ts';
import { assetName, fileVersion, manifestName, manifestSchema, recordNames, type Manifest } from './projectFile.ts';

/** The same project gives the same bytes, whenever it is saved, but for the time that it names. */
const mtime = new Date(Date.UTC(1980, 0, 1));

/** Errors come through the stream: ASSET_MISSING beforehand, as rejections. */
export async function zipOf(records: ProjectRecords, assets: Pick<AssetStore, 'file'>, now: number): Promise<NodeJS.ReadableStream> {
  const { project, snapshot, entries, seq, sources, draft, generations, staged, hashes } = records;
  const parts = {
    document: Buffer.from(JSON.stringify({ snapshot, entries, seq, sources, draft: draft === null ? null : (JSON.parse(draft) as unknown) })),
    generations: Buffer.from(JSON.stringify(generations)),
    staged: Buffer.from(JSON.stringify(staged)),
  };
  const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const files: { readonly path: string; readonly name: string }[] = [];
  const listed: Manifest['assets'] = [];
  for (const hash of hashes) {
    const { path } = await assets.file(hash);
    const asset = manifestSchema.shape.assets.element.parse({ hash, extension: extname(path).slice(1) });
    listed.push(asset);
    files.push({ path, name: assetName(asset) });
  }
  const manifest: Manifest = {
    format: 'ovis-project', version: fileVersion, name: project.name, createdAt: project.createdAt, exportedAt: now,
    records: { document: sum(parts.document), generations: sum(parts.generations), staged: sum(parts.staged) }, assets: listed,
  };
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(JSON.stringify(manifest)), manifestName, { mtime });
  for (const name of ['document', 'generations', 'staged'] as const) zip.addBuffer(parts[name], recordNames[name], { mtime });
  // Pictures are packed already.
  for (const { path, name } of files) zip.addFile(path, name, { mtime, compress: false });
  zip.on('error', (error: unknown) => (zip.outputStream as NodeJS.ReadableStream & { destroy(error: unknown): void }).destroy(error));
  zip.end();
  return zip.outputStream;
}
