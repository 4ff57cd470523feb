import { describe, expect, it } from 'vitest';
import type { JobRecord, JobState } from '../../preload/contract/jobs.ts';
import { firstOrder, listed, nextToRun, outlived, placed } from './order.ts';
import { recordOf } from './submit.ts';

let clock = 0;
function job(id: string, more: Partial<JobRecord> = {}): JobRecord {
  return { ...recordOf({ request: { kind: 'textToImage', prompt: id }, lane: 'foreground' }, ++clock, 'm', clock), id, ...more };
}
const ended = (id: string, state: JobState, finishedAt: number, batchId: string | null = null): JobRecord => job(id, { state, finishedAt, batchId });

describe('the next job', () => {
  it('is the first of the foreground, then of the batch; ended and running ones do not count', () => {
    const jobs = [job('a', { lane: 'batch', order: -5 }), job('b', { order: 9 }), job('c', { order: 9, createdAt: 0 }), ended('d', 'done', 1), job('e', { state: 'running', order: -9 })];
    expect(nextToRun(jobs)?.id).toBe('c');
    expect(nextToRun(jobs.filter(({ lane }) => lane === 'batch'))?.id).toBe('a');
    expect(nextToRun([])).toBeUndefined();
  });

  it('stands behind or before the others of its lane when it is new', () => {
    const jobs = [job('a', { order: 4 }), job('b', { order: 7 }), ended('c', 'done', 1)];
    expect(firstOrder(jobs, 'foreground', 3, false)).toBe(8);
    expect(firstOrder(jobs, 'foreground', 3, true)).toBe(1);
    expect(firstOrder(jobs, 'batch', 3, true)).toBe(1);
  });
});

describe('a moved job', () => {
  it('takes the middle, and numbers the lane anew when there is none', () => {
    const tight = [job('a', { order: 1 }), job('b', { order: 1 + Number.EPSILON }), job('c', { order: 9 })];
    expect(placed(tight, tight[2]!, 'foreground', 'a')).toMatchObject([{ id: 'c', order: 0 }]);
    expect(placed(tight, tight[2]!, 'foreground', 'b').map(({ id, order }) => [id, order])).toEqual([['a', 1], ['c', 2], ['b', 3]]);
    expect(placed(tight, tight[0]!, 'batch', null)).toMatchObject([{ id: 'a', lane: 'batch', order: 1 }]);
    expect(() => placed(tight, ended('x', 'done', 1), 'foreground', null)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});

describe('the list', () => {
  it('shows running, waiting, then ended ones newest first', () => {
    const jobs = [ended('old', 'done', 1), ended('new', 'failed', 2), job('waits'), job('runs', { state: 'running' })];
    expect(listed(jobs).map(({ id }) => id)).toEqual(['runs', 'waits', 'new', 'old']);
    expect(listed(jobs, { states: ['done', 'failed'], limit: 1 }).map(({ id }) => id)).toEqual(['new']);
  });

  it('lets the oldest ended ones go, but none of a batch that still runs', () => {
    const jobs = Array.from({ length: 30 }, (_, i) => ended(`j${i}`, 'done', i, i === 3 ? 'batch' : null));
    expect(outlived(jobs, 28)).toEqual([]);
    expect(outlived(jobs, 25)).toEqual(['j4', 'j3', 'j2', 'j1', 'j0']);
    expect(outlived([...jobs, job('waits', { batchId: 'batch' })], 25)).toEqual(['j4', 'j2', 'j1', 'j0']);
  });
});
