import { describe, expect, it } from 'vitest';
import { parseAmount } from './parseAmount.ts';

describe('parseAmount', () => {
  it.each([['512', 512], ['1,5', 1.5], ['2*256', 512], ['1024/2 + 64', 576], ['(1+2)*4', 12], ['-3', -3], ['.5', 0.5]])('reads %s', (text, value) => {
    expect(parseAmount(text)).toBe(value);
  });
  it('takes its unit', () => expect(parseAmount('24 px', 'px')).toBe(24));
  it.each(['', 'abc', '1/0', '2*', '1 2', '(1'])('says what is wrong with "%s"', (text) => {
    expect(typeof parseAmount(text)).toBe('string');
  });
});
