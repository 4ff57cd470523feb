import Konva from 'konva/lib/Core';
import { contentBounds, documentBounds } from '../document/bounds.ts';
import { transformPoint } from '../document/matrix.ts';
import type { CanvasDocument, Layer, Point, Rect } from '../document/records.ts';
import type { View } from '../document/spaces.ts';
import type { Preview } from '../document/transient.ts';
import { onImage } from './images.ts';
import { MaskPainter, shownMasks } from './maskPainter.ts';
import { maskOutline } from './maskOutline.ts';
import { Overlay } from './overlay.ts';
import type { OverlayScene } from './overlay.ts';
import { compositor, decodeAll } from './pixels.ts';
import { intersect, noRect, outward, padded, union } from './rect.ts';
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
  /** The brush at the pointer, in canvas pixels. */
  readonly ring?: OverlayScene['ring'];
  /** The chosen mask is not tinted: what it covered is being looked at. */
  readonly quietMask: boolean;
}

/** Time for which outlines rest while a mask is being painted. */
const outlineDelayMs = 120;

/** The one Konva stage: pictures, masks and tools on a canvas each. Draws only what changed, once a frame. */
export class Stage {
  private readonly compositor = compositor;
  private readonly konva: Konva.Stage;
  private readonly pictures = new Konva.Layer({ listening: false });
  private readonly masks = new Konva.Layer({ listening: false });
  private readonly overlay = new Overlay();
  private readonly screenPainter: ScreenPainter;
  private readonly maskPainter: MaskPainter;
  private readonly read: () => StageInput;
  private readonly stopListening: () => void;
  private maskTint = 'rgba(236, 96, 158, .46)';
  private shown: { readonly placement: Placement; readonly input: StageInput } | undefined;
  private requested = 0;
  private outlines: readonly (readonly number[])[] = [];
  private outlineKey = '';
  private outlineTimer: ReturnType<typeof setTimeout> | undefined;
  private stale = true;
  /** Told after every frame, for tests and benches. */
  onFrame: ((ms: number) => void) | undefined;

  constructor(container: HTMLDivElement, read: () => StageInput) {
    this.read = read;
    this.konva = new Konva.Stage({ container, width: Math.max(1, container.clientWidth), height: Math.max(1, container.clientHeight), listening: false });
    this.konva.add(this.pictures, this.masks, this.overlay.layer);
    this.screenPainter = new ScreenPainter(contextOf(this.pictures), this.compositor);
    this.maskPainter = new MaskPainter(contextOf(this.masks), this.compositor);
    this.stopListening = onImage(() => this.request());
    this.resize();
  }

  destroy(): void {
    cancelAnimationFrame(this.requested);
    clearTimeout(this.outlineTimer);
    this.stopListening();
    this.konva.destroy();
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.konva.container();
    this.konva.size({ width: Math.max(1, width), height: Math.max(1, height) });
    this.overlay.resize(width, height);
    this.stale = true;
    this.request();
  }

  /** Reads the colours of the theme from the page. */
  readColours(): void {
    const style = getComputedStyle(this.konva.container());
    const token = (name: string): string => style.getPropertyValue(name).trim();
    this.maskTint = token('--mask-fill');
    this.overlay.setColours({ mask: token('--mask'), accent: token('--accent-line') });
    this.screenPainter.setColours({ checker: ['#8f8f8f', '#a3a3a3'], unknown: token('--stage'), hatch: token('--line') });
    this.stale = true;
    this.request();
  }

  /** Asks for a frame; many requests make one. */
  request(): void {
    this.requested ||= requestAnimationFrame(() => {
      this.requested = 0;
      this.render();
    });
  }

  /** Waits until every picture of the document is decoded, then draws. */
  async settled(document: CanvasDocument): Promise<void> {
    await decodeAll(document);
    this.render();
  }

  /** Draws what is different from the last frame. */
  render(): void {
    const started = performance.now();
    const input = this.read();
    const ratio = this.pictures.getCanvas().getPixelRatio();
    const { view } = input;
    const placement: Placement = { zoom: view.zoom * ratio, x: Math.round(view.x * ratio), y: Math.round(view.y * ratio) };
    const scene = sceneOf(input.document, input.preview, input.waiting);
    const changed = this.compositor.update(scene);
    const window: Rect = { x: 0, y: 0, width: Math.round(this.konva.width() * ratio), height: Math.round(this.konva.height() * ratio) };
    const before = this.shown;
    const moved = this.stale || before === undefined || before.placement.zoom !== placement.zoom || before.placement.x !== placement.x || before.placement.y !== placement.y;
    const { document } = scene;
    const frameMoved = before !== undefined && !sameRect(before.input.document.frame, document.frame);
    const draftsMoved = before?.input.drafts !== input.drafts;
    let dirty = toScreen(placement, changed.pictures);
    if (frameMoved) dirty = union(dirty, union(toScreen(placement, before.input.document.frame), toScreen(placement, document.frame)));
    if (draftsMoved) for (const { rect } of [...input.drafts, ...(before?.input.drafts ?? [])]) dirty = union(dirty, toScreen(placement, rect));
    const content = documentBounds(document) ?? noRect;
    const pictureArea = moved ? window : intersect(window, outward(padded(dirty, placement.zoom < 1 ? 2 : 1)));
    this.screenPainter.draw(placement, pictureArea, content, document.frame, input.drafts);
    const tinted = input.quietMask ? { ...document, selected: null } : document;
    const retint = moved || before.input.quietMask !== input.quietMask || before.input.document.selected !== document.selected || before.input.document.order !== document.order;
    this.maskPainter.draw(tinted, placement, retint ? window : intersect(window, outward(padded(toScreen(placement, changed.masks), 2))), this.maskTint);
    this.updateOutlines(document, input.quietMask);
    this.overlay.draw(this.overlayScene(input, document));
    this.stale = false;
    this.shown = { placement, input: { ...input, document } };
    this.onFrame?.(performance.now() - started);
  }

  private overlayScene(input: StageInput, document: CanvasDocument): OverlayScene {
    const { preview, view, tool } = input;
    const { frame } = document;
    const selected = document.selected === null ? undefined : document.layers[document.selected];
    return {
      view, frame, frameLabel: `Frame ${frame.width} × ${frame.height}`, frameActive: tool === 'frame', maskLines: this.outlines, ring: input.ring,
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

function contextOf(layer: Konva.Layer): CanvasRenderingContext2D {
  const context = layer.getNativeCanvasElement().getContext('2d');
  if (context === null) throw new Error('the browser refuses a 2D canvas');
  return context;
}

function sameRect(a: Rect, b: Rect): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

function cornersOf(layer: Layer): readonly Point[] | undefined {
  const box = contentBounds(layer);
  if (box === null) return undefined;
  const { x, y, width, height } = box;
  return [{ x, y }, { x: x + width, y }, { x: x + width, y: y + height }, { x, y: y + height }].map((corner) => transformPoint(layer.transform, corner));
}
