import { expect, it } from 'vitest';
import { killCampaign } from '../helpers/killCampaign.ts';

// Ten folders of fifty kills: a folder that grows for ever would make the checks the longest part.
it.each(Array.from({ length: 10 }, (_, i) => i + 1))('kill -9 of the main side at 50 random moments, folder %i', async (folder) => {
  const seed = (Date.now() % 100_000) + folder;
  const { problems, announced } = await killCampaign(50, seed);
  expect(problems, `seed ${seed}`).toEqual([]);
  expect(announced).toBeGreaterThan(0);
});
