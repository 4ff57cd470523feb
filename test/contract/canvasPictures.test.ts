/** Maps, masks, depth and files of the canvas through the contract, on real services, with a puppet engine. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { initializeCanvas, readPsd } from 'ag-psd';
import sharp from 'sharp';
import { fromBufferPromise } from 'yauzl';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readPngText } from '../../main/imaging/pngText.ts';
import type { CanvasRequest } from '../../preload/contract/canvas.ts';
import { area, box, frame, runFrame, scene } from '../helpers/canvasScene.ts';
import { failure, openWholeStudio, type WholeStudio } from '../helpers/wholeStudio.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

let whole: WholeStudio;
let projectId: string;
beforeAll(async () => {
  whole = await openWholeStudio();
  projectId = (await whole.client.projects.list())[0]?.id ?? '';
});
afterAll(() => whole.close());

const run = (request: CanvasRequest, more?: object) => runFrame(whole, projectId, request, more);

describe('a control map', () => {
  it('is the same file for the same picture and settings, and its pixels are what the engine receives', async () => {
    const hash = await whole.upload(scene());
    const map = await whole.client.canvas.controlMap({ control: 'canny', hash, low: 80, high: 160, blur: 1 });
    expect(map).toMatchObject({ width: frame.width, height: frame.height });
    expect(await whole.client.canvas.controlMap({ control: 'canny', hash, low: 80, high: 160, blur: 1 })).toEqual(map);
    expect((await whole.client.canvas.controlMap({ control: 'canny', hash, low: 800, high: 1500, blur: 1 })).hash).not.toBe(map.hash);
    const sent = await whole.pixels(map.hash, 3);
    const { staged, generation } = await run({ kind: 'control', control: 'canny', prompt: 'x', map: map.hash, strength: 0.5, start: 0.1, end: 0.8 });
    const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(sum((await whole.pixels(staged.result, 3)).data)).toBe(sum(sent.data));
    expect(generation).toMatchObject({ task: 'control', request: { map: map.hash, strength: 0.5, start: 0.1, end: 0.8 } });
    expect(generation.parents.map(({ role }) => role)).toEqual(['control']);
    // Drawn over by hand: what was sent is what arrives, grey values and all.
    const edited = { ...sent, data: sent.data.map((v, i) => (i % 3000 < 90 ? (i * 7) & 255 : v)) };
    const own = await run({ kind: 'control', control: 'canny', prompt: 'x', map: await whole.upload(edited) });
    expect(sum((await whole.pixels(own.staged.result, 3)).data)).toBe(sum(edited.data));
  });

  it('of depth is stretched to the whole range, either way round', async () => {
    const data = Uint8Array.from({ length: 64 * 32 }, (_, i) => 100 + (i % 64));
    const hash = await whole.upload({ width: 64, height: 32, data });
    const row = async (invert: boolean) => [...(await whole.pixels((await whole.client.canvas.controlMap({ control: 'depth', hash, from: 'map', invert })).hash, 1)).data.subarray(0, 64)];
    const near = await row(false);
    expect([near[0], near[63]]).toEqual([0, 255]);
    expect(await row(true)).toEqual(near.map((v) => 255 - v));
    expect(await failure(whole.client.canvas.controlMap({ control: 'depth', hash, from: 'picture' }))).toMatchObject({ code: 'REQUEST_INVALID', details: { reason: 'NO_ESTIMATOR' } });
    expect(await failure(whole.client.canvas.controlMap({ control: 'canny', hash, low: 200, high: 100 }))).toMatchObject({ code: 'REQUEST_INVALID' });
    expect((await whole.client.canvas.capabilities()).depthEstimator).toBe(false);
  });
});

describe('masks', () => {
  it('are filtered, counted and bounded', async () => {
    const hash = await whole.upload(box);
    const grown = await whole.client.canvas.filterMask({ hash, filters: [{ type: 'grow', radius: 10 }] });
    expect(grown).toMatchObject({ bounds: { x: 30, y: 40, width: 80, height: 60 } });
    const back = await whole.client.canvas.filterMask({ hash, filters: [{ type: 'invert' }, { type: 'invert' }] });
    expect(back).toMatchObject({ selectedPixels: 2400, bounds: { x: 40, y: 50, width: 60, height: 40 } });
    expect((await whole.pixels(back.hash, 1)).data).toEqual(box.data);
    const none = await whole.client.canvas.filterMask({ hash, filters: [{ type: 'shrink', radius: 30 }] });
    expect(none).toMatchObject({ bounds: null, selectedPixels: 0 });
    const alpha = await whole.client.canvas.filterMask({ hash: await whole.upload(scene((x) => (x < 10 ? 255 : 0))), from: 'alpha', filters: [] });
    expect(alpha).toMatchObject({ selectedPixels: 10 * frame.height });
  });

  it('come of a click on an object', async () => {
    const data = new Uint8Array(area * 4);
    for (let i = 0; i < area; i++) data.set(box.data[i] === 255 ? [200, 40, 30, 255] : [90, 120, (i % frame.width) >> 2, 255], i * 4);
    const hash = await whole.upload({ width: frame.width, height: frame.height, data });
    const mask = await whole.client.canvas.smartSelect({ hash, x: 70, y: 70 });
    expect(mask.bounds).toEqual({ x: 40, y: 50, width: 60, height: 40 });
    expect(await failure(whole.client.canvas.smartSelect({ hash, x: frame.width, y: 0 }))).toMatchObject({ code: 'REQUEST_INVALID' });
    // Prepared or not, the same click finds the same object; there is nothing to be prepared on a picture that is not here.
    await whole.client.canvas.prepareSelect({});
    await whole.client.canvas.prepareSelect({ hash });
    expect(await whole.client.canvas.smartSelect({ hash, x: 70, y: 70 })).toEqual(mask);
    expect(await failure(whole.client.canvas.prepareSelect({ hash: 'ab'.repeat(32) }))).toMatchObject({ code: 'ASSET_MISSING' });
  });
});

describe('depth', () => {
  it('is read from a picture where a model has the network for it, once for each picture', async () => {
    const hash = await whole.upload(scene());
    const { data } = await whole.pixels(hash, 3);
    expect(await failure(whole.client.canvas.controlMap({ control: 'depth', hash, from: 'picture' }))).toMatchObject({ code: 'REQUEST_INVALID', details: { reason: 'NO_ESTIMATOR' } });
    mkdirSync(join(whole.dir, 'toybox/depth'));
    writeFileSync(join(whole.dir, 'toybox/depth/config.json'), '{}');
    expect((await whole.client.canvas.capabilities()).depthEstimator).toBe(true);
    const map = await whole.client.canvas.controlMap({ control: 'depth', hash, from: 'picture' });
    // The puppet's depth is the picture's negative.
    expect((await whole.pixels(map.hash, 3)).data).toEqual(data.map((v) => 255 - v));
    expect(await whole.client.canvas.controlMap({ control: 'depth', hash, from: 'picture' })).toEqual(map);
    rmSync(join(whole.dir, 'toybox/depth'), { recursive: true });
    expect((await whole.client.canvas.capabilities()).depthEstimator).toBe(false);
  });
});

describe('files for others', () => {
  const bytesOf = async (blob: Blob): Promise<Buffer> => Buffer.from(await blob.arrayBuffer());
  const solid = (width: number, height: number, rgba: readonly number[]): Promise<string> => whole.upload({ width, height, data: Uint8Array.from({ length: width * height * 4 }, (_, i) => rgba[i % 4] ?? 0) });

  it('keep transparency where the format knows it, and the part that was asked for', async () => {
    const hash = await whole.upload(scene((x) => (x < 20 ? 0 : 255)));
    const rect = { x: 10, y: 5, width: 33, height: 21 };
    for (const format of ['png', 'webp', 'jpeg'] as const) {
      const blob = await whole.client.canvas.exportPicture({ hash, format, rect });
      expect(blob.type).toBe(`image/${format}`);
      const { data, info } = await sharp(await bytesOf(blob)).raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, info.channels]).toEqual([33, 21, format === 'jpeg' ? 3 : 4]);
      if (format !== 'jpeg') expect([data[3], data[(32 * 4) + 3]]).toEqual([0, 255]);
      else expect(data[0]).toBeGreaterThan(250);
    }
    const whole1 = await whole.client.canvas.exportPicture({ hash, format: 'png' });
    expect(new Uint8Array(await sharp(await bytesOf(whole1)).raw().toBuffer())).toEqual((await whole.pixels(hash, 4)).data);
    for (const bad of [{ x: 300, y: 0, width: 21, height: 1 }, { x: 0, y: 288, width: 1, height: 1 }]) {
      expect(await failure(whole.client.canvas.exportPicture({ hash, format: 'png', rect: bad }))).toMatchObject({ code: 'REQUEST_INVALID' });
    }
  });

  it('carry the parameters of the newest result that can be seen, and say that it was edited', async () => {
    const raster = await whole.upload(scene());
    const rows = [];
    for (const [prompt, seed] of [['a red cube, <b>', 5], ['a blue cube', 6]] as const) {
      const { generation } = await run({ kind: 'edit', prompt, raster, steps: 2, seed, txtCfg: 4 });
      rows.push(generation);
      // Rows are told apart by the millisecond.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const [older, newer] = rows as [typeof rows[0] & object, typeof rows[0] & object];
    const [picture] = await whole.client.gallery.import({ files: [{ hash: raster, name: 'plain.png' }] });
    const rect = { x: 10, y: 5, width: 33, height: 21 };
    const generationIds = [newer.id, older.id, picture!.id, randomUUID()];
    const file = await bytesOf(await whole.client.canvas.exportPicture({ hash: raster, format: 'png', rect, generationIds }));
    const stored = await whole.client.assets.upload({ file: new File([new Uint8Array(file)], 'back.png', { type: 'image/png' }) });
    const back = await whole.client.assets.parameters({ hash: stored.hash });
    expect(back.source).toBe('studio');
    expect(back.request).toEqual(newer.request);
    expect(JSON.parse(back.text ?? '')).toMatchObject({ seed: 6, modelName: newer.modelName, edited: 'on the canvas' });
    expect(readPngText(file, 'parameters')).toMatch(/^a blue cube\nSteps: 2, .*Seed: 6, Size: 33x21, .*Edited: on the canvas/);
    expect(readPngText(file, 'XML:com.adobe.xmp')).toContain('a blue cube');
    const webp = await sharp(await bytesOf(await whole.client.canvas.exportPicture({ hash: raster, format: 'webp', generationIds: [older.id] }))).metadata();
    expect(webp.xmp?.toString()).toContain('a red cube, &lt;b&gt;');
    // Nothing was drawn, nothing is claimed.
    const plain = await bytesOf(await whole.client.canvas.exportPicture({ hash: raster, format: 'png', generationIds: [picture!.id, randomUUID()] }));
    expect(['parameters', 'ovis-studio', 'XML:com.adobe.xmp'].map((keyword) => readPngText(plain, keyword))).toEqual([undefined, undefined, undefined]);
  });

  const layers = async () => [
    { name: 'Ground', hash: await solid(40, 30, [200, 100, 50, 255]), x: 0, y: 0, opacity: 1, visible: true, blendMode: 'normal' as const },
    { name: 'Shade <&> "☂"', hash: await solid(10, 10, [128, 128, 128, 255]), x: 35, y: -5, opacity: 0.5, visible: true, blendMode: 'multiply' as const },
    { name: 'Hidden', hash: await solid(5, 5, [255, 0, 0, 255]), x: 3, y: 3, opacity: 1, visible: false, blendMode: 'screen' as const },
  ];
  /** 0.5 × multiply over the ground, at the top right corner. */
  const shaded = [150, 75, 38];

  it('as PSD hold every layer as it was', async () => {
    const blob = await whole.client.canvas.exportLayers({ format: 'psd', width: 40, height: 30, layers: await layers() });
    expect(blob.type).toBe('image/vnd.adobe.photoshop');
    // Reading wants a place for pixels; writing needs none.
    initializeCanvas(() => { throw new Error('no canvas here'); }, (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) }) as never);
    const psd = readPsd(await bytesOf(blob), { useImageData: true, skipThumbnail: true });
    expect([psd.width, psd.height]).toEqual([40, 30]);
    expect(psd.children?.map(({ name, left, top, right, bottom, hidden, blendMode }) => ({ name, left, top, right, bottom, hidden, blendMode }))).toEqual([
      { name: 'Ground', left: 0, top: 0, right: 40, bottom: 30, hidden: false, blendMode: 'normal' },
      { name: 'Shade <&> "☂"', left: 35, top: -5, right: 45, bottom: 5, hidden: false, blendMode: 'multiply' },
      { name: 'Hidden', left: 3, top: 3, right: 8, bottom: 8, hidden: true, blendMode: 'screen' },
    ]);
    expect(psd.children?.[1]?.opacity).toBeCloseTo(0.5, 2);
    expect([...(psd.children?.[1]?.imageData?.data ?? []).slice(0, 4)]).toEqual([128, 128, 128, 255]);
    const merged = psd.imageData?.data ?? [];
    expect([...merged.slice(39 * 4, 39 * 4 + 4)]).toEqual([...shaded, 255]);
    expect([...merged.slice(0, 4)]).toEqual([200, 100, 50, 255]);
  });

  it('as OpenRaster begin with their kind, and hold stack, layers and what is seen', async () => {
    const bytes = await bytesOf(await whole.client.canvas.exportLayers({ format: 'ora', width: 40, height: 30, layers: await layers() }));
    // Where others look for it: right behind the first local header, unpacked.
    expect(bytes.subarray(30, 54).toString()).toBe('mimetypeimage/openraster');
    const zip = await fromBufferPromise(bytes);
    const parts = new Map<string, Buffer>();
    for await (const entry of zip.eachEntry()) {
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      parts.set(entry.fileName, Buffer.concat(chunks));
    }
    expect([...parts.keys()]).toEqual(['mimetype', 'data/layer0.png', 'data/layer1.png', 'data/layer2.png', 'stack.xml', 'mergedimage.png', 'Thumbnails/thumbnail.png']);
    const stack = parts.get('stack.xml')?.toString() ?? '';
    expect([...stack.matchAll(/<layer [^>]*>/g)].map(([tag]) => tag)).toEqual([
      '<layer name="Hidden" src="data/layer2.png" x="3" y="3" opacity="1" visibility="hidden" composite-op="svg:screen"/>',
      '<layer name="Shade &lt;&amp;&gt; &quot;☂&quot;" src="data/layer1.png" x="35" y="-5" opacity="0.5" visibility="visible" composite-op="svg:multiply"/>',
      '<layer name="Ground" src="data/layer0.png" x="0" y="0" opacity="1" visibility="visible" composite-op="svg:src-over"/>',
    ]);
    const merged = await sharp(parts.get('mergedimage.png')).raw().toBuffer();
    expect([...merged.subarray(39 * 4, 40 * 4)]).toEqual([...shaded, 255]);
    expect((await sharp(parts.get('data/layer1.png')).metadata()).width).toBe(10);
  });

  it('too large for memory are refused', async () => {
    expect(await failure(whole.client.canvas.exportLayers({ format: 'psd', width: 30_000, height: 30_000, layers: await layers() }))).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await failure(whole.client.canvas.exportLayers({ format: 'psd', width: 0, height: 30, layers: await layers() }))).toMatchObject({ code: 'IPC_INVALID' });
    expect(await failure(whole.client.canvas.exportLayers({ format: 'ora', width: 8, height: 8, layers: [{ ...(await layers())[0]!, hash: '0'.repeat(64) }] }))).toMatchObject({ code: 'ASSET_MISSING' });
  });
});
