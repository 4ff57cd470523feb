/** Settings of what steers a drawing: control maps and references. */
import { refuse } from '../outcome.ts';
import type { Op } from '../outcome.ts';
import type { ControlLayer, ReferenceLayer } from '../records.ts';
import { onLayer, patched, within, wrongKind } from './support.ts';

export type ControlPatch = Partial<Pick<ControlLayer, 'control' | 'source' | 'map' | 'size' | 'canny' | 'strength' | 'start' | 'end'>>;
export type ReferencePatch = Partial<Pick<ReferenceLayer, 'role' | 'hash' | 'strength'>>;

/** The largest gradient that the edge detector can meet: two Sobel derivatives of an 8-bit picture, added. */
export const maxGradient = 1_530;
const maxBlur = 50;

/** Changes a control layer. INVALID unless 0 ≤ low ≤ high, strength within 0–1, and start < end within 0–1. */
export function setControl(id: string, patch: ControlPatch): Op {
  return onLayer(id, (layer, document) => {
    if (layer.kind !== 'control') return wrongKind(layer, 'a control layer');
    const { canny, strength, start, end } = { ...layer, ...patch };
    if (!(within(canny.low, 0, maxGradient) && within(canny.high, canny.low, maxGradient))) return refuse('INVALID', 'The low threshold may not exceed the high one', id);
    if (!within(canny.blur, 0, maxBlur)) return refuse('INVALID', `Blur goes from 0 to ${maxBlur} px`, id);
    if (!within(strength, 0, 1)) return refuse('INVALID', 'Strength goes from 0 to 100 %', id);
    if (!(within(start, 0, 1) && within(end, 0, 1) && start < end)) return refuse('INVALID', 'A control has to start before it ends', id);
    return patched(document, layer, patch);
  });
}

/** Changes a reference. INVALID unless strength lies within 0–1. */
export function setReference(id: string, patch: ReferencePatch): Op {
  return onLayer(id, (layer, document) => {
    if (layer.kind !== 'reference') return wrongKind(layer, 'a reference');
    if (!within(patch.strength ?? layer.strength, 0, 1)) return refuse('INVALID', 'Strength goes from 0 to 100 %', id);
    return patched(document, layer, patch);
  });
}
