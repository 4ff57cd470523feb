import { describe, expect, it } from 'vitest';
import { EngineError } from './errors.ts';
import { fillRgb, parseStudioConfig, taskNames } from './studioConfig.ts';

const whole = {
  contextImages: 2,
  sizes: [
    [256, 256],
    [320, 192],
  ],
  steps: 30,
  txtCfg: 4,
  imgCfg: 2,
  previewFactors: { factors: [[0.1, 0, 0], [0, 0.1, 0], [0, 0, 0.1], [0.1, 0.1, 0.1]], bias: [0.5, 0.5, 0.5] },
  tasks: { inpaint: { template: 'paint {prompt} where it is grey', fill: 'grey' }, outpaint: { template: '{prompt} all around', fill: '#A0b0C0' } },
};

function refusal(json: unknown): EngineError {
  try {
    parseStudioConfig(json, 'studio.json', 4);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('studio.json', () => {
  it('reads a whole file', () => {
    expect(parseStudioConfig(whole, 'studio.json', 4)).toEqual({
      ...whole,
      txtCfg: { textToImage: 4, edit: 4 },
      tasks: {
        inpaint: { template: 'paint {prompt} where it is grey', fill: '#808080', experimental: false },
        outpaint: { template: '{prompt} all around', fill: '#a0b0c0', experimental: false },
      },
    });
  });

  it('gives the published defaults without a file, every guess marked', () => {
    const published = parseStudioConfig(undefined);
    expect(published).toMatchObject({ contextImages: 1, steps: 50, txtCfg: { textToImage: 5, edit: 6 }, imgCfg: 1.5, previewFactors: null });
    expect(published.sizes[0]).toEqual([1024, 1024]);
    expect(Object.keys(published.tasks).sort()).toEqual([...taskNames].sort());
    for (const task of Object.values(published.tasks)) {
      expect(task.template.split('{prompt}')).toHaveLength(2);
      expect(task).toMatchObject({ fill: expect.stringMatching(/^#[0-9a-f]{6}$/), experimental: true });
    }
    for (const [width, height] of published.sizes) expect([width % 16, height % 16]).toEqual([0, 0]);
  });

  it('supports no task that a file leaves out', () => {
    expect(parseStudioConfig({}).tasks).toEqual({});
    expect(Object.keys(parseStudioConfig(whole).tasks)).toEqual(['inpaint', 'outpaint']);
  });

  it('reads guidance per kind', () => {
    expect(parseStudioConfig({ txtCfg: { edit: 3 } }).txtCfg).toEqual({ textToImage: 5, edit: 3 });
  });

  it('turns a fill into bytes', () => {
    expect(fillRgb('#a0b0c1')).toEqual([0xa0, 0xb0, 0xc1]);
  });

  it.each([
    ['contextImages', 1.5],
    ['contextImages', 99],
    ['sizes', []],
    ['sizes', [[256]]],
    ['sizes', [[256, 250]]],
    ['sizes', [[256, 1e9]]],
    ['sizes', [256, 256]],
    ['sizes', 'big'],
    ['steps', 0],
    ['steps', '30'],
    ['txtCfg', -1],
    ['txtCfg', 'high'],
    ['txtCfg', { edit: NaN }],
    ['imgCfg', null],
    ['previewFactors', [1]],
    ['previewFactors', { factors: [[1, 1, 1]], bias: [0, 0, 0] }],
    ['previewFactors', { ...whole.previewFactors, bias: [0, 0] }],
    ['previewFactors', { ...whole.previewFactors, factors: [[1, 1], [1, 1], [1, 1], [1, 1]] }],
    ['previewFactors', { ...whole.previewFactors, factors: [[1, 1, 'x'], [1, 1, 1], [1, 1, 1], [1, 1, 1]] }],
    ['tasks', []],
    ['tasks', { fly: { template: '{prompt}' } }],
    ['tasks', { inpaint: 'paint' }],
    ['tasks', { inpaint: { template: 'no placeholder' } }],
    ['tasks', { inpaint: { template: '{prompt} and {prompt}' } }],
    ['tasks', { inpaint: { template: 'x'.repeat(5000) } }],
    ['tasks', { inpaint: { template: '{prompt}', fill: 'mauve' } }],
    ['tasks', { inpaint: { template: '{prompt}', fill: '__proto__' } }],
    ['tasks', { inpaint: { template: '{prompt}', experimental: 1 } }],
  ])('refuses %s = %j', (field, value) => {
    const error = refusal({ ...whole, [field]: value });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.details['field']).toMatch(new RegExp(`^${field}`));
  });

  it.each([[null], [[]], ['grey'], [3]])('refuses the document %j', (json) => {
    expect(refusal(json).code).toBe('CONFIG_INVALID');
  });
});
