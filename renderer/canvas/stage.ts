import Konva from 'konva/lib/Core';
import { contentBounds, documentBounds } from '../document/bounds.ts';
import { transformPoint } from '../document/matrix.ts';
import type { CanvasDocument, Layer, Point, Rect } from '../document/records.ts';
import type { View } from '../document/spaces.ts';
import type { Preview } from '../document/transient.ts';
import { Budget } from './budget.ts';
import { onImage } from './images.ts';
import { MaskPainter, shownMasks } from './maskPainter.ts';
import { maskOutline } from './maskOutline.ts';
import { Overlay } from './overlay.ts';
import type { OverlayScene } from './overlay.ts';
import { compositor } from './pixels.ts';
import { intersect, isEmpty, noRect, outward, padded, union } from './rect.ts';
import { drawRing, ringArea } from './ring.ts';
import type { Ring } from './ring.ts';
import { sceneOf } from './scene.ts';
import type { WaitingPicture } from './scene.ts';
import { ScreenPainter, toScreen } from './screen.ts';
import type { Placement } from './screen.ts';
import { css } from './stamp.ts';

/** Everything that decides what the stage shows. */
export interface StageInput {
  readonly document: CanvasDocument;
  readonly view: View;
  readonly preview: Preview | null;
  readonly waiting: readonly WaitingPicture[];
  /** What is being drawn, where it will lie. */
  readonly drafts: readonly { readonly image: ImageBitmap; readonly rect: Rect }[];
  readonly tool: string;
  readonly ring?: Ring | undefined;
  /** The chosen mask is not tinted: what it covered is being looked at. */
  readonly quietMask: boolean;
}

/** Time for which outlines rest while a mask is being painted. */
const outlineDelayMs = 120;
/** Of a frame, for layers that have much to draw, and again for what then has to be seen anew; the rest of both comes in the next frames. */
const gestureMs = 6;
/** For both together while neither a gesture nor the view moves: a project that opens, a large step back. With the screen's own drawing a frame stays below 50 ms. */
const restMs = 20;
/** Of an idle moment. */
const idleMs = 6;

/** What a frame showed. */
interface Shown {
  readonly placement: Placement;
  readonly input: StageInput;
  readonly ring: Rect;
  /** Parts whose pictures were still old. */
  readonly old: readonly Rect[];
}

/**
 * What the page shows of the canvas: pictures, then masks, then tools, on one opaque element, as the browser copies every canvas whole
 * with every frame. Draws only what changed, once a frame, and no frame longer than it may take.
 */
export class Stage {
  private readonly compositor = compositor;
  private readonly host: HTMLDivElement;
  private readonly screen = document.createElement('canvas');
  private readonly context: CanvasRenderingContext2D;
  /** Never in the page: its one layer is copied from. */
  private readonly konva = new Konva.Stage({ container: document.createElement('div'), width: 1, height: 1, listening: false });
  private readonly overlay = new Overlay();
  private readonly screenPainter: ScreenPainter;
  private readonly maskPainter: MaskPainter;
  private readonly read: () => StageInput;
  private readonly stopListening: () => void;
  private maskTint = 'rgba(236, 96, 158, .46)';
  private shown: Shown | undefined;
  private requested = 0;
  private idle = 0;
  private outlines: readonly (readonly number[])[] = [];
  private outlineKey = '';
  private outlineTimer: ReturnType<typeof setTimeout> | undefined;
  private stale = true;
  private size = '';
  /** Told after every frame, for tests and benches: how long it took, and whether all is drawn. */
  onFrame: ((ms: number, settled: boolean) => void) | undefined;

  constructor(container: HTMLDivElement, read: () => StageInput) {
    this.read = read;
    this.host = container;
    const context = this.screen.getContext('2d', { alpha: false });
    if (context === null) throw new Error('the browser refuses a 2D canvas');
    this.context = context;
    Object.assign(this.screen.style, { position: 'absolute', left: '0', top: '0' });
    container.append(this.screen);
    this.konva.add(this.overlay.layer);
    this.screenPainter = new ScreenPainter(context, this.compositor);
    this.maskPainter = new MaskPainter(context, this.compositor);
    this.stopListening = onImage(() => this.request());
    this.resize();
  }

  destroy(): void {
    cancelAnimationFrame(this.requested);
    cancelIdleCallback(this.idle);
    clearTimeout(this.outlineTimer);
    this.stopListening();
    this.konva.destroy();
    this.screen.remove();
  }

  resize(): void {
    const [width, height] = [Math.max(1, this.host.clientWidth), Math.max(1, this.host.clientHeight)];
    const ratio = this.overlay.layer.getCanvas().getPixelRatio();
    // Even the same size given again empties a canvas and takes new memory for it.
    const size = `${width} ${height} ${ratio}`;
    if (size === this.size) return;
    this.size = size;
    this.screen.width = Math.round(width * ratio);
    this.screen.height = Math.round(height * ratio);
    Object.assign(this.screen.style, { width: `${width}px`, height: `${height}px` });
    this.konva.size({ width, height });
    this.overlay.resize(width, height);
    this.stale = true;
    this.request();
  }

  /** Reads the colours of the theme from the page. */
  readColours(): void {
    const style = getComputedStyle(this.host);
    const token = (name: string): string => style.getPropertyValue(name).trim();
    this.maskTint = token('--mask-fill');
    this.overlay.setColours({ mask: token('--mask'), accent: token('--accent-line') });
    this.screenPainter.setColours({ stage: token('--stage'), checker: ['#8f8f8f', '#a3a3a3'], unknown: token('--stage'), hatch: token('--line') });
    this.stale = true;
    this.request();
  }

  /** Asks for a frame; many requests make one. */
  request(): void {
    this.requested ||= requestAnimationFrame(() => {
      this.requested = 0;
      const { preview, view } = this.read();
      const rests = preview === null && view === this.shown?.input.view;
      this.draw(rests ? restMs : gestureMs, gestureMs);
    });
  }

  /** Draws everything now, however long it takes. */
  render(): void {
    this.draw(Infinity, Infinity);
  }

  /** Draws what is different from the last frame, as far as time goes, and asks for another frame where it did not suffice. What layers leave of `ms` is for seeing them, and `least` in any case. */
  private draw(ms: number, least: number): void {
    const started = performance.now();
    const input = this.read();
    const ratio = this.overlay.layer.getCanvas().getPixelRatio();
    const { view } = input;
    const placement: Placement = { zoom: view.zoom * ratio, x: Math.round(view.x * ratio), y: Math.round(view.y * ratio) };
    const scene = sceneOf(input.document, input.preview, input.waiting);
    const changed = this.compositor.update(scene, new Budget(ms));
    const { document } = scene;
    this.updateOutlines(document, input.quietMask);
    const overlaid = this.overlay.draw(this.overlayScene(input, document));
    const window: Rect = { x: 0, y: 0, width: this.screen.width, height: this.screen.height };
    const ring = input.ring === undefined ? noRect : intersect(window, ringArea(input.ring, placement, ratio));
    const area = overlaid || this.looksDifferent(input, document, placement) ? window : intersect(window, this.changedArea(changed, input, document, placement, ring));
    const old = isEmpty(area) ? [] : this.paint(area, input, document, placement, ratio, new Budget(Math.max(least, ms - (performance.now() - started))));
    this.stale = false;
    this.shown = { placement, input: { ...input, document }, ring, old };
    const settled = old.length === 0 && !this.compositor.wantsTime;
    if (settled) this.tidyLater();
    else this.request();
    this.onFrame?.(performance.now() - started, settled);
  }

  /** Whether the whole window has to be drawn again. */
  private looksDifferent(input: StageInput, document: CanvasDocument, placement: Placement): boolean {
    const before = this.shown;
    return this.stale || before === undefined || before.placement.zoom !== placement.zoom || before.placement.x !== placement.x || before.placement.y !== placement.y
      || before.input.quietMask !== input.quietMask || before.input.document.selected !== document.selected || before.input.document.order !== document.order;
  }

  /** What is different on the screen since the last frame. */
  private changedArea(changed: { readonly pictures: Rect; readonly masks: Rect }, input: StageInput, document: CanvasDocument, placement: Placement, ring: Rect): Rect {
    const before = this.shown;
    let area = union(toScreen(placement, changed.pictures), toScreen(placement, changed.masks));
    const moved = before === undefined ? [] : [
      ...(sameRect(before.input.document.frame, document.frame) ? [] : [before.input.document.frame, document.frame]),
      ...(before.input.drafts === input.drafts ? [] : [...input.drafts, ...before.input.drafts].map(({ rect }) => rect)),
    ];
    for (const rect of moved) area = union(area, toScreen(placement, rect));
    area = isEmpty(area) ? noRect : outward(padded(area, 2));
    // The ring moves a pixel without anything else being different.
    if (before !== undefined && !sameRing(before.input.ring, input.ring)) area = union(area, union(before.ring, ring));
    return (before?.old ?? []).reduce(union, area);
  }

  /** Draws a part of the window; returns where the pictures are still old. */
  private paint(area: Rect, input: StageInput, document: CanvasDocument, placement: Placement, ratio: number, budget: Budget): readonly Rect[] {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(area.x, area.y, area.width, area.height);
    context.clip();
    const old = this.screenPainter.draw(placement, area, documentBounds(document) ?? noRect, document.frame, input.drafts, budget);
    this.maskPainter.draw(input.quietMask ? { ...document, selected: null } : document, placement, area, this.maskTint);
    const overlay = this.overlay.layer.getNativeCanvasElement();
    context.drawImage(overlay, area.x, area.y, area.width, area.height, area.x, area.y, area.width, area.height);
    if (input.ring !== undefined) drawRing(context, input.ring, placement, ratio);
    context.restore();
    return old;
  }

  /** Gives memory back when nothing else is to be done. */
  private tidyLater(): void {
    if (this.idle !== 0) return;
    this.idle = requestIdleCallback(() => {
      this.idle = 0;
      if (this.requested === 0 && !this.compositor.compact(new Budget(idleMs))) this.tidyLater();
    });
  }

  private overlayScene(input: StageInput, document: CanvasDocument): OverlayScene {
    const { preview, view, tool } = input;
    const { frame } = document;
    const selected = document.selected === null ? undefined : document.layers[document.selected];
    return {
      view, frame, frameLabel: `Frame ${frame.width} × ${frame.height}`, frameActive: tool === 'frame', maskLines: this.outlines,
      outline: preview?.type === 'outline' ? { points: preview.points, close: preview.close, erases: preview.blend === 'subtract' } : undefined,
      transform: (tool === 'transform' || preview?.type === 'transform') && selected !== undefined ? cornersOf(selected) : undefined,
      box: preview?.type === 'box' ? preview.rect : undefined,
      working: preview?.type === 'working' ? preview.point : undefined,
      swatch: preview?.type === 'colour' ? { at: preview.point, colour: preview.colour === null ? null : css(preview.colour) } : undefined,
    };
  }

  /** Outlines of the masks that are not tinted; read anew when one of them changed, a moment later. */
  private updateOutlines(document: CanvasDocument, withSelected: boolean): void {
    const outlined = shownMasks(document).filter(({ id }) => withSelected || id !== document.selected);
    const key = outlined.map((layer) => `${layer.id} ${layer.items.length} ${layer.items.at(-1)?.id ?? ''} ${layer.transform.join()} ${this.compositor.raster(layer.id)?.isComplete}`).join('|');
    if (key === this.outlineKey) return;
    this.outlineKey = key;
    clearTimeout(this.outlineTimer);
    this.outlineTimer = setTimeout(() => {
      this.outlines = outlined.flatMap((layer) => {
        const raster = this.compositor.raster(layer.id);
        return raster === undefined ? [] : maskOutline(layer, raster);
      });
      this.request();
    }, outlineDelayMs);
  }
}

function sameRect(a: Rect, b: Rect): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

function sameRing(a: Ring | undefined, b: Ring | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.at.x === b.at.x && a.at.y === b.at.y && a.size === b.size && a.erases === b.erases);
}

function cornersOf(layer: Layer): readonly Point[] | undefined {
  const box = contentBounds(layer);
  if (box === null) return undefined;
  const { x, y, width, height } = box;
  return [{ x, y }, { x: x + width, y }, { x: x + width, y: y + height }, { x, y: y + height }].map((corner) => transformPoint(layer.transform, corner));
}
