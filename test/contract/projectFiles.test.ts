/** Project files: to another machine and back, and files that mean harm. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBufferPromise } from 'yauzl';
import { ZipFile } from 'yazl';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Draft } from '../../preload/contract/draft.ts';
import { failure, openWholeStudio, type WholeStudio } from '../helpers/wholeStudio.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

const frame = { x: 0, y: 0, width: 64, height: 64 };
let whole: WholeStudio;
let other: WholeStudio;
let projectId: string;
let generationId: string;
let layer: string;
let bytes: Buffer;

const draft: Draft = {
  task: 'edit', prompt: 'and now at night', modelId: 'toybox', sampling: { steps: 9, txtCfg: 3, imgCfg: 1.5, strength: 1, seed: 12 }, seedLocked: false, batch: 1, join: { blend: 3 }, experimental: false, recent: [],
};

beforeAll(async () => {
  [whole, other] = [await openWholeStudio(), await openWholeStudio()];
  const { client } = whole;
  projectId = (await client.projects.create({ name: 'Harbour "1" ☂' })).id;
  const picture = (seed: number) => whole.upload({ width: 64, height: 64, data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * seed) & 255) });
  const raster = await picture(3);
  const mask = await whole.upload({ width: 64, height: 64, data: Uint8Array.from({ length: 4096 }, (_, i) => (i % 64 > 20 && i % 64 < 40 ? 255 : 0)) });
  layer = await picture(5);
  const [job] = await client.canvas.submit({ projectId, frame, request: { kind: 'inpaint', prompt: 'a cube', raster, mask, seed: 4 }, sources: [layer] });
  generationId = (await whole.ended(job?.id ?? '')).generationIds[0] ?? '';
  await client.gallery.star({ ids: [generationId], starred: true });
  await client.gallery.tag({ ids: [generationId], add: ['print'], remove: [] });
  await client.gallery.note({ id: generationId, note: 'for the wall' });
  const pageId = randomUUID();
  await client.canvas.append({ projectId, pageId, entries: [{ seq: 1, text: '{"a":1}' }, { seq: 2, text: JSON.stringify({ generationId, layer: { hash: layer } }) }] });
  await client.projects.keepDraft({ id: projectId, pageId, draft });
  await client.canvas.snapshot({ projectId, pageId, seq: 1, text: JSON.stringify({ shown: raster }) });
  bytes = Buffer.from(await (await client.projects.exportFile({ id: projectId })).arrayBuffer());
}, 60_000);
afterAll(async () => {
  await whole.close();
  await other.close();
});

const blob = (file: Uint8Array): Blob => new Blob([new Uint8Array(file)]);

describe('a project file', () => {
  it('opens on another machine with canvas, results, rows and lineage, and as another project on the same', async () => {
    for (const { client } of [other, whole]) {
      const project = await client.projects.importFile({ file: blob(bytes) });
      expect(project).toMatchObject({ name: 'Harbour "1" ☂', generations: 1 });
      expect(project.id).not.toBe(projectId);
      const state = await client.canvas.open({ projectId: project.id });
      expect(state).toMatchObject({ seq: 2, snapshot: { seq: 1 }, entries: [{ seq: 2 }] });
      expect((await client.projects.open({ id: project.id, pageId: randomUUID() })).draft).toEqual(draft);
      const [staged] = state.staged;
      expect(staged).toMatchObject({ projectId: project.id, seed: 4, facts: { changedOutside: 0 }, state: 'waiting' });
      // The page's own texts name the new row.
      expect(JSON.parse(state.entries[0]?.text ?? '')).toEqual({ generationId: staged?.generationId, layer: { hash: layer } });
      expect(staged?.generationId).not.toBe(generationId);
      const row = await client.gallery.get({ id: staged?.generationId ?? '' });
      expect(row).toMatchObject({ projectId: project.id, prompt: 'a cube', starred: true, tags: ['print'], note: 'for the wall', request: { kind: 'inpaint', seed: 4 } });
      expect(row.parents.map(({ role }) => role)).toEqual(['source', 'mask', 'mask']);
      // What waited can still be composited anew, and the row run again.
      expect(await client.canvas.recomposite({ id: staged?.id ?? '', blend: 0 })).toMatchObject({ blend: 0 });
      expect((await client.gallery.recall({ id: row.id })).request).toEqual(row.request);
    }
    expect((await other.pixels(layer, 3)).data).toEqual((await whole.pixels(layer, 3)).data);
    expect(await other.client.projects.list()).toHaveLength(2);
  });

  it('goes to a file of this machine and comes from there', async () => {
    const path = join(whole.dir, 'saved.ovis');
    const { bytes: size } = await whole.client.projects.saveTo({ id: projectId, path });
    expect(readFileSync(path)).toHaveLength(size);
    expect(await other.client.projects.openFrom({ path, name: 'Another' })).toMatchObject({ name: 'Another', generations: 1 });
    // Once more over the old one.
    await whole.client.projects.saveTo({ id: projectId, path });
    expect(readdirSync(whole.dir).filter((name) => name.endsWith('.part'))).toEqual([]);
    for (const bad of ['saved.ovis', join(whole.dir, 'saved.zip'), join(whole.dir, 'no/such/folder.ovis')]) {
      expect(await failure(whole.client.projects.saveTo({ id: projectId, path: bad }))).toMatchObject({ code: 'REQUEST_INVALID' });
    }
    expect(existsSync(join(whole.dir, 'saved.zip'))).toBe(false);
    expect(await failure(whole.client.projects.openFrom({ path: join(whole.dir, 'absent.ovis') }))).toMatchObject({ code: 'REQUEST_INVALID', details: { reason: 'NOT_READABLE' } });
    expect(await failure(whole.client.projects.saveTo({ id: randomUUID(), path }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

type Parts = Map<string, Buffer>;

async function unzip(): Promise<Parts> {
  const zip = await fromBufferPromise(bytes);
  const parts: Parts = new Map();
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    parts.set(entry.fileName, Buffer.concat(chunks));
  }
  return parts;
}

async function zipped(parts: Iterable<readonly [string, Buffer]>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of parts) zip.addBuffer(content, name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The good file with one record changed, its check sum with it. */
async function withRecord(which: 'document' | 'generations' | 'staged', change: (record: never) => unknown): Promise<Buffer> {
  const parts = await unzip();
  const changed = Buffer.from(JSON.stringify(change(JSON.parse(parts.get(`${which}.json`)!.toString()) as never)));
  const manifest = JSON.parse(parts.get('ovis.json')!.toString()) as { records: Record<string, string> };
  manifest.records[which] = createHash('sha256').update(changed).digest('hex');
  return zipped([...parts.set(`${which}.json`, changed).set('ovis.json', Buffer.from(JSON.stringify(manifest)))]);
}

async function withManifest(change: (manifest: Record<string, unknown>) => unknown): Promise<Buffer> {
  const parts = await unzip();
  return zipped([...parts.set('ovis.json', Buffer.from(JSON.stringify(change(JSON.parse(parts.get('ovis.json')!.toString()) as Record<string, unknown>))))]);
}

/** The name stands in the zip twice, at equal length: what a library refuses to write is written over. */
async function renamedTo(from: string, to: string): Promise<Buffer> {
  const parts = await unzip();
  parts.set(from, Buffer.from('x'));
  return Buffer.from((await zipped([...parts])).toString('latin1').replaceAll(from, to), 'latin1');
}

const asset = async (): Promise<string> => [...(await unzip()).keys()].find((name) => name.startsWith('assets/')) ?? '';

const hostile: readonly (readonly [string, () => Promise<Buffer>, object])[] = [
  ['an empty file', async () => Buffer.alloc(0), { details: { reason: 'DAMAGED' } }],
  ['a text', async () => Buffer.from('PK? no.'.repeat(100)), { details: { reason: 'DAMAGED' } }],
  ['a file cut short', async () => bytes.subarray(0, bytes.length - 30), { details: { reason: 'DAMAGED' } }],
  ['a file cut in half', async () => bytes.subarray(0, bytes.length >> 1), { details: { reason: 'DAMAGED' } }],
  ['a file that lost its beginning', async () => bytes.subarray(500), {}],
  ['another zip', () => zipped([['word/document.xml', Buffer.from('<a/>')]]), { details: { reason: 'NOT_A_PROJECT' } }],
  ['a manifest of something else', () => withManifest(() => ({ format: 'else', version: 1 })), { details: { reason: 'NOT_A_PROJECT' } }],
  ['a newer version', () => withManifest((m) => ({ ...m, version: 2, somethingNew: true })), { details: { reason: 'NEWER_VERSION', version: 2 } }],
  ['a version of no kind', () => withManifest((m) => ({ ...m, version: -1 })), { details: { reason: 'NOT_A_PROJECT' } }],
  ['a way out', () => renamedTo('aa/bb/evil.txt', '../../evil.txt'), { details: { reason: 'UNSAFE_NAME' } }],
  ['an absolute path', () => renamedTo('aaetc/evil.txt', '//etc/evil.txt'), { details: { reason: 'UNSAFE_NAME' } }],
  ['a drive', () => renamedTo('Caaevil.txt', 'C:/evil.txt'), { details: { reason: 'UNSAFE_NAME' } }],
  ['a backslash', () => renamedTo('aaabevil.txt', '..\\bevil.txt'), { details: { reason: 'UNSAFE_NAME' } }],
  ['a part twice', async () => zipped([...(await unzip()), ['document.json', Buffer.from('{}')]]), { details: { reason: 'DUPLICATE_PART', part: 'document.json' } }],
  ['a bomb', async () => zipped([...(await unzip()), ['assets/bomb.png', Buffer.alloc(64 * 1024 * 1024)]]), { details: { reason: 'BOMB' } }],
  ['a record that is missing', async () => zipped([...(await unzip())].filter(([name]) => name !== 'staged.json')), { details: { reason: 'MISSING_PART', part: 'staged.json' } }],
  ['a picture that is missing', async () => { const name = await asset(); return zipped([...(await unzip())].filter(([part]) => part !== name)); }, { details: { reason: 'MISSING_PART' } }],
  ['a picture that the manifest does not list', () => withManifest((m) => ({ ...m, assets: [] })), { details: { reason: 'MISSING_PART' } }],
  ['another picture under that hash', async () => { const name = await asset(); return zipped([...(await unzip()).set(name, Buffer.from('not this'))]); }, { code: 'CHECKSUM' }],
  ['a record that was changed', async () => zipped([...(await unzip()).set('document.json', Buffer.from('{"snapshot":null,"entries":[],"seq":0,"sources":[]}'))]), { code: 'CHECKSUM' }],
  ['a picture that is none', async () => {
    const fake = Buffer.from('<svg onload="alert(1)"/>');
    const hash = createHash('sha256').update(fake).digest('hex');
    const parts = await unzip();
    const manifest = JSON.parse(parts.get('ovis.json')!.toString()) as { assets: object[] };
    manifest.assets.push({ hash, extension: 'png' });
    return zipped([...parts.set(`assets/${hash}.png`, fake).set('ovis.json', Buffer.from(JSON.stringify(manifest)))]);
  }, {}],
  ['a record that is no JSON', async () => withManifest((m) => m).then(async () => {
    const parts = await unzip();
    const broken = Buffer.from('{"a":');
    const manifest = JSON.parse(parts.get('ovis.json')!.toString()) as { records: Record<string, string> };
    manifest.records['staged'] = createHash('sha256').update(broken).digest('hex');
    return zipped([...parts.set('staged.json', broken).set('ovis.json', Buffer.from(JSON.stringify(manifest)))]);
  }), { details: { reason: 'INVALID', part: 'staged.json' } }],
  ['rows of another shape', () => withRecord('generations', (rows: object[]) => rows.map((row) => ({ ...row, request: { kind: 'format', disk: 'c' } }))), { details: { reason: 'INVALID' } }],
  ['a journal with a gap', () => withRecord('document', (d: { entries: object[] }) => ({ ...d, entries: [{ seq: 4, text: '{}' }] })), { details: { reason: 'INVALID' } }],
  ['a journal that is no JSON', () => withRecord('document', (d: { entries: object[] }) => ({ ...d, entries: [{ seq: 2, text: '{{{' }] })), {}],
  ['a result that names a picture that is not there', () => withRecord('staged', (rows: object[]) => rows.map((row) => ({ ...row, raw: '0'.repeat(64) }))), { details: { reason: 'MISSING_PART' } }],
];

describe('a file that means harm', () => {
  it.each([
    ['as an earlier version wrote it', ({ draft: _draft, ...document }: { readonly draft: unknown }) => document],
    ['of a version that knows others', (document: object) => ({ ...document, draft: { words: 'a cube' } })],
  ])('%s opens without prompt and settings', async (_what, change) => {
    const { client } = other;
    const project = await client.projects.importFile({ file: blob(await withRecord('document', change)) });
    expect(await client.projects.open({ id: project.id, pageId: randomUUID() })).not.toHaveProperty('draft');
    expect((await client.canvas.open({ projectId: project.id })).seq).toBe(2);
  });

  it.each(hostile)('%s is refused with a typed error, and nothing of it is taken in', async (_what, make, expected) => {
    const before = [await other.client.projects.list(), (await other.client.gallery.counts()).all];
    const file = await make();
    const told = await failure(other.client.projects.importFile({ file: blob(file) }));
    expect(told).toMatchObject({ code: 'REQUEST_INVALID', ...expected });
    expect([await other.client.projects.list(), (await other.client.gallery.counts()).all]).toEqual(before);
    const path = join(other.dir, 'hostile.ovis');
    writeFileSync(path, file);
    expect((await failure(other.client.projects.openFrom({ path }))).code).toBe(told.code);
    expect(existsSync(join(other.dir, '../evil.txt'))).toBe(false);
  });

  it('with any byte changed is refused or is the same project', async () => {
    const before = (await other.client.projects.list()).length;
    let taken = 0;
    for (let i = 0; i < 60; i++) {
      const broken = Buffer.from(bytes);
      const at = Math.floor((i / 60) * bytes.length);
      broken[at] = (broken[at] ?? 0) ^ (1 << (i % 8));
      const answer = await other.client.projects.importFile({ file: blob(broken) }).then(() => 'taken', async (error: unknown) => (await failure(Promise.reject(error as Error))).code);
      if (answer === 'taken') taken++;
      else expect(['REQUEST_INVALID', 'CHECKSUM']).toContain(answer);
    }
    expect((await other.client.projects.list()).length).toBe(before + taken);
  });
});
