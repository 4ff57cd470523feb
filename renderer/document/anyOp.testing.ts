/** Any sequence of actions on a canvas, as data, for property tests. */
import fc from 'fast-check';
import type { CanvasDocument, Item, Layer, Matrix } from './records.ts';
import { emptyDocument, newControlLayer, newMaskLayer, newPaintLayer, newPictureLayer, newReferenceLayer } from './make.ts';
import { sequence } from './outcome.ts';
import type { Op } from './outcome.ts';
import { fitFrameToLayers, fitFrameToMasks, setFrame, setFrameSize } from './ops/frame.ts';
import { setControl, setReference } from './ops/guides.ts';
import { addItem, clearLayer, invertMask, setFeather, setGrow } from './ops/items.ts';
import {
  addLayer, cycleSelection, duplicateLayer, mergeDown, nudgeLayer, removeLayer, renameLayer, reorderLayer, select, setBlendMode, setLocked, setOpacity, setVisible,
} from './ops/layers.ts';
import { setSelection } from './ops/selection.ts';
import { flipLayer, moveLayer, rotateLayer, scaleLayer } from './ops/transform.ts';
import type { CanvasStore } from './store.ts';

export const hash = (n: number): string => n.toString(16).padStart(64, '0');

// JSON has no −0, and what a tool hands over has none either.
const positiveZero = (value: number): number => value + 0;
const place = fc.double({ min: -4_000, max: 4_000, noNaN: true }).map(positiveZero);
const share = fc.double({ min: -0.1, max: 1.1, noNaN: true }).map(positiveZero);
const rect = fc.record({ x: place, y: place, width: fc.double({ min: 0, max: 2_000, noNaN: true }), height: fc.double({ min: 0, max: 2_000, noNaN: true }) });
const colour = fc.record({ r: fc.nat(255), g: fc.nat(255), b: fc.nat(255), a: fc.constantFrom(0, 0.5, 1) });
const blend = fc.constantFrom('add' as const, 'subtract' as const);
const id = fc.uuid();

const whole = fc.integer({ min: -4_000, max: 4_000 });
const side = fc.integer({ min: 1, max: 2_000 });
const wholeRect = fc.record({ x: whole, y: whole, width: side, height: side });
const anySelection = fc.oneof(fc.record({ rect: wholeRect }), fc.record({ rect: wholeRect, hash: fc.nat(20).map(hash) }));
const turned: fc.Arbitrary<Matrix> = fc.tuple(place, place).map(([x, y]) => [0.5, 0.25, -0.25, 0.5, x, y] as const);

const anyMark: fc.Arbitrary<Item> = fc.oneof(
  fc.record({
    type: fc.constant('stroke' as const), id, blend, colour, size: fc.double({ min: 1, max: 500, noNaN: true }), hardness: fc.constantFrom(0, 0.8, 1), opacity: fc.constantFrom(0.3, 1),
    points: fc.array(fc.tuple(place, place, fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1, maxLength: 6 }).map((points) => points.flat()),
  }),
  fc.record({ type: fc.constant('polygon' as const), id, blend, colour, points: fc.array(fc.tuple(place, place), { minLength: 3, maxLength: 6 }).map((points) => points.flat()) }),
  fc.record({ type: fc.constantFrom('rectangle' as const, 'ellipse' as const), id, blend, colour, rect }),
  fc.record({ type: fc.constant('image' as const), id, blend, hash: fc.nat(20).map(hash), rect }),
  fc.record({ type: fc.constant('image' as const), id, blend, hash: fc.nat(20).map(hash), rect, part: rect }),
);

export const anyItem: fc.Arbitrary<Item> = fc.oneof(
  { arbitrary: anyMark, weight: 5 },
  { arbitrary: fc.tuple(anyMark, anySelection, turned).map(([mark, selection, transform]) => ({ ...mark, clip: { ...selection, transform } }) as Item), weight: 2 },
  fc.record({ type: fc.constant('clear' as const), id }),
  fc.record({ type: fc.constant('invert' as const), id, rect }),
);

const anyLayer: fc.Arbitrary<Layer> = fc.oneof(
  fc.nat(9).map((n) => newPaintLayer(`Paint ${n}`)),
  fc.tuple(fc.nat(9), rect).map(([n, box]) => newPictureLayer({ name: `Picture ${n}`, hash: hash(n), rect: box })),
  fc.nat(9).map((n) => newMaskLayer(`Mask ${n}`)),
  fc.constantFrom('canny' as const, 'depth' as const, 'raw' as const).map((control) => newControlLayer({ name: control, control, source: hash(1), size: { width: 64, height: 96 } })),
  fc.nat(9).map((n) => newReferenceLayer({ name: `Reference ${n}`, role: n % 2 === 0 ? 'subject' : 'style', hash: hash(n) })),
);

/** A layer of each kind, so that there is something to act on. */
export const inhabited: CanvasDocument = (() => {
  const layers: readonly Layer[] = [
    newPictureLayer({ name: 'Picture 1', hash: hash(1), rect: { x: 0, y: 0, width: 1001, height: 667 } }), newPaintLayer('Paint 1'),
    newPictureLayer({ name: 'Picture 2', hash: hash(2), rect: { x: 300, y: 40, width: 256, height: 256 } }), newMaskLayer('Mask 1'), newMaskLayer('Mask 2'),
    newControlLayer({ name: 'Edges', control: 'canny', source: hash(3), map: hash(4), size: { width: 512, height: 512 } }),
    newReferenceLayer({ name: 'Cylinder', role: 'subject', hash: hash(5) }),
  ];
  const outcome = sequence(...layers.map((layer): Op => (document) => addLayer(layer, document.order.at(-1) ?? null)(document)))(emptyDocument());
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.document;
})();

/** An action of the page: an operation that is made for the document as it then stands, or a step through history. */
export type Action =
  | { readonly type: 'op'; readonly make: (document: CanvasDocument) => Op; readonly mark: string | undefined; readonly merge: string | undefined }
  | { readonly type: 'undo' | 'redo' | 'settle' };

/** An operation on some layer, chosen when the document is known. */
const onSome = <T>(args: fc.Arbitrary<T>, op: (id: string, args: T) => Op): fc.Arbitrary<(document: CanvasDocument) => Op> =>
  fc.tuple(fc.nat(1_000), args).map(([n, given]) => (document: CanvasDocument) => op(document.order[n % Math.max(1, document.order.length)] ?? 'nobody', given));

const plain = <T>(args: fc.Arbitrary<T>, op: (args: T) => Op): fc.Arbitrary<(document: CanvasDocument) => Op> => args.map((given) => () => op(given));
const bool = fc.boolean();
const scale = fc.constantFrom(-2, -1, 0, 0.5, 1, 3);

const marked = fc.oneof(
  { arbitrary: plain(anyLayer, (layer) => addLayer(layer)), weight: 5 },
  { arbitrary: onSome(anyItem, addItem), weight: 8 },
  onSome(fc.constant(null), removeLayer),
  onSome(id, duplicateLayer),
  onSome(fc.string(), renameLayer),
  onSome(fc.integer({ min: -3, max: 9 }), reorderLayer),
  onSome(fc.integer({ min: -2, max: 2 }), nudgeLayer),
  onSome(bool, setVisible),
  onSome(fc.constantFrom(false, false, true), setLocked),
  onSome(share, setOpacity),
  onSome(fc.constantFrom('normal' as const, 'multiply' as const, 'overlay' as const), setBlendMode),
  onSome(fc.record({ hash: fc.nat(20).map(hash), rect }), mergeDown),
  onSome(fc.constant(null), clearLayer),
  onSome(rect, invertMask),
  onSome(fc.option(fc.double({ min: -1, max: 1_001, noNaN: true }).map(positiveZero)), setFeather),
  onSome(fc.integer({ min: -1_001, max: 1_001 }), setGrow),
  onSome(fc.tuple(place, place), (one, [x, y]) => moveLayer(one, x, y)),
  onSome(fc.tuple(scale, scale), (one, [x, y]) => scaleLayer(one, x, y)),
  onSome(fc.constantFrom(-90, 17, 90, 180, 270), (one, degrees) => rotateLayer(one, degrees)),
  onSome(fc.constantFrom('horizontal' as const, 'vertical' as const), flipLayer),
  onSome(fc.record({ strength: share, start: share, end: share }), setControl),
  onSome(fc.record({ low: share, high: fc.integer({ min: -1, max: 1_600 }), blur: share }).map((canny) => ({ canny })), setControl),
  onSome(fc.record({ strength: share }), setReference),
  plain(rect, setFrame),
  plain(fc.option(anySelection), setSelection),
  plain(fc.tuple(place, place), ([width, height]) => setFrameSize(width, height)),
  fc.constant(() => fitFrameToLayers()),
  fc.constant(() => fitFrameToMasks()),
);
const unmarked = fc.oneof(
  onSome(fc.constant(null), (one) => select(one)),
  fc.constantFrom(1 as const, -1 as const).map((by) => () => cycleSelection(by)),
  onSome(fc.nat(20).map(hash), (one, map) => setControl(one, { map })),
);

const doing: fc.Arbitrary<Action> = fc.record({ type: fc.constant('op' as const), make: marked, mark: fc.constantFrom('Action', 'Other'), merge: fc.constantFrom(undefined, undefined, 'a', 'b') });
const choosing: fc.Arbitrary<Action> = fc.record({ type: fc.constant('op' as const), make: unmarked, mark: fc.constant(undefined), merge: fc.constant(undefined) });

/** Only forwards. */
export const anyDoing = fc.array(fc.oneof({ arbitrary: doing, weight: 6 }, { arbitrary: choosing, weight: 1 }), { maxLength: 40, size: 'max' });
/** Forwards and back. */
export const anyActions = fc.array(fc.oneof(
  { arbitrary: doing, weight: 8 }, { arbitrary: choosing, weight: 1 },
  { arbitrary: fc.constantFrom<Action>({ type: 'undo' }, { type: 'redo' }, { type: 'settle' }), weight: 4 },
), { maxLength: 60, size: 'max' });

export async function act(store: CanvasStore, action: Action): Promise<void> {
  if (action.type === 'op') store.apply(action.make(store.getState().document), { ...(action.mark === undefined ? {} : { mark: action.mark }), ...(action.merge === undefined ? {} : { merge: action.merge }) });
  else if (action.type === 'undo') await store.undo();
  else if (action.type === 'redo') await store.redo();
  else store.settle();
}

/** A document without what follows from other things: what is selected, and maps that are made from their settings. */
export function essence(document: CanvasDocument): unknown {
  const layers = Object.fromEntries(Object.entries(document.layers).map(([one, layer]) => [one, layer.kind === 'control' ? { ...layer, map: null } : layer]));
  return { ...document, selected: null, layers };
}
