import Konva from 'konva/lib/Core';
import { Circle } from 'konva/lib/shapes/Circle';
import { Label, Tag } from 'konva/lib/shapes/Label';
import { Line } from 'konva/lib/shapes/Line';
import { Rect as Box } from 'konva/lib/shapes/Rect';
import { Text } from 'konva/lib/shapes/Text';
import { Shape } from 'konva/lib/Shape';
import type { Point, Rect } from '../document/records.ts';
import type { View } from '../document/spaces.ts';

/** What lies over the pictures and is no picture: in screen pixels, white with a dark edge, whatever is beneath. */
export interface OverlayScene {
  readonly view: View;
  /** Undefined = not shown. */
  readonly frame?: Rect | undefined;
  readonly frameLabel: string;
  /** The frame can be dragged by its handles. */
  readonly frameActive: boolean;
  readonly maskLines: readonly (readonly number[])[];
  /** An open outline in canvas pixels. */
  readonly outline?: { readonly points: readonly number[]; readonly close: boolean; readonly erases: boolean } | undefined;
  /** Corners of the layer that is being moved, in canvas pixels, clockwise from the left top. */
  readonly transform?: readonly Point[] | undefined;
  readonly box?: Rect | undefined;
  /** Where something is being worked on. */
  readonly working?: Point | undefined;
  readonly swatch?: { readonly at: Point; readonly colour: string | null } | undefined;
}

const dark = 'rgba(20, 20, 20, .6)';
const light = '#ffffff';
const handleEdge = 9;
const gridFrom = 8;

export interface OverlayColours {
  readonly mask: string;
  readonly accent: string;
}

/** One Konva layer for frame, handles, outlines; drawn anew only when one of them changed, and laid over the pictures by the stage. */
export class Overlay {
  readonly layer = new Konva.Layer({ listening: false });
  private colours: OverlayColours = { mask: '#f07fb0', accent: '#4fa690' };
  private readonly size = { width: 0, height: 0 };
  private shown: { readonly key: string; readonly maskLines: OverlayScene['maskLines'] } = { key: '', maskLines: [] };

  resize(width: number, height: number): void {
    Object.assign(this.size, { width, height });
  }

  setColours(colours: OverlayColours): void {
    this.colours = colours;
  }

  /** Returns whether anything looks different now. */
  draw(scene: OverlayScene): boolean {
    const { maskLines, ...rest } = scene;
    const key = JSON.stringify([rest, this.size, this.colours]);
    if (key === this.shown.key && maskLines === this.shown.maskLines) return false;
    this.shown = { key, maskLines };
    this.layer.destroyChildren();
    const { view } = scene;
    const x = (value: number): number => Math.round(value * view.zoom + view.x) + 0.5;
    const y = (value: number): number => Math.round(value * view.zoom + view.y) + 0.5;
    if (view.zoom >= gridFrom) this.layer.add(this.pixelGrid(view));
    for (const line of scene.maskLines) this.maskLine(line, view);
    if (scene.frame !== undefined) this.frame(scene.frame, scene, x, y);
    if (scene.transform !== undefined) this.transformBox(scene.transform, view);
    if (scene.outline !== undefined) this.outline(scene.outline, view);
    if (scene.box !== undefined) this.outlined({ x: x(scene.box.x), y: y(scene.box.y), width: scene.box.width * view.zoom, height: scene.box.height * view.zoom }, [4, 3]);
    if (scene.working !== undefined) this.ring(scene.working, 14 / view.zoom, view, [3, 3]);
    if (scene.swatch !== undefined) this.swatch(scene.swatch, view);
    this.layer.draw();
    return true;
  }

  private frame(frame: Rect, scene: OverlayScene, x: (value: number) => number, y: (value: number) => number): void {
    const [left, top, right, bottom] = [x(frame.x), y(frame.y), x(frame.x + frame.width), y(frame.y + frame.height)];
    const box = { x: left, y: top, width: right - left, height: bottom - top };
    this.outlined(box, []);
    if (scene.frameActive) {
      const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
      for (const [hx, hy] of [[left, top], [middle, top], [right, top], [left, centre], [right, centre], [left, bottom], [middle, bottom], [right, bottom]] as const) this.handle(hx, hy);
    }
    const label = new Label({ x: left - 0.5, y: top - 24 });
    label.add(new Tag({ fill: 'rgba(20, 20, 20, .86)', cornerRadius: 3 }));
    label.add(new Text({ text: scene.frameLabel, fontFamily: 'Inter Variable, Inter, system-ui, sans-serif', fontSize: 11, fontStyle: '500', fill: '#f0f0f0', padding: 3.5, lineHeight: 1 }));
    this.layer.add(label);
  }

  private handle(x: number, y: number): void {
    this.layer.add(new Box({ x: Math.round(x - handleEdge / 2) , y: Math.round(y - handleEdge / 2), width: handleEdge, height: handleEdge, fill: light, stroke: '#141414', strokeWidth: 1 }));
  }

  private outlined(box: Rect, dash: number[]): void {
    this.layer.add(new Box({ ...box, stroke: dark, strokeWidth: 3 }));
    this.layer.add(new Box({ ...box, stroke: light, strokeWidth: 1.2, dash }));
  }

  private maskLine(points: readonly number[], view: View): void {
    const screen = project(points, view);
    this.layer.add(new Line({ points: screen, closed: true, stroke: 'rgba(20, 20, 20, .45)', strokeWidth: 3.5, lineJoin: 'round' }));
    this.layer.add(new Line({ points: screen, closed: true, stroke: this.colours.mask, strokeWidth: 2, dash: [6, 4], lineJoin: 'round' }));
  }

  private outline({ points, close, erases }: NonNullable<OverlayScene['outline']>, view: View): void {
    const screen = project(points, view);
    this.layer.add(new Line({ points: screen, closed: close, stroke: dark, strokeWidth: 3, lineJoin: 'round' }));
    this.layer.add(new Line({ points: screen, closed: close, stroke: light, strokeWidth: 1.2, dash: erases ? [4, 3] : [], lineJoin: 'round' }));
    if (close) this.handle(screen[0] ?? 0, screen[1] ?? 0);
  }

  private transformBox(corners: readonly Point[], view: View): void {
    const screen = project(corners.flatMap(({ x, y }) => [x, y]), view);
    this.layer.add(new Line({ points: screen, closed: true, stroke: dark, strokeWidth: 3 }));
    this.layer.add(new Line({ points: screen, closed: true, stroke: this.colours.accent, strokeWidth: 1.4 }));
    for (let i = 0; i < screen.length; i += 2) this.handle(screen[i] ?? 0, screen[i + 1] ?? 0);
  }

  private ring(at: Point, size: number, view: View, dash: number[]): void {
    const circle = { x: at.x * view.zoom + view.x, y: at.y * view.zoom + view.y, radius: Math.max(1.5, (size * view.zoom) / 2) };
    this.layer.add(new Circle({ ...circle, stroke: 'rgba(20, 20, 20, .7)', strokeWidth: 3 }));
    this.layer.add(new Circle({ ...circle, stroke: light, strokeWidth: 1.2, dash }));
  }

  private swatch({ at, colour }: NonNullable<OverlayScene['swatch']>, view: View): void {
    const [x, y] = [at.x * view.zoom + view.x + 14, at.y * view.zoom + view.y - 38];
    this.layer.add(new Box({ x, y, width: 24, height: 24, cornerRadius: 3, fill: colour ?? 'rgba(0, 0, 0, 0)', stroke: light, strokeWidth: 1.5, shadowColor: '#000', shadowBlur: 4, shadowOpacity: 0.6 }));
  }

  private pixelGrid(view: View): Shape {
    const { width, height } = this.size;
    return new Shape({
      sceneFunc: (context) => {
        context.beginPath();
        for (let x = ((view.x % view.zoom) + view.zoom) % view.zoom; x < width; x += view.zoom) { context.moveTo(Math.round(x) + 0.5, 0); context.lineTo(Math.round(x) + 0.5, height); }
        for (let y = ((view.y % view.zoom) + view.zoom) % view.zoom; y < height; y += view.zoom) { context.moveTo(0, Math.round(y) + 0.5); context.lineTo(width, Math.round(y) + 0.5); }
        context.setAttr('strokeStyle', 'rgba(128, 128, 128, .35)');
        context.setAttr('lineWidth', 1);
        context.stroke();
      },
    });
  }
}

function project(points: readonly number[], view: View): number[] {
  return points.map((value, index) => value * view.zoom + (index % 2 === 0 ? view.x : view.y));
}
