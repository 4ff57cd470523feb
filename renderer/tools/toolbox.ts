/** All tools, which one is in hand, and which one is held for a moment (Space: hand, Alt: picker). */
import { FillTool, SmartSelectTool } from './asked.ts';
import { BrushTool } from './brush.ts';
import { FrameTool } from './frame.ts';
import { LassoTool } from './lasso.ts';
import { MoveTool, TransformTool } from './move.ts';
import { PickerTool } from './picker.ts';
import { ShapesTool } from './shapes.ts';
import type { Tool, ToolContext, ToolId, ToolPointer } from './tool.ts';
import { HandTool, ZoomTool } from './viewTools.ts';

/** Tools on whose drags Alt means something of its own. */
const altIsTheirs: ReadonlySet<ToolId> = new Set(['frame', 'transform', 'shapes', 'zoom', 'move']);

/** Hands pointer events to the tool in hand. A gesture stays with the tool that began it, whatever keys are pressed meanwhile. */
export class Toolbox {
  readonly #tools: ReadonlyMap<ToolId, Tool>;
  readonly #context: ToolContext;
  #current: ToolId = 'brush';
  #held: 'hand' | 'picker' | undefined;
  /** The tool of the gesture under way. */
  #active: Tool | undefined;

  constructor(context: ToolContext) {
    this.#context = context;
    const tools: readonly Tool[] = [
      new MoveTool(context), new TransformTool(context), new FrameTool(context), new BrushTool(context), new BrushTool(context, 'eraser'), new LassoTool(context),
      new ShapesTool(context), new FillTool(context), new SmartSelectTool(context), new PickerTool(context), new HandTool(context), new ZoomTool(context),
    ];
    this.#tools = new Map(tools.map((tool) => [tool.id, tool]));
  }

  get current(): ToolId { return this.#current; }
  /** The tool that the next press goes to: what the pointer's shape shows. */
  get effective(): ToolId { return (this.#active ?? this.#next()).id; }
  get busy(): boolean { return this.#active !== undefined || this.#inHand().phase !== 'idle'; }

  /** Takes another tool; what the one before was doing is cancelled. */
  select(id: ToolId): void {
    this.cancel();
    this.#unhover();
    this.#current = id;
  }

  /** While Space is down: the hand. While Alt is down: the picker, unless the tool in hand has its own use for Alt. */
  hold(id: 'hand' | 'picker'): void {
    if (id === 'picker' && altIsTheirs.has(this.#current)) return;
    this.#held = id;
    this.#unhover();
  }

  release(id: 'hand' | 'picker'): void {
    if (this.#held !== id) return;
    this.#held = undefined;
    this.#unhover();
  }

  /** `pan`: the middle button, which drags the canvas whatever is in hand. */
  down(event: ToolPointer, pan = false): void {
    const tool = pan ? this.#get('hand') : this.#next();
    if (this.#active !== undefined && this.#active !== tool) this.#active.cancel();
    if (tool !== this.#inHand()) this.#unhover();
    this.#active = tool;
    tool.down(event);
    this.#settle();
  }

  move(event: ToolPointer): void {
    (this.#active ?? this.#next()).move(event);
  }

  up(event: ToolPointer): void {
    this.#active?.up(event);
    this.#active = undefined;
  }

  /** Esc, a lost pointer, another tool: true when there was something to cancel. */
  cancel(): boolean {
    const gesture = this.#active?.cancel() ?? false;
    this.#active = undefined;
    // A polygon between its clicks, a fill that has not come yet.
    return this.#inHand().cancel() || gesture;
  }

  key(name: 'Enter' | 'Backspace'): boolean {
    const taken = this.#inHand().key?.(name) ?? false;
    this.#settle();
    return taken;
  }

  /** What a tool showed by hovering (the picker's colour) goes when another takes its place. */
  #unhover(): void {
    if (!this.busy) this.#context.preview(null);
  }

  #settle(): void {
    if (this.#active?.phase === 'idle') this.#active = undefined;
  }

  /** Between the corners of a polygon the canvas may be panned, but no colour picked: its outline stays in sight. */
  #next(): Tool {
    const hand = this.#inHand();
    return this.#held === undefined || (this.#held === 'picker' && hand.phase !== 'idle') ? hand : this.#get(this.#held);
  }

  #inHand(): Tool { return this.#get(this.#current); }

  #get(id: ToolId): Tool {
    const tool = this.#tools.get(id);
    if (tool === undefined) throw new Error(`no tool ${id}`);
    return tool;
  }
}
