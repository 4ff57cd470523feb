/** Tools that ask for pixels at a point and wait for them: fill and smart select. */
import { imageItem, newId } from '../document/make.ts';
import { sequence } from '../document/outcome.ts';
import type { Op } from '../document/outcome.ts';
import { addItem } from '../document/ops/items.ts';
import { addLayer } from '../document/ops/layers.ts';
import { identity } from '../document/records.ts';
import type { Blend, Item, Layer } from '../document/records.ts';
import { shapeItem } from './shapes.ts';
import { confined, findTarget, layItem, targetFor } from './target.ts';
import type { Target } from './target.ts';
import { white } from './tool.ts';
import type { MadePixels, Tool, ToolContext, ToolPhase, ToolPointer } from './tool.ts';

/** Asks on a click. A second click, Esc or another tool drops the answer. */
abstract class AskingTool implements Tool {
  abstract readonly id: 'fill' | 'smartSelect';
  protected readonly context: ToolContext;
  #asking: AbortController | undefined;
  #pressed: ToolPointer | undefined;

  constructor(context: ToolContext) {
    this.context = context;
  }

  get phase(): ToolPhase {
    return this.#asking !== undefined ? 'working' : this.#pressed === undefined ? 'idle' : 'pointing';
  }

  down(event: ToolPointer): void {
    this.cancel();
    this.#pressed = event;
  }

  move(): void { /* where it was pressed is what counts */ }

  up(): void {
    const pressed = this.#pressed;
    this.#pressed = undefined;
    if (pressed !== undefined) this.#ask(pressed);
  }

  cancel(): boolean {
    const active = this.phase !== 'idle';
    this.#pressed = undefined;
    this.#asking?.abort();
    this.#asking = undefined;
    if (active) this.context.preview(null);
    return active;
  }

  #ask(event: ToolPointer): void {
    const target = this.targetOf(event);
    if (target === undefined) return;
    const asking = new AbortController();
    this.#asking = asking;
    this.context.preview({ type: 'working', point: event.point });
    this.request(event, target, asking.signal).then(
      (pixels) => this.#answered(asking, () => this.take(event, target, pixels)),
      (error: unknown) => this.#answered(asking, () => this.context.failed(error)),
    );
  }

  #answered(asking: AbortController, then: () => void): void {
    if (asking.signal.aborted) return;
    this.#asking = undefined;
    this.context.preview(null);
    then();
  }

  protected abstract targetOf(event: ToolPointer): Target | undefined;
  protected abstract request(event: ToolPointer, target: Target, signal: AbortSignal): Promise<MadePixels | null>;
  protected abstract take(event: ToolPointer, target: Target, pixels: MadePixels | null): void;
}

/**
 * Lays canvas pixels on a layer. One that was moved by whole pixels takes them where they belong; on one that was turned or scaled a
 * box cannot lie straight, so a new layer of the same kind takes them there.
 */
function layPixels(context: ToolContext, target: Target, { hash, rect }: MadePixels, blend: Blend, mark: string): void {
  const [a, b, c, d] = target.layer.transform;
  const straight = a === 1 && b === 0 && c === 0 && d === 1;
  const [, , , , e, f] = target.inward;
  const op = straight
    ? layItem(target, imageItem(hash, { ...rect, x: rect.x + e, y: rect.y + f }, blend))
    : ontoItsOwn(target.layer, confined(context.document(), identity, imageItem(hash, rect, blend)));
  const outcome = op === undefined ? undefined : context.apply(op, { mark });
  if (outcome?.ok === false) context.refused(outcome.refusal);
  if (op === undefined) context.refused({ code: 'INVALID', message: `${target.layer.name} is turned or scaled: nothing can be taken from it`, layerId: target.layer.id });
}

function ontoItsOwn(layer: Layer, item: Item): Op | undefined {
  if (item.type === 'image' && item.blend === 'subtract') return undefined;
  const own: Layer = { ...layer, id: newId(), name: `${layer.name} fill`.slice(0, 200), items: [], transform: identity };
  return sequence(addLayer(own, layer.id), addItem(own.id, item));
}

/** Fills an area of like colour. Shift fills the whole frame, Ctrl takes away. */
export class FillTool extends AskingTool {
  readonly id = 'fill';

  protected targetOf(event: ToolPointer): Target | undefined {
    const target = targetFor(this.context, event.ctrl);
    if (target === undefined || !event.shift) return target;
    const { frame } = this.context.document();
    const colour = target.layer.kind === 'mask' ? white : this.context.options().colour;
    const item = shapeItem(target, 'rectangle', frame, { id: newId(), blend: event.ctrl ? 'subtract' : 'add', colour });
    const outcome = this.context.apply(layItem(target, item), { mark: 'Fill the frame' });
    if (!outcome.ok) this.context.refused(outcome.refusal);
    return undefined;
  }

  protected request(event: ToolPointer, target: Target, signal: AbortSignal): Promise<MadePixels | null> {
    const { colour, tolerance } = this.context.options();
    const mask = target.layer.kind === 'mask';
    return this.context.floodFill({ point: event.point, target: mask ? 'mask' : 'paint', layerId: target.isNew ? null : target.layer.id, colour: mask ? white : colour, tolerance }, signal);
  }

  protected take(event: ToolPointer, target: Target, pixels: MadePixels | null): void {
    if (pixels === null) this.context.refused({ code: 'NOTHING', message: 'Nothing to fill there' });
    else layPixels(this.context, target, pixels, event.ctrl ? 'subtract' : 'add', 'Fill');
  }
}

/** Selects the object that was clicked into a mask, whatever the brush paints. Ctrl takes it out. */
export class SmartSelectTool extends AskingTool {
  readonly id = 'smartSelect';

  protected targetOf(event: ToolPointer): Target | undefined {
    const found = findTarget(this.context.document(), 'mask', event.ctrl);
    if (!('code' in found)) return found;
    this.context.refused(found);
    return undefined;
  }

  protected request(event: ToolPointer, _target: Target, signal: AbortSignal): Promise<MadePixels | null> {
    return this.context.smartSelect({ point: event.point, tolerance: this.context.options().tolerance }, signal);
  }

  protected take(event: ToolPointer, target: Target, pixels: MadePixels | null): void {
    if (pixels === null) this.context.refused({ code: 'NOTHING', message: 'No object was found there' });
    else layPixels(this.context, target, pixels, event.ctrl ? 'subtract' : 'add', event.ctrl ? 'Smart select, subtract' : 'Smart select');
  }
}
