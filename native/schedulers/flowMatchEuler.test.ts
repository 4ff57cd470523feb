import { describe, expect, it } from 'vitest';
import { goldenCases, loadGolden, maxAbsDiff } from '../image/golden.testing.ts';
import { linspaceF32, schedule, shiftMu, step } from './flowMatchEuler.ts';
import { timeFeatures } from './timeFeatures.ts';

interface GeneratorConfig {
  timestep_shift: boolean;
  base_shift: number;
  max_shift: number;
}

describe.each(goldenCases)('schedule: %s', (name) => {
  const golden = loadGolden(name);
  const config = golden.config['visual_generator_config'] as unknown as GeneratorConfig;
  const constants = { baseShift: config.base_shift, maxShift: config.max_shift };
  const caseSeqLen = golden.info['sched.case_seq_len'] as number;

  it.each(
    [true, false].flatMap((shift) => [4, 50].flatMap((steps) => [caseSeqLen, 4096].map((seqLen) => [shift, steps, seqLen] as const))),
  )('shift %s, %i steps, %i tokens, to the bit', (shift, steps, seqLen) => {
    const tensor = `sched.${shift ? 'shift' : 'noshift'}.steps${steps}.len_${seqLen === caseSeqLen ? 'case' : seqLen}`;
    expect([...schedule({ ...constants, steps, seqLen, shift })]).toEqual([...golden.f32(tensor)]);
  });

  it.each(['t2i', 'edit'])('%s runs at the golden times, as exact doubles', (run) => {
    const info = golden.info[run] as { steps: number; timesteps: number[] };
    const seqLen = golden.shape(`${run}.noise_tokens`)[0]!;
    expect([...schedule({ ...constants, steps: info.steps, seqLen, shift: config.timestep_shift })]).toEqual(info.timesteps);
  });

  it('steps follow the golden states', () => {
    const info = golden.info['t2i'] as { timesteps: number[] };
    const x = golden.f32('t2i.noise_tokens');
    for (let i = 0; i < info.timesteps.length - 1; i++) {
      step(x, golden.f32(`t2i.step${i}.v`), info.timesteps[i]!, info.timesteps[i + 1]!);
      expect(maxAbsDiff(x, golden.f32(`t2i.step${i}.x`))).toBeLessThan(2e-6);
    }
  });

  it('time features are those of the reference', () => {
    expect(maxAbsDiff(timeFeatures(1), golden.f32('bb.noctx.t0.t_feat'))).toBeLessThan(1e-7);
    expect(maxAbsDiff(timeFeatures(0.37), golden.f32('bb.ctx.t1.t_feat'))).toBeLessThan(1e-7);
  });
});

describe('partial runs', () => {
  const base = { steps: 50, seqLen: 1024 };

  it.each([true, false, 0.8])('start at the strength and end at 0 (shift %s)', (shift) => {
    for (const strength of [0.01, 0.3, 0.5, 0.7, 0.99]) {
      const times = schedule({ ...base, shift, strength });
      expect(times).toHaveLength(Math.max(1, Math.round(50 * strength)) + 1);
      expect(times[0]).toBe(Math.fround(strength));
      expect(times.at(-1)).toBe(0);
      for (let i = 1; i < times.length; i++) expect(times[i]!).toBeLessThan(times[i - 1]!);
    }
  });

  it('full strength is the full schedule', () => {
    expect(schedule({ ...base, strength: 1 })).toEqual(schedule(base));
  });

  it('a fixed mu replaces the one drawn from the token count', () => {
    expect(schedule({ ...base, shift: shiftMu(1024) })).toEqual(schedule(base));
    expect(schedule({ ...base, shift: 0 })[25]).toBeCloseTo(0.5, 6);
  });

  it('one step goes all the way', () => {
    expect([...schedule({ steps: 1, seqLen: 16 })]).toEqual([1, 0]);
    expect([...linspaceF32(1, 0, 1)]).toEqual([1]);
  });

  it.each([{ steps: 0 }, { steps: 2.5 }, { strength: 0 }, { strength: 1.1 }, { seqLen: 0 }, { shift: NaN }])('refuses %o', (bad) => {
    expect(() => schedule({ ...base, ...bad })).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });

  it('says when the velocity is no number', () => {
    const run = () => step(new Float32Array(2), Float32Array.from([0, NaN]), 1, 0.5);
    expect(run).toThrow(expect.objectContaining({ code: 'NON_FINITE' }));
    expect(() => step(new Float32Array(2), Float32Array.from([0, Infinity]), 1, 0.5)).toThrow(/no numbers/);
    expect(() => step(new Float32Array(2), new Float32Array(1), 1, 0)).toThrow(/length/);
  });
});
