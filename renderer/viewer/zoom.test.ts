import { describe, expect, it } from 'vitest';
import { fit, zoomAbout } from './zoom.ts';

describe('zoom', () => {
  it('fits and centres', () => expect(fit({ width: 100, height: 50 }, { width: 248, height: 248 })).toEqual({ scale: 2, x: 24, y: 74 }));
  it('keeps the point under the pointer', () => {
    const before = { scale: 2, x: 10, y: 20 };
    const after = zoomAbout(before, 1.5, 110, 220);
    expect((110 - after.x) / after.scale).toBeCloseTo((110 - before.x) / before.scale);
    expect((220 - after.y) / after.scale).toBeCloseTo((220 - before.y) / before.scale);
  });
});
