import type { GenerateInput } from '../../preload/contract/generation.ts';
import type { Generation } from '../../preload/contract/project.ts';
import { useComposer } from '../create/composer.ts';
import { documentBounds } from '../document/bounds.ts';
import { frameUnit, leastFrame, sizedFrame } from '../document/frameGeometry.ts';
import { freeName, imageItem, newControlLayer, newMaskLayer } from '../document/make.ts';
import { sequence } from '../document/outcome.ts';
import type { Op } from '../document/outcome.ts';
import { translation } from '../document/matrix.ts';
import { setFrame } from '../document/ops/frame.ts';
import { addLayer } from '../document/ops/layers.ts';
import { canvasDocument, change } from '../project/canvasStore.ts';
import { go } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import type { PictureRef } from '../studio/picture.ts';
import { fitCanvas } from './fit.ts';
import { addReferences, placePictures } from './verbs.ts';

/** Ways onto the canvas from everywhere else. */

/** Puts pictures onto the canvas to be edited by words; the frame lies around the first. */
export async function editOnCanvas(pictures: readonly PictureRef[]): Promise<void> {
  useComposer.setState({ task: 'edit', problem: undefined });
  go('canvas');
  await placePictures(pictures);
  fitCanvas();
}

function framed(size: { readonly width: number; readonly height: number }): Op {
  const side = (length: number): number => Math.max(leastFrame, Math.round(length / frameUnit) * frameUnit);
  return (document) => {
    const outcome = setFrame(sizedFrame(document.frame, { width: side(size.width), height: side(size.height) }))(document);
    return outcome.ok || outcome.refusal.code !== 'NOTHING' ? outcome : { ok: true, document };
  };
}

/** Gives the frame the size that a request was drawn at. */
export function frameForRequest(request: GenerateInput): void {
  if (request.kind === 'textToImage' && request.width !== undefined && request.height !== undefined && documentBounds(canvasDocument()) === null) {
    change(framed({ width: request.width, height: request.height }), { mark: 'Frame' });
    fitCanvas();
  }
}

/** Lays out what a row was made from: source, mask, references and map, each as the layer that it was. One undo step apiece. */
export async function recallOnCanvas(request: GenerateInput, row: Generation): Promise<void> {
  const of = (role: string): readonly string[] => row.parents.filter((parent) => parent.role === role).map((parent) => parent.hash);
  const named = async (hash: string, name: string): Promise<PictureRef> => {
    const info = await studio().assets.info({ hash });
    const parent = row.parents.find((one) => one.hash === hash);
    return { hash, name, width: info.width, height: info.height, generationId: parent?.generationId ?? undefined };
  };
  go('canvas');
  const source = 'image' in request ? request.image : undefined;
  if (source !== undefined) await placePictures([await named(source, 'Source')]);
  else frameForRequest(request);
  const { frame } = canvasDocument();
  if (request.kind === 'inpaint') {
    const info = await studio().assets.info({ hash: request.denoiseMask });
    const rect = { x: frame.x, y: frame.y, width: info.width, height: info.height };
    change((document) => addLayer(newMaskLayer(freeName(document, 'mask'), [imageItem(request.denoiseMask, rect)]), document.order.at(-1) ?? null)(document), { mark: 'Recall mask' });
  }
  if (request.kind === 'control') {
    const info = await studio().assets.info({ hash: request.map });
    const layer = { ...newControlLayer({ name: request.control === 'canny' ? 'Edges' : 'Depth', control: request.control, map: request.map, transform: translation(frame.x, frame.y) }), size: { width: info.width, height: info.height } };
    change(sequence(framed(info), (document) => addLayer(layer, document.order.at(-1) ?? null)(document)), { mark: 'Recall control' });
  }
  const references = of('reference');
  if (references.length > 0) addReferences(await Promise.all(references.map((hash) => named(hash, 'Reference'))), request.kind === 'textToImage' ? request.referenceTask ?? 'subject' : 'subject');
  fitCanvas();
}
