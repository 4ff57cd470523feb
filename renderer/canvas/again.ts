import type { Staged } from '../../preload/contract/canvas.ts';
import type { GenerateInput, MaskOptions } from '../../preload/contract/generation.ts';
import { applyRequest } from '../create/composer.ts';
import { orderedLayers } from '../document/bounds.ts';
import { framedMasks } from '../document/coverage.ts';
import { freeName, imageItem, newControlLayer, newMaskLayer, newPictureLayer, newReferenceLayer } from '../document/make.ts';
import { translation } from '../document/matrix.ts';
import { sequence } from '../document/outcome.ts';
import type { Op } from '../document/outcome.ts';
import { setFrame } from '../document/ops/frame.ts';
import { addLayer, setVisible } from '../document/ops/layers.ts';
import type { CanvasDocument, Layer } from '../document/records.ts';
import { canvasDocument, change } from '../project/canvasStore.ts';
import { focusPrompt } from '../shell/focusField.ts';
import { go } from '../shell/view.ts';
import { say } from '../shell/notices.ts';
import { studio } from '../studio/current.ts';
import { refusal } from '../studio/problem.ts';
import { loadImage } from './images.ts';
import { maskRaster, pictureRaster, upload } from './pixels.ts';
import { defaultJoin, planNow, useRunSettings } from './run.ts';

/**
 * "Again, but …": what a result was made of stands ready once more (picture, mask, guides, frame, every setting), and the words wait to
 * be changed. What is on the canvas as it was is left alone; anything else comes back beside it, in one step of undo.
 */
export async function again(staged: Staged): Promise<void> {
  const { request, modelId, options } = await made(staged);
  applyRequest(request, modelId);
  useRunSettings.setState({
    task: (request.kind === 'edit' ? request.task : request.kind === 'inpaint' ? request.editTask : undefined) ?? null,
    experimental: 'experimental' in request && request.experimental === true,
    join: {
      blend: staged.blend ?? options.blend ?? defaultJoin.blend, colourMatch: staged.colourMatch ?? options.colourMatch ?? defaultJoin.colourMatch,
      fill: options.fill ?? defaultJoin.fill, crop: options.crop ?? defaultJoin.crop,
    },
  });
  go('canvas');
  const ops = new Steps(canvasDocument());
  ops.add(setFrame(staged.frame));
  if (staged.raster !== null && (await upload(await pictureRaster(ops.document, staged.frame))) !== staged.raster) {
    await loadImage(staged.raster);
    ops.add(addLayer(newPictureLayer({ name: 'As it was', hash: staged.raster, rect: staged.frame }), topPicture(ops.document)));
  }
  await bringMask(ops, staged, options);
  bringGuides(ops, staged, request);
  if (ops.list.length > 0) change(sequence(...ops.list), { mark: 'Again, but …' });
  focusPrompt();
  say('Everything is as it was; change the words');
}

/** Steps that are taken one after the other on a document; those that would change nothing are left out. */
class Steps {
  document: CanvasDocument;
  readonly list: Op[] = [];

  constructor(document: CanvasDocument) {
    this.document = document;
  }

  add(op: Op): void {
    const outcome = op(this.document);
    if (!outcome.ok) return;
    this.document = outcome.document;
    this.list.push(op);
  }

  /** Leaves layers out, and takes others in. */
  show(layers: readonly Layer[], wanted: (layer: Layer) => boolean): void {
    for (const layer of layers) if (layer.visible !== wanted(layer)) this.add(setVisible(layer.id, !layer.visible));
  }
}

/** From the job while it is listed: it knows how the mask was faded. Else from the gallery. */
async function made({ jobId, generationId }: Staged): Promise<{ readonly request: GenerateInput; readonly modelId: string | null; readonly options: MaskOptions }> {
  const job = await studio().jobs.get({ jobId }).catch(() => undefined);
  if (job !== undefined && job.request.kind !== 'understand') return { request: job.request, modelId: job.modelId, options: job.canvas?.options ?? {} };
  if (generationId === null) throw refusal('How it was made is no longer known.');
  return { ...(await studio().gallery.recall({ id: generationId })), options: {} };
}

function topPicture(document: CanvasDocument): string | null {
  return document.order.findLast((id) => { const kind = document.layers[id]?.kind; return kind === 'picture' || kind === 'paint'; }) ?? null;
}

async function bringMask(ops: Steps, { frame, mask }: Staged, { feather, grow }: MaskOptions): Promise<void> {
  const now = framedMasks(ops.document);
  if (mask === null) return ops.show(now, () => false);
  const plan = planNow(ops.document);
  if (plan.ok && plan.mask !== null && (await upload(await maskRaster(ops.document, plan.mask))) === mask) return;
  await loadImage(mask);
  ops.show(now, () => false);
  const layer = { ...newMaskLayer(freeName(ops.document, 'mask'), [imageItem(mask, frame)]), feather: feather ?? null, grow: grow ?? 0 };
  ops.add(addLayer(layer, ops.document.order.at(-1) ?? null));
}

function bringGuides(ops: Steps, { frame }: Staged, request: GenerateInput): void {
  const layers = orderedLayers(ops.document);
  const hashes = 'references' in request ? request.references ?? [] : [];
  const role = request.kind === 'textToImage' ? request.referenceTask ?? 'subject' : 'subject';
  const references = layers.filter((layer) => layer.kind === 'reference');
  ops.show(references, (layer) => layer.kind === 'reference' && hashes.includes(layer.hash));
  for (const hash of hashes) {
    if (!references.some((layer) => layer.hash === hash)) ops.add(addLayer(newReferenceLayer({ name: 'Reference', role, hash }), ops.document.order.at(-1) ?? null));
  }
  const controls = layers.filter((layer) => layer.kind === 'control');
  if (request.kind !== 'control') return ops.show(controls, () => false);
  const same = controls.find((layer) => layer.map === request.map && layer.items.length === 0);
  ops.show(controls, (layer) => layer === same);
  if (same !== undefined) return;
  const size = { width: frame.width, height: frame.height };
  const layer = newControlLayer({ name: request.control === 'canny' ? 'Edges' : 'Depth', control: request.control, map: request.map, size, transform: translation(frame.x, frame.y) });
  ops.add(addLayer({ ...layer, strength: request.strength ?? 1, start: request.start ?? 0, end: request.end ?? 1 }, ops.document.order.at(-1) ?? null));
}
