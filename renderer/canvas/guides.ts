import { newControlLayer } from '../document/make.ts';
import { keptRect } from '../document/coverage.ts';
import { translation } from '../document/matrix.ts';
import { setControl } from '../document/ops/guides.ts';
import { addLayer } from '../document/ops/layers.ts';
import { setTransform } from '../document/ops/transform.ts';
import { sequence } from '../document/outcome.ts';
import type { Op } from '../document/outcome.ts';
import type { ControlLayer } from '../document/records.ts';
import { registerCommands } from '../palette/commands.ts';
import { depthFrom } from '../panels/controlMaps.ts';
import { canvasDocument, change } from '../project/canvasStore.ts';
import { bringIn } from '../studio/bringIn.ts';
import { studio } from '../studio/current.ts';
import type { PictureRef } from '../studio/picture.ts';
import { refusal } from '../studio/problem.ts';
import { frameHash } from './run.ts';
import { loadImage } from './images.ts';
import { pictureRaster, upload } from './pixels.ts';
import { takeTool } from './toolHost.ts';
import { setOptions } from './tools.ts';
import { addReferences, attempt } from './verbs.ts';

/** Ways in which a guide comes to be. */

const names: Readonly<Record<'canny' | 'depth', string>> = { canny: 'Edges', depth: 'Depth' };

function existing(control: 'canny' | 'depth'): ControlLayer | undefined {
  return Object.values(canvasDocument().layers).find((layer): layer is ControlLayer => layer.kind === 'control' && layer.control === control);
}

/** A control from a stored picture that lies on the frame: one of a kind, so that another takes the place of the last. */
export function controlFrom(control: 'canny' | 'depth', source: { readonly hash: string; readonly width: number; readonly height: number }, name: string, from: 'map' | 'picture'): void {
  const { frame } = canvasDocument();
  const known = existing(control);
  const size = { width: source.width, height: source.height };
  const place = translation(frame.x, frame.y);
  const op: Op = known === undefined
    ? (document) => addLayer({ ...newControlLayer({ name, control, source: source.hash, size, transform: place }) }, document.order.at(-1) ?? null)(document)
    : sequence(unlessSame(setTransform(known.id, place)), setControl(known.id, { source: source.hash, size }));
  if (known !== undefined) depthFrom.set(known.id, from);
  else pendingDepth = from;
  change(op, { mark: names[control] });
  const now = existing(control);
  if (now !== undefined) depthFrom.set(now.id, pendingDepth);
}

let pendingDepth: 'map' | 'picture' = 'map';

function unlessSame(op: Op): Op {
  return (document) => { const outcome = op(document); return outcome.ok || outcome.refusal.code !== 'NOTHING' ? outcome : { ok: true, document }; };
}

/** Whether depth can be had from a picture, and not only from a depth map. */
export async function canEstimateDepth(): Promise<boolean> {
  return (await studio().canvas.capabilities()).depthEstimator;
}

async function fromCanvas(control: 'canny' | 'depth'): Promise<void> {
  const document = canvasDocument();
  const { frame } = document;
  if (control === 'depth' && !(await canEstimateDepth())) throw refusal('Depth needs a depth map: drop one onto Guides. Nothing here can estimate it from a picture yet.');
  const raster = await pictureRaster(document, frame);
  const hash = await upload(raster);
  controlFrom(control, { hash, width: frame.width, height: frame.height }, `${names[control]}, from the canvas`, 'picture');
}

/** A dropped picture as a control: for depth it is a map already. */
export async function controlFromPicture(control: 'canny' | 'depth', picture: PictureRef): Promise<void> {
  await loadImage(picture.hash);
  controlFrom(control, picture, `${names[control]}, ${picture.name}`, control === 'depth' ? 'map' : 'picture');
}

async function frameAsReference(): Promise<void> {
  const { frame } = canvasDocument();
  const picture = await frameHash();
  addReferences([{ ...picture, name: `Frame ${keptRect(canvasDocument(), frame).width} × ${keptRect(canvasDocument(), frame).height}` }]);
}

function chooseFile(): void {
  const input = document.createElement('input');
  Object.assign(input, { type: 'file', accept: 'image/*', multiple: true });
  input.addEventListener('change', () => { void attempt(async () => addReferences((await bringIn([...(input.files ?? [])])).map((one) => one.picture))); });
  input.click();
}

export function registerGuideActions(when: () => boolean): void {
  registerCommands([
    { id: 'canvas.guides.edges', title: 'Edges from the canvas', group: 'Layers', when, run: () => attempt(() => fromCanvas('canny')) },
    { id: 'canvas.guides.depth', title: 'Depth from the canvas', group: 'Layers', when, run: () => attempt(() => fromCanvas('depth')) },
    { id: 'canvas.guides.reference', title: 'Use the frame as a reference', group: 'Layers', when, run: () => attempt(frameAsReference) },
    { id: 'canvas.guides.file', title: 'Add a reference from a file', group: 'Layers', when, run: chooseFile },
    { id: 'canvas.guides.paint', title: 'Paint on the control map', group: 'Layers', when, run: () => { setOptions({ target: 'paint', colour: { r: 255, g: 255, b: 255, a: 1 } }); takeTool('brush'); } },
  ]);
}
