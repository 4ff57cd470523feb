import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashOf, newGeneration, storedAsset } from '../../test/helpers/historyRows.ts';
import { jobRecord } from '../../test/helpers/memoryRooms.ts';
import type { NewStaged } from './rowTypes.ts';
import { forgetUnused, isUsed, putAsset } from './assetRows.ts';
import { appendJournal, claimCanvas, openCanvas, saveSnapshot } from './canvas.ts';
import { connect, type Db } from './connection.ts';
import { getDerived, setDerived } from './derived.ts';
import { getGeneration } from './generations.ts';
import { finishJob, loadQueue, saveJobs } from './jobs.ts';
import { migrate } from './migrate.ts';
import { createProject, deleteProject } from './projects.ts';
import { changeStaged, getStaged, listStaged, settleStaged } from './staged.ts';
import { purgeGenerations } from './trash.ts';

let db: Db;
let project: string;
beforeEach(() => {
  db = connect(':memory:');
  migrate(db);
  project = createProject(db, randomUUID(), 'Untitled', 1).id;
});
afterEach(() => db.close());

const page = randomUUID();
const other = randomUUID();
const entry = (seq: number, value: unknown = seq): { seq: number; text: string } => ({ seq, text: JSON.stringify({ value }) });
const code = (wanted: string, details: object = {}): unknown => expect.objectContaining({ code: wanted, details: expect.objectContaining(details) });

function stored(name: string): string {
  const hash = hashOf(name);
  putAsset(db, storedAsset(hash), 0);
  return hash;
}

/** What a collection would take now. */
function collect(): void {
  forgetUnused(db, 1e15, 1_000);
}

const isStored = (hash: string): boolean => db.prepare('SELECT 1 FROM assets WHERE hash = ?').get(hash) !== undefined;

describe('the journal', () => {
  it('comes back as it was written, to the byte', () => {
    const odd = '{"a": "\\ud83d\\ude00 😀",\n "b":[1e3,-0.10]}';
    expect(appendJournal(db, project, [entry(1), { seq: 2, text: odd }], 7)).toBe(2);
    expect(openCanvas(db, project)).toEqual({ projectId: project, snapshot: null, entries: [entry(1), { seq: 2, text: odd }], seq: 2, staged: [] });
  });

  it('refuses a gap, all or none', () => {
    appendJournal(db, project, [entry(1)], 1);
    expect(() => appendJournal(db, project, [entry(2), entry(4)], 1)).toThrow(code('REQUEST_INVALID', { expected: 3, received: 4 }));
    expect(() => appendJournal(db, project, [entry(9)], 1)).toThrow(code('REQUEST_INVALID', { expected: 2 }));
    expect(openCanvas(db, project).seq).toBe(1);
  });

  it('takes what was sent twice once, and another text in its place never', () => {
    appendJournal(db, project, [entry(1), entry(2)], 1);
    expect(appendJournal(db, project, [entry(2), entry(3)], 1)).toBe(3);
    expect(() => appendJournal(db, project, [entry(2, 'else')], 1)).toThrow(code('REQUEST_INVALID', { reason: 'TAKEN' }));
    saveSnapshot(db, project, 2, '{"document":2}', 5);
    // The page that never heard of it sends them once more.
    expect(appendJournal(db, project, [entry(1), entry(2), entry(3), entry(4)], 1)).toBe(4);
    expect(openCanvas(db, project)).toMatchObject({ snapshot: { seq: 2, text: '{"document":2}', savedAt: 5 }, entries: [entry(3), entry(4)], seq: 4 });
  });

  it('refuses a snapshot of what was never written, or of what a later one has passed', () => {
    appendJournal(db, project, [entry(1), entry(2)], 1);
    expect(() => saveSnapshot(db, project, 3, '{}', 1)).toThrow(code('REQUEST_INVALID', { expected: 2 }));
    saveSnapshot(db, project, 2, '{}', 1);
    expect(() => saveSnapshot(db, project, 1, '{}', 1)).toThrow(code('REQUEST_INVALID'));
    expect(saveSnapshot(db, project, 2, '{"again":1}', 1)).toBe(2);
  });

  it.each([
    ['no JSON', '{"a":'], ['a list', '[1]'], ['a number', '12'], ['null', 'null'], ['a text', '"a"'], ['two values', '{}{}'], ['a comment', '{/* */}'],
    ['half a pair', '{"a":"\ud800"}'], ['a NUL', '{"a":"\u0000"}'], ['a bottomless nest', `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`], ['NaN', '{"a":NaN}'],
  ])('refuses %s', (_what, text) => {
    expect(() => appendJournal(db, project, [entry(1), { seq: 2, text }], 1)).toThrow(code('REQUEST_INVALID'));
    expect(() => saveSnapshot(db, project, 0, text, 1)).toThrow(code('REQUEST_INVALID'));
    expect(openCanvas(db, project)).toMatchObject({ entries: [], snapshot: null });
  });

  it('of a project that is not there, or lies in the trash, is NOT_FOUND', () => {
    appendJournal(db, project, [entry(1)], 1);
    deleteProject(db, project, 2);
    for (const ask of [() => openCanvas(db, project), () => appendJournal(db, project, [entry(2)], 1), () => saveSnapshot(db, project, 1, '{}', 1), () => claimCanvas(db, project, page), () => openCanvas(db, 'x')]) {
      expect(ask).toThrow(code('NOT_FOUND'));
    }
  });

  it('any writer that repeats itself, and snapshots at any point, leaves the same document', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.record({ append: fc.integer({ min: 1, max: 4 }), again: fc.integer({ min: 0, max: 3 }) }), fc.record({ snapshot: fc.integer({ min: 0, max: 3 }) })), { maxLength: 20 }), (acts) => {
      const id = createProject(db, randomUUID(), 'P', 1).id;
      let last = 0;
      let kept = 0;
      for (const act of acts) {
        if ('append' in act) {
          const from = Math.max(1, last + 1 - act.again);
          last += act.append;
          appendJournal(db, id, Array.from({ length: last - from + 1 }, (_, i) => entry(from + i)), 1);
        } else if (last - act.snapshot >= kept) {
          kept = last - act.snapshot;
          saveSnapshot(db, id, kept, JSON.stringify({ upTo: kept }), 1);
        }
      }
      const state = openCanvas(db, id);
      expect(state.seq).toBe(last);
      expect(state.entries).toEqual(Array.from({ length: last - kept }, (_, i) => entry(kept + 1 + i)));
    }), { numRuns: 50 });
  });
});

describe('pictures that a canvas names', () => {
  it('stay, whether a snapshot, an entry, or only the undo of its page names them', () => {
    const [a, b, c, loose] = [stored('a'), stored('b'), stored('c'), stored('loose')];
    claimCanvas(db, project, page);
    appendJournal(db, project, [entry(1, { hash: a }), entry(2, [b])], 1);
    saveSnapshot(db, project, 2, JSON.stringify({ layers: { x: { map: c } } }), 1);
    collect();
    // Neither the snapshot nor an entry names a and b any more: an undo can bring them back.
    expect([a, b, c, loose].map(isStored)).toEqual([true, true, true, false]);
    claimCanvas(db, project, page);
    collect();
    expect([a, b, c].map(isStored)).toEqual([true, true, true]);
    claimCanvas(db, project, other);
    collect();
    expect([a, b, c].map(isStored)).toEqual([false, false, true]);
  });

  it('stay while an entry after the snapshot names them, whoever opens it', () => {
    const a = stored('a');
    claimCanvas(db, project, page);
    saveSnapshot(db, project, 0, '{}', 1);
    appendJournal(db, project, [entry(1, { hash: a })], 1);
    claimCanvas(db, project, other);
    collect();
    expect(isUsed(db, a)).toBe(true);
  });

  it('stay while the project lies in the trash, and go when that is emptied', () => {
    const a = stored('a');
    appendJournal(db, project, [entry(1, { hash: a })], 1);
    deleteProject(db, project, 5);
    collect();
    expect(isStored(a)).toBe(true);
    purgeGenerations(db);
    collect();
    expect(isStored(a)).toBe(false);
  });

  it('need not be there: a layer may be named like a hash', () => {
    appendJournal(db, project, [entry(1, { name: hashOf('nothing') })], 1);
    expect(openCanvas(db, project).seq).toBe(1);
  });
});

function staged(change: Partial<NewStaged> = {}): NewStaged {
  return {
    id: randomUUID(), projectId: project, jobId: randomUUID(), generationId: null, createdAt: 5, frame: { x: -64, y: 0, width: 64, height: 64 }, result: stored('result'),
    patch: { hash: stored('patch'), rect: { x: -60, y: 4, width: 8, height: 8 } }, raw: stored('raw'), raster: stored('raster'), mask: stored('mask'), blend: 4, colourMatch: true,
    facts: { changedOutside: 0, keptPixels: 12, seamDeltaE: 1.5, seamDeltaEBefore: null }, prompt: 'a cube', seed: 3, kept: false,
    source: { image: stored('image'), denoiseMask: stored('denoise'), compositeMask: stored('composite'), crop: null, task: 'inpaint', options: {} }, ...change,
  };
}

/** As the queue does it. */
function finish(row: NewStaged): NewStaged {
  const generation = newGeneration(row.result, { projectId: row.projectId });
  const told = { ...row, generationId: generation.id };
  finishJob(db, jobRecord({ id: row.jobId, state: 'done', generationIds: [generation.id] }), [generation], [told]);
  return told;
}

describe('waiting results', () => {
  it('are written with their job and generation, keep every picture, and are told when the canvas opens', () => {
    const row = finish(staged());
    collect();
    expect(openCanvas(db, project).staged).toEqual([{ ...row, state: 'waiting' }]);
    for (const name of ['result', 'patch', 'raw', 'raster', 'mask', 'image', 'denoise', 'composite']) expect(isStored(hashOf(name))).toBe(true);
  });

  it('are not written without their pictures, nor is the job', () => {
    const row = staged({ raw: hashOf('gone') });
    expect(() => finish(row)).toThrow(code('ASSET_MISSING'));
    expect(loadQueue(db).jobs).toEqual([]);
    expect(listStaged(db, project)).toEqual([]);
  });

  it('of a project removed meanwhile wait nowhere', () => {
    const row = staged();
    deleteProject(db, project, 1);
    purgeGenerations(db);
    finish(row);
    expect(loadQueue(db).jobs).toHaveLength(1);
    expect(() => getStaged(db, row.id)).toThrow(code('NOT_FOUND'));
  });

  it('are accepted, discarded and taken back; their pictures stay in the gallery', () => {
    const [a, b] = [finish(staged()), finish(staged({ kept: true }))];
    const trashed = (): (number | null)[] => [a, b].map(({ generationId }) => getGeneration(db, generationId ?? '').trashedAt);
    expect(settleStaged(db, [a.id, b.id, 'gone'], 'accepted').map(({ state }) => state)).toEqual(['accepted', 'accepted']);
    expect(listStaged(db, project)).toEqual([]);
    expect(trashed()).toEqual([null, null]);
    settleStaged(db, [a.id, b.id], 'discarded');
    expect(trashed()).toEqual([null, null]);
    settleStaged(db, [a.id], 'waiting');
    expect(trashed()).toEqual([null, null]);
    expect(listStaged(db, project).map(({ id }) => id)).toEqual([a.id]);
  });

  it('lose their row of the gallery when that is removed, and nothing else', () => {
    const row = finish(staged());
    db.prepare('DELETE FROM generations').run();
    expect(getStaged(db, row.id)).toMatchObject({ generationId: null, result: row.result });
  });

  it('that are settled go when another page takes over, their pictures with them', () => {
    const [a, b] = [finish(staged()), finish(staged({ raw: stored('other raw') }))];
    claimCanvas(db, project, page);
    settleStaged(db, [a.id], 'discarded');
    claimCanvas(db, project, page);
    expect(getStaged(db, a.id).state).toBe('discarded');
    claimCanvas(db, project, other);
    expect(() => getStaged(db, a.id)).toThrow(code('NOT_FOUND'));
    expect(listStaged(db, project).map(({ id }) => id)).toEqual([b.id]);
    collect();
    expect([isStored(hashOf('raw')), isStored(hashOf('other raw'))]).toEqual([false, true]);
  });

  it('composited anew name the new pictures and let the former go', () => {
    const row = finish(staged());
    const next = stored('next');
    const changed = changeStaged(db, row.id, { patch: { hash: next, rect: row.frame }, blend: 9 });
    expect(changed).toMatchObject({ blend: 9, patch: { hash: next }, raw: row.raw });
    collect();
    expect([isStored(next), isStored(hashOf('patch')), isStored(row.raw)]).toEqual([true, false, true]);
    expect(() => changeStaged(db, row.id, { raw: hashOf('gone') })).toThrow(code('ASSET_MISSING'));
    expect(getStaged(db, row.id).raw).toBe(row.raw);
  });
});

describe('a job for the canvas', () => {
  it('keeps what the page sent for as long as it may be run again', () => {
    const [raster, mask] = [stored('raster'), stored('mask')];
    saveJobs(db, [jobRecord({ canvas: { frame: { x: 0, y: 0, width: 64, height: 64 }, raster, mask, options: {} } })]);
    collect();
    expect([isStored(raster), isStored(mask)]).toEqual([true, true]);
  });
});

describe('pictures made by a recipe', () => {
  it('are found again while they are stored, and are not kept by being found', () => {
    const map = stored('map');
    setDerived(db, 'canny x', map);
    expect([getDerived(db, 'canny x'), getDerived(db, 'canny y')]).toEqual([map, undefined]);
    collect();
    expect(getDerived(db, 'canny x')).toBeUndefined();
  });
});
