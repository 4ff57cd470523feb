import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnNode } from '../engine/spawnNode.ts';
import { Imaging } from '../imaging/imaging.ts';
import { readPngText } from '../imaging/pngText.ts';
import { runStudio } from './studio.ts';

const imaging = new Imaging();
const spawn = spawnNode({ entry: join(import.meta.dirname, '../../test/helpers/fakeEngineEntry.ts') });
let dir: string;
let picture: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-cli-'));
  picture = join(dir, 'source.png');
  await sharp({ create: { width: 48, height: 32, channels: 3, background: '#c03020' } }).png().toFile(picture);
  await sharp({ create: { width: 48, height: 32, channels: 3, background: '#000' } })
    .composite([{ input: { create: { width: 16, height: 16, channels: 3, background: '#fff' } }, left: 16, top: 8 }])
    .png().toFile(join(dir, 'mask.png'));
});
afterAll(async () => {
  await imaging.close();
  rmSync(dir, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line against the puppet engine; `interruptAfter` presses Ctrl-C when stderr first holds that text. */
async function studio(argv: readonly string[], options: { isTTY?: boolean; interruptAfter?: string } = {}): Promise<Ran> {
  let out = '';
  let err = '';
  let interrupt: (() => void) | undefined;
  let pressed = false;
  const code = await runStudio(argv, {
    stdout: { write: (text) => (out += text) },
    stderr: {
      isTTY: options.isTTY,
      write: (text) => {
        err += text;
        if (pressed || options.interruptAfter === undefined || !err.includes(options.interruptAfter)) return;
        pressed = true;
        setTimeout(() => interrupt?.());
      },
    },
    spawn,
    imaging,
    onInterrupt: (listener) => {
      interrupt = listener;
      return () => (interrupt = undefined);
    },
  });
  return { code, out, err };
}

const target = (): string => join(dir, 'out.png');
const model = (): string[] => ['--model', dir];

describe('drawing', () => {
  it('prints one JSON of the fixed shape and writes a PNG that remembers', async () => {
    const ran = await studio(['generate', 'a red cube', '--out', target(), ...model(), '--seed', '7', '--steps', '3', '--txt-cfg', '4.5', '--json', '--quiet']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ran.out)).toEqual({ out: target(), width: 16, height: 16, seed: 7, steps: 3, timingsMs: { denoise: 1 } });
    const text = readPngText(readFileSync(target()), 'ovis-studio');
    const reproduce = { engineVersion: '0', provider: 'cpu', precision: 'fp32', threads: 1, attention: 'fused', modelHash: '0'.repeat(64) };
    expect(JSON.parse(text ?? '')).toEqual({
      kind: 'textToImage', prompt: 'a red cube', seed: 7, steps: 3, txtCfg: 4.5, imgCfg: 1.5, width: 16, height: 16, model: 'puppet', ...reproduce,
      // As the studio reads it back.
      request: { kind: 'textToImage', prompt: 'a red cube', seed: 7, steps: 3, txtCfg: 4.5, width: 16, height: 16 }, modelName: 'puppet', reproduce,
    });
    expect(readdirSync(dir).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('draws a seed and tells it', async () => {
    const seeds = [];
    for (let i = 0; i < 2; i++) seeds.push((JSON.parse((await studio(['generate', 'x', '--out', target(), ...model(), '--json'])).out) as { seed: number }).seed);
    expect(seeds[0]).not.toBe(seeds[1]);
  });

  it('shows a bar in a terminal and lines elsewhere', async () => {
    const bar = await studio(['generate', 'x', '--out', target(), ...model(), '--steps', '2'], { isTTY: true });
    expect(bar.err).toContain('\r\u001b[2K████████████████████████ Step 2 of 2 · 0 s left');
    const lines = await studio(['generate', 'x', '--out', target(), ...model(), '--steps', '50']);
    expect(lines.err).toContain('Drawing …\n');
    expect(lines.err.match(/Step/g)).toHaveLength(11);
    expect(lines.out).toBe(`${target()}\n`);
  });

  it.each([
    ['edit', ['edit', 'source.png', 'make it blue', '--img-cfg', '2', '--strength', '0.5'], { kind: 'edit', sizing: 'published', imgCfg: 2, strength: 0.5, image: { width: 48, height: 32 } }],
    ['inpaint', ['inpaint', 'source.png', 'mask.png', 'a ball', '--strength', '1'], { kind: 'inpaint', denoiseMask: { width: 48 }, compositeMask: { width: 48 } }],
    ['outpaint', ['outpaint', 'source.png', 'more', '--left', '8', '--bottom', '16', '--fill', 'blur'], { kind: 'outpaint', left: 8, top: 0, right: 0, bottom: 16, fill: 'blur' }],
    ['control', ['control', 'canny', 'source.png', 'a house'], { kind: 'control', control: 'canny', map: { width: 48, height: 32 } }],
    ['depth', ['control', 'depth', 'source.png', 'a house'], { kind: 'control', control: 'depth' }],
    ['references', ['generate', 'x', '--reference', 'source.png', '--reference', 'mask.png', '--reference-task', 'style', '--experimental'], { references: [{ width: 48 }, { height: 32 }], referenceTask: 'style', experimental: true }],
    ['sampling', ['generate', 'x', '--shift', 'off', '--noise-stream', 'torch-bf16', '--precision', 'int8', '--threads', '2'], { shift: false, noiseStream: 'torch-bf16', precision: 'int8', threads: 2 }],
  ])('%s says what was asked', async (_name, argv, expected) => {
    const files = argv.map((arg) => (arg.endsWith('.png') ? join(dir, arg) : arg));
    const ran = await studio([...files, '--out', target(), ...model(), '--quiet']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(readPngText(readFileSync(target()), 'ovis-studio') ?? '')).toMatchObject(expected);
  });
});

describe('asking', () => {
  it('speaks as the words come', async () => {
    expect(await studio(['ask', 'what is it?', picture, ...model(), '--quiet'])).toEqual({ code: 0, out: 'It is a red cube.\n', err: '' });
  });

  it('prints one JSON of the fixed shape', async () => {
    const ran = await studio(['ask', 'what?', ...model(), '--json', '--temperature', '0.5', '--stop', '.']);
    expect(JSON.parse(ran.out)).toEqual({ text: 'It is a red cube.', tokens: 5, timingsMs: { understand: 1 } });
  });
});

describe('info', () => {
  it('tells what a folder holds', async () => {
    expect(JSON.parse((await studio(['info', ...model(), '--json'])).out)).toMatchObject({ name: 'puppet', dir, dtypes: ['F32'] });
    expect((await studio(['info', ...model()])).out).toContain('Runs with');
  });
});

describe('failing', () => {
  it.each([
    ['no command', ['sing'], 2, 'There is no command "sing"'],
    ['a missing argument', ['edit', 'a.png', '--out', 'b.png'], 2, 'INSTRUCTION is missing'],
    ['an argument too many', ['generate', 'a', 'red', '--out', 'b.png'], 2, '"red" is one argument too many'],
    ['a missing --out', ['generate', 'a'], 2, '--out FILE.png is missing'],
    ['an unknown option', ['generate', 'a', '--stepz', '4'], 2, '--stepz'],
    ['no number', ['generate', 'a', '--out', 'b.png', '--steps', 'many'], 1, '--steps takes a number, not "many"'],
    ['NaN', ['generate', 'a', '--out', 'b.png', '--txt-cfg', 'NaN'], 1, '--txt-cfg takes a number, not "NaN"'],
    ['no such precision', ['generate', 'a', '--out', 'b.png', '--precision', 'fp8'], 1, '--precision is one of fp32, fp16, int8, q4'],
    ['no PNG', ['generate', 'a', '--out', 'b.jpg'], 1, 'must end in .png'],
    ['no folder', ['generate', 'a', '--out', '/nowhere/at/all/b.png'], 1, '/nowhere/at/all does not exist'],
    ['no model', ['generate', 'a', '--out', 'b.png', '--model', '/nowhere'], 1, 'no model folder at /nowhere'],
  ])('%s: as text and as JSON', async (_name, argv, code, words) => {
    const files = [...argv, ...(argv.includes('--model') ? [] : model())];
    const text = await studio(files);
    expect(text).toMatchObject({ code, out: '' });
    expect(text.err).toContain(words);
    const json = await studio([...files, '--json']);
    expect(json).toMatchObject({ code });
    const failure = JSON.parse(json.out) as { message: string };
    expect(Object.keys(failure)).toEqual(['code', 'message', 'details', 'retryable']);
    expect(failure.message).toContain(words);
  });

  it('names the picture that cannot be read', async () => {
    writeFileSync(join(dir, 'notes.png'), 'these are notes');
    const ran = await studio(['ask', 'what?', picture, join(dir, 'notes.png'), ...model(), '--json']);
    expect(JSON.parse(ran.out)).toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining('notes.png'), details: { file: join(dir, 'notes.png') } });
    const missing = await studio(['edit', join(dir, 'absent.png'), 'x', '--out', target(), ...model(), '--json']);
    expect(JSON.parse(missing.out)).toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining('absent.png') });
  });

  it('refuses a mask of another size, and an empty one', async () => {
    await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } }).png().toFile(join(dir, 'small.png'));
    await sharp({ create: { width: 48, height: 32, channels: 3, background: '#000' } }).png().toFile(join(dir, 'black.png'));
    for (const [mask, words] of [['small.png', '8×8'], ['black.png', 'empty']] as const) {
      const ran = await studio(['inpaint', picture, join(dir, mask), 'x', '--out', target(), ...model(), '--json']);
      expect(JSON.parse(ran.out)).toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringContaining(words) });
    }
  });

  it('passes the engine\'s own errors and crashes on', async () => {
    expect(await studio(['generate', 'abort', '--out', target(), ...model()])).toMatchObject({ code: 1, err: expect.stringContaining('ENGINE_CRASHED: The engine process stopped') });
    expect(JSON.parse((await studio(['generate', 'out of memory', '--out', target(), ...model(), '--json'])).out)).toMatchObject({ code: 'OUT_OF_MEMORY', retryable: false });
  });

  it('stops between steps at Ctrl-C', async () => {
    rmSync(target(), { force: true });
    const ran = await studio(['generate', 'slow', '--out', target(), ...model(), '--steps', '500', '--json'], { interruptAfter: 'Step 50' });
    expect(ran.code).toBe(130);
    expect(JSON.parse(ran.out)).toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(dir)).not.toContain('out.png');
  }, 30_000);
});

describe('help', () => {
  it('is there for the whole and for each command', async () => {
    const whole = await studio([]);
    expect(whole.code).toBe(0);
    for (const name of ['generate', 'edit', 'inpaint', 'outpaint', 'control', 'ask', 'info']) {
      expect(whole.out).toContain(`npm run studio -- ${name} `);
      const one = await studio([name, '--help']);
      expect(one).toMatchObject({ code: 0, out: expect.stringContaining('--json') });
      expect((await studio(['help', name])).out).toBe(one.out);
    }
  });
});
