import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keepTidy } from './tidying.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('tidies soon after the start, then daily, through failures, until it is ended', async () => {
  const gone = [{ rows: 2, files: 1 }, undefined, { rows: 0, files: 0 }];
  const tidy = vi.fn(async () => gone.shift() ?? Promise.reject(new Error('no disk')));
  const done = vi.fn();
  const report = vi.fn();
  const end = keepTidy({ tidy, done, report });
  await vi.advanceTimersByTimeAsync(59_000);
  expect(tidy).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(done).toHaveBeenCalledWith({ rows: 2, files: 1 });
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect(report.mock.calls).toMatchObject([[{ code: 'INTERNAL' }, 'tidying up']]);
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect([tidy.mock.calls.length, done.mock.calls.length]).toEqual([3, 2]);
  await end();
  await vi.advanceTimersByTimeAsync(10 * 86_400_000);
  expect(tidy).toHaveBeenCalledTimes(3);
});

it('waits at its end for what is under way', async () => {
  const work = Promise.withResolvers<{ rows: number; files: number }>();
  const end = keepTidy({ tidy: () => work.promise, done: () => undefined, report: () => undefined, firstMs: 0 });
  await vi.advanceTimersByTimeAsync(1);
  let ended = false;
  const ending = end().then(() => (ended = true));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ended).toBe(false);
  work.resolve({ rows: 0, files: 0 });
  await ending;
  expect(vi.getTimerCount()).toBe(0);
});
