/** An `.ovis` file → records of a new project, its pictures in the store. Everything in it is hostile until checked. */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { inputsOfRequest } from '../history/inputs.ts';
import type { ProjectRecords } from '../history/projectRows.ts';
import type { AssetStore } from '../services.ts';
import { assetName, documentSchema, fileVersion, generationsSchema, headSchema, manifestName, manifestSchema, recordNames, stagedRecordsSchema } from './projectFile.ts';
import { refused, SafeZip } from './readZip.ts';

const limits = { entries: 200_100, entryBytes: 512 * 1024 * 1024, totalBytes: 64 * 1024 ** 3 };
const mostRecordBytes = 256 * 1024 * 1024;

type Records = Omit<ProjectRecords, 'hashes'>;

/**
 * Reads and checks all of it; pictures go into the store as they are read, and those that no project takes up go with a later collection.
 * REQUEST_INVALID with `reason`: DAMAGED, UNSAFE_NAME, DUPLICATE_PART, OVERLAPPING, TOO_LARGE, BOMB, MISSING_PART, NOT_A_PROJECT, NEWER_VERSION,
 * INVALID, NOT_READABLE; CHECKSUM; DISK_FULL.
 */
export async function recordsOf(from: Buffer | string, name: string | undefined, assets: Pick<AssetStore, 'put'>): Promise<Records> {
  const zip = await SafeZip.open(from, limits);
  try {
    return await readRecords(zip, name, assets);
  } finally {
    zip.close();
  }
}

async function readRecords(zip: SafeZip, name: string | undefined, assets: Pick<AssetStore, 'put'>): Promise<Records> {
  if (!zip.names.includes(manifestName)) throw refused('NOT_A_PROJECT', 'This is a zip, but no project of Ovis Studio.');
  const raw = parsed(await zip.read(manifestName, '', mostRecordBytes), manifestName);
  const head = valid(headSchema, raw, manifestName, 'NOT_A_PROJECT');
  if (head.version > fileVersion) throw refused('NEWER_VERSION', `A newer Ovis Studio has written this project (version ${head.version}; this one reads up to ${fileVersion}). Update the studio to open it.`, { version: head.version, newest: fileVersion });
  const manifest = valid(manifestSchema, raw, manifestName);
  const record = async <T>(schema: z.ZodType<T>, which: keyof typeof recordNames): Promise<T> => valid(schema, parsed(await zip.read(recordNames[which], manifest.records[which], mostRecordBytes), recordNames[which]), recordNames[which]);
  const document = await record(documentSchema, 'document');
  const generations = await record(generationsSchema, 'generations');
  const staged = await record(stagedRecordsSchema, 'staged');
  checkJournal(document);
  // Before any picture is read: what is named must be there.
  const listed = new Set(manifest.assets.map(({ hash }) => hash));
  const need = (hash: string | null | undefined, what: string): void => {
    if (hash != null && !listed.has(hash)) throw refused('MISSING_PART', `${what} names a picture that the file lacks.`, { hash });
  };
  for (const row of generations) for (const hash of [row.hash, ...row.parents.map((parent) => parent.hash)]) need(hash, recordNames.generations);
  for (const { result, raw: drawn, raster, mask, patch, source } of staged) {
    for (const hash of [result, drawn, raster, mask, patch?.hash, source?.image, source?.denoiseMask, source?.compositeMask]) need(hash, recordNames.staged);
  }
  for (const { hash } of document.sources) need(hash, recordNames.document);
  const facts = new Map<string, Awaited<ReturnType<AssetStore['put']>>>();
  for (const asset of manifest.assets) facts.set(asset.hash, await assets.put(new Uint8Array(await zip.read(assetName(asset), asset.hash, limits.entryBytes))));
  return renamed({ ...document, draft: document.draft && JSON.stringify(document.draft), generations: generations.map((row) => ({ ...row, ...facts.get(row.hash) })), staged }, name ?? manifest.name);
}

/** New ids throughout: the same project may be here already. Texts of the page name them, too. */
function renamed(records: Omit<Records, 'project'>, name: string): Records {
  const ids = new Map<string, string>([...records.generations.map(({ id }) => id), ...records.staged.map(({ id }) => id)].map((id) => [id, randomUUID()]));
  const next = (id: string): string => ids.get(id) ?? id;
  const text = (written: string): string => written.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, next);
  const id = randomUUID();
  return {
    ...records,
    project: { id, name, createdAt: 0, updatedAt: 0, openedAt: null, generations: 0, cover: null },
    snapshot: records.snapshot && { ...records.snapshot, text: text(records.snapshot.text) },
    entries: records.entries.map((entry) => ({ ...entry, text: text(entry.text) })),
    generations: records.generations.map((row) => ({ ...row, id: next(row.id), projectId: id, parents: row.request === null ? row.parents : named(row) })),
    staged: records.staged.map((row) => ({ ...row, id: next(row.id), projectId: id, state: 'waiting', generationId: row.generationId && next(row.generationId) })),
  };
}

/** Roles are those that the request gives; a parent that it does not name keeps its own. */
function named(row: Records['generations'][number]): Records['generations'][number]['parents'] {
  const roles = new Map(row.request === null ? [] : inputsOfRequest(row.request).map(({ hash, role }) => [hash, role]));
  return row.parents.map((parent) => ({ ...parent, role: roles.get(parent.hash) ?? parent.role }));
}

function checkJournal({ snapshot, entries, seq }: Pick<Records, 'snapshot' | 'entries' | 'seq'>): void {
  const first = (snapshot?.seq ?? 0) + 1;
  if (entries.every((entry, i) => entry.seq === first + i) && seq === first - 1 + entries.length) return;
  throw refused('INVALID', 'The journal in the file has gaps.', { part: recordNames.document });
}

function parsed(bytes: Buffer, part: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw refused('INVALID', `${part} in the file is no JSON.`, { part }, error);
  }
}

function valid<T>(schema: z.ZodType<T>, raw: unknown, part: string, reason = 'INVALID'): T {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.map(String).join('.') ?? '';
  throw refused(reason, reason === 'NOT_A_PROJECT' ? 'This is a zip, but no project of Ovis Studio.' : `${part} in the file is not as it should be at ${field}: ${issue?.message ?? ''}.`, { part, field });
}
