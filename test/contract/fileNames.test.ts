/** Names under which pictures leave the studio. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extensions, safeFileName } from '../../preload/contract/fileNames.ts';

describe('the name of a picture outside', () => {
  it.each([
    ['a red cone', 4, 'a red cone-4'],
    ['holiday.JPG', null, 'holiday'],
    ['scan.final.tiff', null, 'scanfinal'],
    ['../../etc/passwd', null, 'etcpasswd'],
    ['', 7, 'picture-7'],
    ['.png', null, 'picture'],
    ['红色的球', 1, '红色的球-1'],
  ])('%j with seed %j is %j', (title, seed, name) => {
    expect(safeFileName(title, seed)).toBe(name);
  });

  it('is one that every file system takes, whatever the title', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (title) => {
      const name = safeFileName(title, null);
      expect(name).toMatch(/^[\p{L}\p{N}_-][\p{L}\p{N} _-]{0,59}$/u);
      expect(name).toBe(name.trim());
    }));
  });

  it('has an ending for each kind of file that is stored', () => {
    expect(new Set(Object.values(extensions)).size).toBe(Object.keys(extensions).length);
  });
});
