import { describe, expect, it } from 'vitest';
import { type StrictJson, StrictJsonError, parseStrictJson } from './strictJson.ts';

/** Maps back to objects, to compare with JSON.parse. */
function plain(value: StrictJson): unknown {
  if (value instanceof Map) return Object.fromEntries([...(value as ReadonlyMap<string, StrictJson>)].map(([key, member]) => [key, plain(member)]));
  return Array.isArray(value) ? value.map((one: StrictJson) => plain(one)) : value;
}

describe('strict JSON', () => {
  it.each([
    '{}',
    '[]',
    ' { "a" : [ 1 , -2.5e3 , 0, 1E2 ] , "b" : { "c" : null } } \n',
    '{"":"","\\u0041\\n\\"":"\\\\","é":"漢字"}',
    '[true,false,null,"x"]',
    '1e999',
    '"alone"',
    '{"a":"b\\\\","c":1}',
  ])('agrees with JSON.parse on %s', (text) => {
    expect(plain(parseStrictJson(text))).toEqual(JSON.parse(text));
  });

  it.each([
    '',
    ' ',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{,}',
    '[1,]',
    '[1 2]',
    '{"a" 1}',
    '{a:1}',
    "{'a':1}",
    '01',
    '+1',
    '1.',
    '.5',
    '1e',
    'NaN',
    'Infinity',
    'undefined',
    'tru',
    '"open',
    '"bad \\x escape"',
    '"\\u12g4"',
    '"\\',
    '"tab\tinside"',
    '"\u0000"',
    '{}{}',
    '{} x',
    '\ufeff{}',
  ])('refuses %j, as JSON.parse does', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(() => parseStrictJson(text)).toThrow(StrictJsonError);
  });

  it('refuses a key that stands twice, also when written differently', () => {
    expect(() => parseStrictJson('{"a":1,"b":2,"a":3}')).toThrow('"a" stands twice');
    expect(() => parseStrictJson('{"a":1,"\\u0061":3}')).toThrow('"a" stands twice');
    expect(parseStrictJson('[{"a":1},{"a":2}]')).toHaveLength(2);
  });

  it('keeps prototype names as plain keys', () => {
    expect(parseStrictJson('{"__proto__":1,"constructor":2}')).toEqual(
      new Map([
        ['__proto__', 1],
        ['constructor', 2],
      ]),
    );
  });

  it('refuses more values than any header holds, before they fill the memory', () => {
    expect(() => parseStrictJson(`[${'0,'.repeat(2e6)}0]`)).toThrow('too many values');
  });

  it('refuses deep nesting without exhausting the stack', () => {
    expect(() => parseStrictJson('['.repeat(1e6))).toThrow('nested too deeply');
    expect(() => parseStrictJson('{"a":'.repeat(1e5))).toThrow('nested too deeply');
  });
});
