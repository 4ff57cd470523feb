/** What tests of tools begin with. */
import { emptyDocument, newPictureLayer } from '../document/make.ts';
import { sequence } from '../document/outcome.ts';
import type { Op } from '../document/outcome.ts';
import type { CanvasDocument, Item, Layer } from '../document/records.ts';
import type { Hand } from './hand.testing.ts';

export function made(...ops: readonly Op[]): CanvasDocument {
  const outcome = sequence(...ops)(emptyDocument());
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.document;
}

export const hash = 'a'.repeat(64);
export const picture = (width = 100, height = 100) => newPictureLayer({ name: 'Picture', hash, rect: { x: 0, y: 0, width, height } });
export const selected = (hand: Hand): Layer => {
  const layer = hand.document.layers[hand.document.selected ?? ''];
  if (layer === undefined) throw new Error('nothing is selected');
  return layer;
};
export const lastItem = (hand: Hand): Item | undefined => selected(hand).items.at(-1);
export const turn = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 0); });
