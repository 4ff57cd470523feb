import { describe, expect, it } from 'vitest';
import { isDtype, toFloat32 } from './dtype.ts';

const bytesOf = (halves: number[]): Uint8Array => new Uint8Array(Uint16Array.from(halves).buffer);

describe('conversion to float32', () => {
  it('widens bfloat16 exactly', () => {
    const values = toFloat32(bytesOf([0x3f80, 0xc049, 0x0000, 0x8000, 0x7f7f, 0x0001, 0x7f80, 0xff80]), 'BF16');
    expect([...values]).toEqual([1, -3.140625, 0, -0, 3.3895313892515355e38, 2 ** -133, Infinity, -Infinity]);
    expect(toFloat32(bytesOf([0x7fc0]), 'BF16')[0]).toBeNaN();
  });

  it('widens float16 exactly: normal, subnormal, largest, infinite', () => {
    const values = toFloat32(bytesOf([0x3c00, 0xc248, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x8000, 0x7c00, 0xfc00]), 'F16');
    expect([...values]).toEqual([1, -3.140625, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65_504, -0, Infinity, -Infinity]);
    expect(toFloat32(bytesOf([0x7e00]), 'F16')[0]).toBeNaN();
  });

  it('reads float32 at any alignment', () => {
    const source = new Uint8Array(13);
    source.set(new Uint8Array(Float32Array.of(1.5, -2, 3e-8).buffer), 1);
    expect([...toFloat32(source.subarray(1), 'F32')]).toEqual([...Float32Array.of(1.5, -2, 3e-8)]);
    expect([...toFloat32(new Uint8Array(0), 'F16')]).toEqual([]);
  });

  it('knows only its three types', () => {
    expect(['F32', 'F16', 'BF16', 'F64', 'toString', ''].map(isDtype)).toEqual([true, true, true, false, false, false]);
  });
});
