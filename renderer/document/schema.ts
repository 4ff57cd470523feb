/** Checks records that come from outside: a journal, a project file, a spilled diff. */
import { z } from 'zod';
import { hashSchema } from '../../preload/contract/common.ts';
import type { BriefDiff, BriefItemsChange, BriefLayerChange } from './brief.ts';
import type { Diff, ItemsChange, LayerChange } from './diff.ts';
import { isFrame } from './frameGeometry.ts';
import { isSoundItem } from './ops/items.ts';
import { isSoundSelection } from './ops/selection.ts';
import type { CanvasDocument, Clip, Item, Layer, Matrix, Rect, Selection } from './records.ts';

const reach = z.number().min(-1_000_000).max(1_000_000);
const share = z.number().min(0).max(1);
const id = z.string().regex(/^[\w-]{1,64}$/).refine((text) => !Object.hasOwn(Object.prototype, text), 'a reserved word');
const name = z.string().min(1).max(200);
const rect: z.ZodType<Rect> = z.strictObject({ x: reach, y: reach, width: z.number().min(0).max(1_000_000), height: z.number().min(0).max(1_000_000) });
const colour = z.strictObject({ r: z.number().min(0).max(255), g: z.number().min(0).max(255), b: z.number().min(0).max(255), a: share });
const blend = z.enum(['add', 'subtract']);
// Strokes are by far the most of a journal: one loop over their numbers, not a schema run for each.
const points = z.custom<readonly number[]>((value) => Array.isArray(value) && value.length <= 10_000_000 && value.every((one) => typeof one === 'number' && Math.abs(one) <= 1_000_000), 'not a list of coordinates');
const matrix: z.ZodType<Matrix> = z.tuple([reach, reach, reach, reach, reach, reach]);

const selection: z.ZodType<Selection> = z.strictObject({ rect, hash: z.exactOptional(hashSchema) }).refine(isSoundSelection, 'not a selection');
const clip: z.ZodType<Clip> = z.strictObject({ rect, hash: z.exactOptional(hashSchema), transform: matrix }).refine(isSoundSelection, 'not a selection');
const mark = { id, blend, clip: z.exactOptional(clip) };
const painted = { ...mark, colour };
export const itemSchema: z.ZodType<Item> = z.discriminatedUnion('type', [
  z.strictObject({ ...painted, type: z.literal('stroke'), size: z.number(), hardness: share, opacity: share, points }),
  z.strictObject({ ...painted, type: z.literal('polygon'), points }),
  z.strictObject({ ...painted, type: z.enum(['rectangle', 'ellipse']), rect }),
  z.strictObject({ ...mark, type: z.literal('image'), hash: hashSchema, rect, part: z.exactOptional(rect) }),
  z.strictObject({ id, type: z.literal('clear') }),
  z.strictObject({ id, type: z.literal('invert'), rect }),
]).refine(isSoundItem, 'an item that cannot be drawn');

const items = z.array(itemSchema).max(1_000_000);
const base = { id, name, visible: z.boolean(), locked: z.boolean(), opacity: share, transform: matrix, items };
export const layerSchema: z.ZodType<Layer> = z.discriminatedUnion('kind', [
  z.strictObject({ ...base, kind: z.enum(['picture', 'paint']), blendMode: z.enum(['normal', 'multiply', 'screen', 'overlay']), generationId: z.string().max(100).nullable() }),
  z.strictObject({ ...base, kind: z.literal('mask'), feather: z.number().min(0).max(1_000).nullable(), grow: z.number().min(-1_000).max(1_000) }),
  z.strictObject({
    ...base, kind: z.literal('control'), control: z.enum(['canny', 'depth', 'raw']), source: hashSchema.nullable(), map: hashSchema.nullable(),
    size: z.strictObject({ width: z.int().min(1).max(65_536), height: z.int().min(1).max(65_536) }).nullable(),
    canny: z.strictObject({ low: z.number().min(0), high: z.number().min(0), blur: z.number().min(0) }), strength: share, start: share, end: share,
  }),
  z.strictObject({ ...base, kind: z.literal('reference'), role: z.enum(['subject', 'style']), hash: hashSchema, strength: share }),
]);

const frame = rect.refine(isFrame, 'not a frame');
const order = z.array(id).max(10_000);

function isWhole(document: CanvasDocument): boolean {
  const ids = Object.keys(document.layers);
  return document.order.length === ids.length && new Set(document.order).size === ids.length
    && document.order.every((one) => Object.hasOwn(document.layers, one) && document.layers[one]?.id === one)
    && (document.selected === null || Object.hasOwn(document.layers, document.selected));
}

/** A whole document: the order names every layer once, the frame stands on its grid, what is selected exists. */
export const documentSchema: z.ZodType<CanvasDocument> = z.strictObject({
  version: z.literal(1), order, layers: z.record(id, layerSchema), frame, selected: id.nullable(), selection: z.exactOptional(selection),
}).refine(isWhole, 'order, layers and selection do not belong together');

const itemsChange: z.ZodType<ItemsChange> = z.strictObject({ at: z.int().nonnegative(), removed: items, added: items });
const layerChange: z.ZodType<LayerChange> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('added'), layer: layerSchema }),
  z.strictObject({ type: z.literal('removed'), layer: layerSchema }),
  z.strictObject({ type: z.literal('replaced'), before: layerSchema, after: layerSchema }),
  // Fields are checked as part of the layer that they make.
  z.strictObject({ type: z.literal('changed'), fields: z.record(z.string().max(40), z.tuple([z.unknown(), z.unknown()])), items: z.array(itemsChange) }),
]);

const rest = {
  order: z.exactOptional(z.tuple([order, order])),
  frame: z.exactOptional(z.tuple([frame, frame])),
  selected: z.exactOptional(z.tuple([id.nullable(), id.nullable()])),
  selection: z.exactOptional(z.tuple([selection.nullable(), selection.nullable()])),
};
export const diffSchema: z.ZodType<Diff> = z.strictObject({ layers: z.record(id, layerChange), ...rest });

const briefItems: z.ZodType<BriefItemsChange> = z.strictObject({ at: z.int().nonnegative(), removed: z.array(z.union([id, itemSchema])).max(1_000_000), added: items });
const briefChange: z.ZodType<BriefLayerChange> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('added'), layer: layerSchema }),
  z.strictObject({ type: z.literal('removed'), layer: z.exactOptional(layerSchema) }),
  z.strictObject({ type: z.literal('replaced'), before: z.exactOptional(layerSchema), after: layerSchema }),
  z.strictObject({ type: z.literal('changed'), fields: z.record(z.string().max(40), z.tuple([z.unknown(), z.unknown()])), items: z.array(briefItems) }),
]);
/** As the journal keeps it. */
export const briefDiffSchema: z.ZodType<BriefDiff> = z.strictObject({ layers: z.record(id, briefChange), ...rest });

/** Whether the layers that a diff touched are whole after it. */
export function layersAreSound(document: CanvasDocument, change: Diff): boolean {
  return Object.keys(change.layers).every((one) => {
    const layer = document.layers[one];
    // Items were checked with the diff; a layer of thousands of strokes is not read again for each of them.
    return layer === undefined || (layer.id === one && layerSchema.safeParse({ ...layer, items: [] }).success);
  });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function decodeDiff(text: string): Diff | undefined {
  const parsed = diffSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : undefined;
}
