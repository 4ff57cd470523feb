import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The whole way: a command typed by a person, the real engine process, files good and bad. */
const root = join(import.meta.dirname, '../..');
const model = join(root, 'test/fixtures/golden/dev_a');
const launcher = join(root, 'main/cli/launch.mjs');
let dir: string;
const file = (name: string): string => join(dir, name);

interface Ran {
  readonly code: number;
  readonly json: Record<string, unknown>;
  readonly stderr: string;
}

/** Runs `studio … --json`: stdout must be exactly one JSON. */
async function studio(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'studio', ...args, '--model', model, '--threads', '1', '--json'], { cwd: dir }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, json: JSON.parse(stdout) as Record<string, unknown>, stderr });
    });
  });
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG that claims 20,000×20,000 pixels and holds none of them. */
function hugePng(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(20_000, 0);
  header.writeUInt32BE(20_000, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(100))), chunk('IEND', Buffer.alloc(0))]);
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-faults-'));
  const solid = (width: number, height: number): Sharp => sharp({ create: { width, height, channels: 3, background: '#3060c0' } });
  await solid(64, 48).png().toFile(file('good.png'));
  await solid(1, 1).png().toFile(file('dot.png'));
  writeFileSync(file('huge.png'), hugePng());
  writeFileSync(file('cut.png'), readFileSync(join(model, 'edit_image.png')).subarray(0, 900));
  writeFileSync(file('notes.png'), 'shopping: milk, bread');
  writeFileSync(file('empty.png'), '');
  writeFileSync(file('phone.heic'), Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic', 'latin1'), Buffer.alloc(200)]));
  writeFileSync(file('drawing.svg'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('a picture file', () => {
  it.each([
    ['of 20,000×20,000', 'huge.png', '20000'],
    ['cut short', 'cut.png', 'damaged'],
    ['that is a text', 'notes.png', 'no picture'],
    ['that is empty', 'empty.png', 'empty'],
    ['from a phone (HEIC)', 'phone.heic', 'HEIC'],
    ['that is a drawing (SVG)', 'drawing.svg', 'SVG'],
    ['that is not there', 'absent.png', 'absent.png'],
    ['that is a folder', '.', 'cannot be read'],
  ])('%s is refused by name', async (_what, name, words) => {
    for (const args of [['edit', name, 'make it blue', '--out', 'x.png'], ['ask', 'what is it?', 'good.png', name]]) {
      const { code, json } = await studio(...args);
      expect([code, json['code']]).toEqual([1, 'REQUEST_INVALID']);
      expect(json['message']).toContain(words);
      expect(json['details']).toMatchObject({ file: join(dir, name) });
    }
    expect(existsSync(file('x.png'))).toBe(false);
  });

  it('of one pixel is edited', async () => {
    const { code, json } = await studio('edit', 'dot.png', 'make it blue', '--out', 'dot-out.png', '--steps', '1');
    expect([code, json['out']]).toEqual([0, file('dot-out.png')]);
  });
});

describe('a command', () => {
  it('draws, edits and answers with JSON of the fixed shapes', async () => {
    const drawn = await studio('generate', 'a red cube', '--out', 'a.png', '--width', '70', '--height', '50', '--steps', '2', '--seed', '5', '--txt-cfg', '3');
    expect(drawn.code).toBe(0);
    expect(drawn.json).toEqual({ out: file('a.png'), width: 64, height: 48, seed: 5, steps: 2, timingsMs: expect.any(Object) });
    expect(await sharp(file('a.png')).metadata()).toMatchObject({ width: 64, height: 48 });
    const edited = await studio('edit', 'a.png', 'make it blue', '--out', 'b.png', '--steps', '1', '--sizing', 'exact');
    expect(edited.json).toMatchObject({ width: 64, height: 48, steps: 1 });
    const answer = await studio('ask', 'what is it?', 'a.png', '--max-tokens', '3');
    expect(Object.keys(answer.json)).toEqual(['text', 'tokens', 'timingsMs']);
    expect((await studio('info')).json).toMatchObject({ name: 'dev_a', contextImages: 1 });
  });

  it('repaints inside the mask only, to the byte', async () => {
    const mask = Buffer.alloc(64 * 48);
    for (let y = 10; y < 30; y++) mask.fill(255, y * 64 + 20, y * 64 + 44);
    await sharp(mask, { raw: { width: 64, height: 48, channels: 1 } }).png().toFile(file('mask.png'));
    const { code } = await studio('inpaint', 'good.png', 'mask.png', 'a ball', '--out', 'inpainted.png', '--steps', '2');
    expect(code).toBe(0);
    const [before, after] = await Promise.all(['good.png', 'inpainted.png'].map((name) => sharp(file(name)).removeAlpha().raw().toBuffer()));
    let changed = 0;
    for (let i = 0; i < mask.length; i++) {
      const same = before!.compare(after!, i * 3, i * 3 + 3, i * 3, i * 3 + 3) === 0;
      if (!same) changed++;
      if (mask[i] === 0) expect(same, `pixel ${i}`).toBe(true);
    }
    expect(changed).toBeGreaterThan(0);
  });

  it('extends a picture and keeps the original to the byte', async () => {
    const { json } = await studio('outpaint', 'good.png', 'more', '--right', '23', '--top', '9', '--out', 'wide.png', '--steps', '1', '--blend', '0');
    expect(json).toMatchObject({ width: 87, height: 57 });
    const kept = await sharp(file('wide.png')).extract({ left: 0, top: 9, width: 64, height: 48 }).raw().toBuffer();
    expect(kept.equals(await sharp(file('good.png')).removeAlpha().raw().toBuffer())).toBe(true);
  });

  it('takes values that are no numbers, negative ones and wrong folders for what they are', async () => {
    expect(await studio('generate', 'x', '--out', 'y.png', '--steps', '-3')).toMatchObject({ code: 1, json: { code: 'REQUEST_INVALID', details: { field: 'steps' } } });
    expect(await studio('generate', 'x', '--out', 'y.png', '--txt-cfg', 'NaN')).toMatchObject({ code: 1, json: { code: 'REQUEST_INVALID' } });
    expect(await studio('generate', '', '--out', 'y.png')).toMatchObject({ code: 1, json: { code: 'REQUEST_INVALID', details: { field: 'prompt' } } });
    expect(await studio('generate', 'x', '--out', 'no/such/folder/y.png')).toMatchObject({ code: 1, json: { code: 'REQUEST_INVALID' } });
    expect(await studio('generate', '--out', 'y.png')).toMatchObject({ code: 2, json: { code: 'REQUEST_INVALID' } });
  });

  it.skipIf(process.platform === 'win32')('stops at Ctrl-C between steps, writes nothing and leaves no process behind', async () => {
    const child = spawn(process.execPath, [launcher, 'studio', 'generate', 'x', '--out', 'stopped.png', '--model', model, '--steps', '1000', '--width', '256', '--height', '256', '--json'], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    let pressed = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (pressed || !text.includes('Step')) return;
      pressed = true;
      process.kill(-child.pid!, 'SIGINT'); // to the whole group, as a terminal does
    });
    const [code] = (await once(child, 'close')) as [number];
    expect([code, JSON.parse(stdout)]).toMatchObject([130, { code: 'CANCELLED' }]);
    expect(existsSync(file('stopped.png'))).toBe(false);
    expect(() => process.kill(-child.pid!, 0)).toThrow();
  });
});
