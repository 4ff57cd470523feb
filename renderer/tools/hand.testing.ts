/** A hand at a canvas: a store, a view and a toolbox, without a window. */
import type { Refusal } from '../document/outcome.ts';
import type { CanvasDocument, Colour } from '../document/records.ts';
import { canvasPoint, startView, toScreen } from '../document/spaces.ts';
import type { View } from '../document/spaces.ts';
import { createCanvasStore } from '../document/store.ts';
import type { CanvasStore } from '../document/store.ts';
import type { Preview } from '../document/transient.ts';
import { Toolbox } from './toolbox.ts';
import { defaultOptions } from './tool.ts';
import type { MadePixels, Modifiers, ToolContext, ToolOptions, ToolPointer } from './tool.ts';

export interface Asked {
  readonly answer: (pixels: MadePixels | null) => void;
  readonly fail: (error: Error) => void;
  readonly signal: AbortSignal;
}

export class Hand {
  readonly store: CanvasStore;
  readonly toolbox: Toolbox;
  readonly previews: (Preview | null)[] = [];
  readonly refusals: Refusal[] = [];
  readonly failures: unknown[] = [];
  /** Requests of fill and smart select that wait for their answer. */
  readonly asked: Asked[] = [];
  options: ToolOptions = defaultOptions;
  view: View = startView;
  colour: Colour | null = { r: 1, g: 2, b: 3, a: 1 };

  constructor(document?: CanvasDocument) {
    this.store = createCanvasStore(document === undefined ? {} : { document });
    this.toolbox = new Toolbox(this.context());
  }

  get document(): CanvasDocument { return this.store.getState().document; }
  get preview(): Preview | null { return this.previews.at(-1) ?? null; }
  get steps(): readonly string[] { return this.store.steps().past; }

  context(): ToolContext {
    const ask = (signal: AbortSignal): Promise<MadePixels | null> => new Promise((answer, fail) => { this.asked.push({ answer, fail, signal }); });
    return {
      document: () => this.document,
      apply: (op, options) => this.store.apply(op, options),
      preview: (preview) => { this.previews.push(preview); },
      options: () => this.options,
      setOptions: (patch) => { this.options = { ...this.options, ...patch }; },
      view: () => this.view,
      setView: (view) => { this.view = view; },
      viewport: () => ({ width: 1_000, height: 800 }),
      refused: (refusal) => { this.refusals.push(refusal); },
      colourAt: () => this.colour,
      smartSelect: (_request, signal) => ask(signal),
      floodFill: (_request, signal) => ask(signal),
      failed: (error) => { this.failures.push(error); },
    };
  }

  at(x: number, y: number, rest: Partial<Modifiers & { pressure: number; pen: boolean }> = {}): ToolPointer {
    const point = canvasPoint(x, y);
    return { point, screen: toScreen(this.view, point), pressure: 0.5, pen: false, shift: false, alt: false, ctrl: false, ...rest };
  }

  click(x: number, y: number, rest: Partial<Modifiers> = {}): void {
    this.toolbox.down(this.at(x, y, rest));
    this.toolbox.up(this.at(x, y, rest));
  }

  drag(points: readonly (readonly [number, number])[], rest: Partial<Modifiers & { pressure: number; pen: boolean }> = {}): void {
    const [first, ...others] = points;
    if (first === undefined) return;
    this.toolbox.down(this.at(...first, rest));
    for (const point of others) this.toolbox.move(this.at(...point, rest));
    this.toolbox.up(this.at(...(others.at(-1) ?? first), rest));
  }
}
