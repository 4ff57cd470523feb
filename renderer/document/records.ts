/**
 * The document: plain records, and nothing else knows what a canvas holds. Canvas coordinates are document pixels; a layer's own
 * pixels are integers on that grid unless its transform says otherwise. Operations (`ops/`) are the only writers.
 */

/** A position; which grid it counts on is told by whoever hands it out (`spaces.ts` has branded ones). */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

/** x' = a·x + c·y + e, y' = b·x + d·y + f; the order of `CanvasRenderingContext2D.transform`. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];
export const identity: Matrix = [1, 0, 0, 1, 0, 0];

/** sRGB 0–255 and alpha 0–1. A mask knows only alpha. */
export interface Colour {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  readonly a: number;
}

/** `add` paints, `subtract` erases. */
export type Blend = 'add' | 'subtract';

/** Chosen pixels of the canvas: as far as a stored file is opaque, which lies at `rect` unscaled; without a file all of `rect`. */
export interface Selection {
  readonly rect: Rect;
  readonly hash?: string;
}

/** The selection that an item was kept within. `transform`: from canvas pixels to those of the item's layer, as they lay then. */
export interface Clip extends Selection {
  readonly transform: Matrix;
}

/** What all marks have in common. */
interface Mark {
  readonly id: string;
  readonly blend: Blend;
  readonly clip?: Clip;
}

/**
 * What a layer is made of, drawn in order. Everything that a tool leaves behind is one item, so a document is small, undo is a
 * diff and a layer can be drawn again at any time from its items and the files they name.
 */
export type Item =
  /** Points as x, y, pressure (0–1) triples in layer pixels. */
  | Mark & { readonly type: 'stroke'; readonly colour: Colour; readonly size: number; readonly hardness: number; readonly opacity: number; readonly points: readonly number[] }
  /** A closed outline: lasso, polygon; points as x, y pairs. */
  | Mark & { readonly type: 'polygon'; readonly colour: Colour; readonly points: readonly number[] }
  | Mark & { readonly type: 'rectangle' | 'ellipse'; readonly colour: Colour; readonly rect: Rect }
  /** Pixels from a stored file; on a mask its brightness is alpha. `part`: of the file, in its own pixels; without it, all of them. */
  | Mark & { readonly type: 'image'; readonly hash: string; readonly rect: Rect; readonly part?: Rect }
  /** Everything before it is gone. */
  | { readonly type: 'clear'; readonly id: string }
  /** A mask within `rect` becomes its opposite. */
  | { readonly type: 'invert'; readonly id: string; readonly rect: Rect };

interface LayerBase {
  readonly id: string;
  readonly name: string;
  readonly visible: boolean;
  readonly locked: boolean;
  /** 0–1. */
  readonly opacity: number;
  /** From layer pixels to canvas pixels. */
  readonly transform: Matrix;
  readonly items: readonly Item[];
}

/** What is seen and exported: a picture brought in or accepted, or paint. */
export interface RasterLayer extends LayerBase {
  readonly kind: 'picture' | 'paint';
  readonly blendMode: 'normal' | 'multiply' | 'screen' | 'overlay';
  /** The gallery row that it came from, where it did. */
  readonly generationId: string | null;
}

/** Where to repaint. */
export interface MaskLayer extends LayerBase {
  readonly kind: 'mask';
  /** Pixels over which the mask fades; null = a tenth of the selection's diagonal. */
  readonly feather: number | null;
  readonly grow: number;
}

/** A map that steers the drawing. `source`: what it is made from; `map`: the very bytes that the model receives (plus its items as edits). */
export interface ControlLayer extends LayerBase {
  readonly kind: 'control';
  readonly control: 'canny' | 'depth' | 'raw';
  readonly source: string | null;
  readonly map: string | null;
  /** Of source and map, which lie at the layer's origin. */
  readonly size: { readonly width: number; readonly height: number } | null;
  readonly canny: { readonly low: number; readonly high: number; readonly blur: number };
  /** 0–1; over which part of the steps it holds. */
  readonly strength: number;
  readonly start: number;
  readonly end: number;
}

/** A picture to take a subject or a style from. */
export interface ReferenceLayer extends LayerBase {
  readonly kind: 'reference';
  readonly role: 'subject' | 'style';
  readonly hash: string;
  readonly strength: number;
}

export type Layer = RasterLayer | MaskLayer | ControlLayer | ReferenceLayer;
export type LayerKind = Layer['kind'];

export interface CanvasDocument {
  readonly version: 1;
  /** The order of drawing: the first lies lowest. */
  readonly order: readonly string[];
  readonly layers: Readonly<Record<string, Layer>>;
  /** The generation bounding box; multiples of 32 in size, anywhere in position. */
  readonly frame: Rect;
  readonly selected: string | null;
  /** Absent = no pixels are chosen, and marks may fall anywhere. */
  readonly selection?: Selection;
}
