/** What a person asks of the frame → jobs for the queue, with masks, fill and crop prepared and stored. */
import type { CanvasRequest, CanvasSubmit } from '../../preload/contract/canvas.ts';
import type { Hash } from '../../preload/contract/common.ts';
import type { CanvasPlace, GenerateInput, MaskOptions } from '../../preload/contract/generation.ts';
import { StudioError } from '../errors.ts';
import type { Imaging } from '../imaging/imaging.ts';
import type { RepaintSettings } from '../imaging/messages.ts';
import { drawSeed, type NewJob } from '../jobs/submit.ts';
import type { CompositeSource } from '../history/rowTypes.ts';
import type { AssetStore, CanvasRows } from '../services.ts';

export interface PrepareParts {
  readonly assets: Pick<AssetStore, 'info' | 'file' | 'put'>;
  readonly imaging: Pick<Imaging, 'prepareRepaint' | 'fillFrame'>;
  readonly rows: Pick<CanvasRows, 'addSources'>;
}

interface Prepared {
  readonly request: GenerateInput;
  readonly raster: Hash | null;
  readonly mask: Hash | null;
  readonly options: MaskOptions;
}

type Pictured = Extract<CanvasRequest, { raster: Hash }>;

/** Jobs that differ in their seeds. Errors: ASSET_MISSING, DISK_FULL, REQUEST_INVALID where sizes differ or nothing is to be repainted. */
export async function canvasJobs(input: CanvasSubmit, parts: PrepareParts): Promise<NewJob[]> {
  const { projectId, frame, count = 1, sources = [], lane = 'foreground', modelId } = input;
  const { request, raster, mask, options } = await prepared(input, parts);
  if (raster !== null) await parts.rows.addSources(raster, sources, 'canvas');
  const canvas: CanvasPlace = { frame, raster, mask, options };
  const first = request.seed ?? drawSeed();
  return Array.from({ length: count }, (_, i) => ({
    request: { ...request, seed: first + i }, lane, projectId, canvas,
    ...(count > 1 && { label: `seed ${first + i}` }), ...(modelId !== undefined && { modelId }),
  }));
}

async function prepared({ frame, request }: CanvasSubmit, parts: PrepareParts): Promise<Prepared> {
  const plain = { raster: null, mask: null, options: {} };
  switch (request.kind) {
    case 'textToImage': return { ...plain, request: { ...request, width: frame.width, height: frame.height } };
    case 'control':
      await checkSize('map', request.map, frame, parts);
      return { ...plain, request };
    default: {
      await checkSize('raster', request.raster, frame, parts);
      if (request.mask !== undefined) await checkSize('mask', request.mask, frame, parts);
      return request.kind === 'edit' && request.mask === undefined ? wholeFrame(request, parts) : repaint(request, parts);
    }
  }
}

async function checkSize(field: string, hash: Hash, frame: CanvasSubmit['frame'], { assets }: PrepareParts): Promise<void> {
  const { width, height } = await assets.info(hash);
  if (width === frame.width && height === frame.height) return;
  throw new StudioError('REQUEST_INVALID', `The ${field} has ${width}×${height} pixels, the frame ${frame.width}×${frame.height}.`, { field, expected: [frame.width, frame.height], received: [width, height] });
}

/** An instruction for all of it. */
async function wholeFrame(request: Extract<Pictured, { kind: 'edit' }>, { assets, imaging, rows }: PrepareParts): Promise<Prepared> {
  const { raster, mask: _mask, feather: _feather, grow: _grow, blend: _blend, fill, colourMatch: _match, crop: _crop, ...sampling } = request;
  const frame = await imaging.fillFrame((await assets.file(raster)).path, fill);
  const image = frame.unknownPixels === 0 ? raster : (await assets.put(frame.image)).hash;
  await rows.addSources(image, [raster], 'fill');
  return { request: { ...sampling, image, sizing: 'exact' }, raster, mask: null, options: fill === undefined ? {} : { fill } };
}

async function repaint(request: Pictured, { assets, imaging, rows }: PrepareParts): Promise<Prepared> {
  const { kind, raster, mask, feather, grow, blend, fill, colourMatch = true, crop, ...rest } = request;
  const { task: editTask, ...sampling } = { task: undefined, ...rest };
  const asked: MaskOptions = {
    colourMatch, ...(feather !== undefined && { feather }), ...(grow !== undefined && { grow }), ...(blend !== undefined && { blend }), ...(fill !== undefined && { fill }), ...(crop !== undefined && { crop }),
  };
  const path = async (hash: Hash): Promise<string> => (await assets.file(hash)).path;
  const made = await imaging.prepareRepaint(await path(raster), mask && (await path(mask)), repaintSettings(kind, asked));
  const image = made.unknownPixels === 0 ? raster : (await assets.put(made.image)).hash;
  const denoiseMask = (await assets.put(made.denoiseMask)).hash;
  const compositeMask = (await assets.put(made.compositeMask)).hash;
  await rows.addSources(image, [raster], 'fill');
  if (mask !== undefined) {
    await rows.addSources(denoiseMask, [mask], 'mask');
    await rows.addSources(compositeMask, [mask], 'mask');
  }
  return {
    request: { ...sampling, kind: 'inpaint', task: kind, image, denoiseMask, compositeMask, colourMatch, ...(editTask !== undefined && { editTask }), ...(made.crop && { crop: made.crop }) },
    raster,
    mask: mask ?? null,
    // As it was used, so that a slider starts where it stands.
    options: { ...asked, blend: made.blend },
  };
}

/** Known pixels along the border of unknown ones are touched by an outpaint alone, and only as far as it says. */
export function repaintSettings(task: CompositeSource['task'], { feather, grow, blend, fill, crop }: MaskOptions): RepaintSettings {
  return {
    ...(feather !== undefined && { feather }), ...(grow !== undefined && { grow }), ...(fill !== undefined && { fill }), ...(crop !== undefined && { crop }),
    ...(blend !== undefined && { blend }), ...(task === 'outpaint' && blend !== undefined && { unknownBlend: blend }),
  };
}
