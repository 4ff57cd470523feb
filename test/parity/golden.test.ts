import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkCase } from './golden.ts';

const root = path.resolve(import.meta.dirname, '../fixtures/golden');
const cases = readdirSync(root).filter((name) => name.startsWith('dev_'));

describe('golden vectors', () => {
  it.each(cases)('%s: every tensor of every stage agrees', async (name) => {
    const report = await checkCase(path.join(root, name));
    expect(report.unknown).toEqual([]);
    expect(report.compared.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.compared.length).toBeGreaterThan(170);
  });
});
