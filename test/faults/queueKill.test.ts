import { expect, it } from 'vitest';
import { killCampaign } from '../helpers/killCampaign.ts';

it('kill -9 of the main side at 50 random moments loses no announced result, leaves no orphan file and a sound history, and the queue goes on', async () => {
  const seed = Date.now() % 100_000;
  const { problems, announced } = await killCampaign(50, seed);
  expect(problems, `seed ${seed}`).toEqual([]);
  expect(announced).toBeGreaterThan(0);
}, 600_000);
