import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DabWalker, dabBounds, spacing } from './dabs.ts';
import type { Dab } from './dabs.ts';

const coordinate = fc.integer({ min: -300, max: 300 });
const stroke = fc.array(fc.tuple(coordinate, coordinate, fc.integer({ min: 0, max: 100 }).map((value) => value / 100)), { minLength: 1, maxLength: 30 }).map((points) => points.flat());
const brush = fc.record({ size: fc.integer({ min: 4, max: 500 }), hardness: fc.integer({ min: 0, max: 10 }).map((value) => value / 10) });

describe('DabWalker', () => {
  it('yields for a growing stroke exactly what it yields for the whole one', () => {
    fc.assert(fc.property(brush, stroke, fc.array(fc.nat(30), { maxLength: 5 }), (kind, points, cuts) => {
      const whole = [...new DabWalker(kind).walk(points)];
      const walker = new DabWalker(kind);
      const grown: Dab[] = [];
      for (const cut of cuts.sort((a, b) => a - b)) grown.push(...walker.walk(points.slice(0, Math.min(cut * 3, points.length))));
      grown.push(...walker.walk(points));
      expect(grown).toEqual(whole);
    }));
  });

  it('leaves no gap wider than its spacing along a line', () => {
    const kind = { size: 40, hardness: 1 };
    const dabs = [...new DabWalker(kind).walk([0, 0, 1, 300, 0, 1, 300, 170, 1])];
    for (let i = 1; i < dabs.length; i++) {
      const [a, b] = [dabs[i - 1] as Dab, dabs[i] as Dab];
      expect(Math.hypot(b.x - a.x, b.y - a.y)).toBeLessThanOrEqual(spacing(kind) + 1e-6);
    }
    expect(dabs.at(-1)?.y).toBeGreaterThan(170 - spacing(kind) - 1e-6);
  });

  it('makes a dot of a click', () => expect([...new DabWalker({ size: 10, hardness: 0.5 }).walk([5, 6, 1])]).toEqual([{ x: 5, y: 6, size: 10 }]));

  it('bounds every touch', () => expect(dabBounds([{ x: 10, y: 10, size: 8 }])).toEqual({ x: 5, y: 5, width: 10, height: 10 }));
});
