import { expect, it } from 'vitest';
import { killEngine } from '../helpers/killEngine.ts';

it.each(Array.from({ length: 10 }, (_, i) => i + 1))('kill -9 of the engine at 50 random moments, folder %i', async (folder) => {
  const seed = (Date.now() % 100_000) + folder;
  const { problems, interrupted } = await killEngine(50, seed);
  expect(problems, `seed ${seed}`).toEqual([]);
  expect(interrupted).toBeGreaterThan(10);
});
