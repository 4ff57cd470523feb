import { expect, it } from 'vitest';
import { blendInpaint, maskChannels, noiseTo } from './blend.ts';

it('keeps where the mask is 0, paints where it is 1, mixes between', () => {
  const x = Float32Array.from([10, 10, 10, NaN]);
  const original = Float32Array.from([2, 2, 2, 2]);
  const noise = Float32Array.from([4, 4, 4, 4]);
  blendInpaint({ x, original, noise, mask: Float32Array.from([1, 0, 0.5, 1]), t: 0.25 });
  expect([...x]).toEqual([10, 2.5, 6.25, NaN]);
});

it('arrives at the original exactly when t is 0', () => {
  const original = Float32Array.from([0.1, -0.3]);
  const x = Float32Array.from([9, 9]);
  blendInpaint({ x, original, noise: Float32Array.from([1, 1]), mask: new Float32Array(2), t: 0 });
  expect(x).toEqual(original);
});

it('starts a partial run on the straight path', () => {
  expect([...noiseTo(Float32Array.from([1, 0]), Float32Array.from([0, 1]), 0.75)]).toEqual([0.25, 0.75]);
  expect(() => noiseTo(new Float32Array(1), new Float32Array(2), 1)).toThrow(/length/);
  expect(() => blendInpaint({ x: new Float32Array(1), original: new Float32Array(2), noise: new Float32Array(1), mask: new Float32Array(1), t: 0 })).toThrow(/one length/);
});

it('repeats a mask over channels', () => {
  expect([...maskChannels(Float32Array.from([0, 1]), 3)]).toEqual([0, 1, 0, 1, 0, 1]);
});
