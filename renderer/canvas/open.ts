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
import { toProblem } from '../studio/problem.ts';
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

/** The pictures of a request that a recall could not lay out, as a person would name them. */
export type Absent = 'source picture' | 'mask' | 'map' | 'reference';

/**
 * Lays out what a request was made from: source, mask, references and map, each as the layer that it was, one undo step apiece.
 * `parents` says from which rows they came. out: what is not in this gallery any more, or never was.
 */
export async function recallOnCanvas(request: GenerateInput, parents: Generation['parents'] = []): Promise<readonly Absent[]> {
  const absent = new Set<Absent>();
  const stored = async (hash: string, what: Absent, name: string): Promise<PictureRef | undefined> => {
    try {
      const { width, height } = await studio().assets.info({ hash });
      return { hash, name, width, height, generationId: parents.find((one) => one.hash === hash)?.generationId ?? undefined };
    } catch (thrown) {
      if (toProblem(thrown).code !== 'ASSET_MISSING') throw thrown;
      absent.add(what);
      return undefined;
    }
  };
  go('canvas');
  const source = 'image' in request ? await stored(request.image, 'source picture', 'Source') : undefined;
  if (source !== undefined) await placePictures([source]);
  else frameForRequest(request);
  const { frame } = canvasDocument();
  // A mask without its picture would lie somewhere.
  const mask = request.kind === 'inpaint' && source !== undefined ? await stored(request.denoiseMask, 'mask', 'Mask') : undefined;
  if (mask !== undefined) {
    const rect = { x: frame.x, y: frame.y, width: mask.width, height: mask.height };
    change((document) => addLayer(newMaskLayer(freeName(document, 'mask'), [imageItem(mask.hash, rect)]), document.order.at(-1) ?? null)(document), { mark: 'Recall mask' });
  }
  const map = request.kind === 'control' ? await stored(request.map, 'map', 'Map') : undefined;
  if (request.kind === 'control' && map !== undefined) {
    const { width, height } = map;
    const layer = { ...newControlLayer({ name: request.control === 'canny' ? 'Edges' : 'Depth', control: request.control, map: request.map, transform: translation(frame.x, frame.y) }), size: { width, height } };
    change(sequence(framed(map), (document) => addLayer(layer, document.order.at(-1) ?? null)(document)), { mark: 'Recall control' });
  }
  const hashes = 'references' in request ? request.references ?? [] : [];
  const references = (await Promise.all(hashes.map((hash) => stored(hash, 'reference', 'Reference')))).filter((one) => one !== undefined);
  if (references.length > 0) addReferences(references, request.kind === 'textToImage' ? request.referenceTask ?? 'subject' : 'subject');
  fitCanvas();
  return [...absent];
}

/** How a recall went, in one sentence. */
export function recallSentence(absent: readonly Absent[]): string {
  if (absent.length === 0) return 'Every parameter is back';
  const last = absent.at(-1) ?? '';
  const names = absent.length === 1 ? last : `${absent.slice(0, -1).join(', ')} and ${last}`;
  return `Every parameter is back. Its ${names} ${absent.length === 1 ? 'is' : 'are'} not in this gallery: bring ${absent.length === 1 ? 'it' : 'them'} in to draw the same again.`;
}
