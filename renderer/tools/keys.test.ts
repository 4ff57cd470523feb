import { describe, expect, it } from 'vitest';
import { normalChord } from '../palette/chord.ts';
import { canvasKeys } from './keys.ts';

type Mode = 'staging' | 'selecting' | 'plain';
const modeOf = (one: (typeof canvasKeys)[number]): Mode => (one.staging === true ? 'staging' : one.selecting === true ? 'selecting' : 'plain');

/** What a chord means: while results wait, while pixels are selected, else. */
const meaning = (chord: string, mode: Mode = 'plain'): string | undefined => canvasKeys.find((one) => one.keys?.includes(chord) === true && modeOf(one) === mode)?.id;

describe('the keys of the canvas', () => {
  it.each([
    ['B', 'tool.brush'], ['E', 'tool.eraser'], ['V', 'tool.move'], ['L', 'tool.lasso'], ['U', 'tool.shapes'], ['H', 'tool.hand'], ['I', 'tool.picker'], ['C', 'tool.frame'],
    ['Space', 'hold.hand'], ['Alt', 'hold.picker'], ['[', 'brush.smaller'], [']', 'brush.larger'], ['X', 'brush.swapColours'], ['D', 'brush.resetColours'],
    ['Delete', 'layer.delete'], ['Shift+C', 'layer.clear'], ['Shift+V', 'mask.invert'], ['Ctrl+E', 'layer.mergeDown'], ['Alt+[', 'layer.below'], ['Alt+]', 'layer.above'], ['Shift+T', 'tool.transform'],
    ['Ctrl+0', 'view.fit'], ['Ctrl+1', 'view.zoom100'], ['Ctrl+2', 'view.zoom200'], ['Ctrl+3', 'view.zoom400'], ['Ctrl+4', 'view.zoom800'],
    ['Ctrl+Enter', 'run.run'], ['Ctrl+Shift+Enter', 'run.first'], ['Shift+X', 'run.cancel'], ['Shift+N', 'frame.fitLayers'], ['Shift+B', 'frame.fitMasks'],
    ['Ctrl+Z', 'edit.undo'], ['Ctrl+Shift+Z', 'edit.redo'], ['Ctrl+Y', 'edit.redo'], ['ArrowLeft', 'layer.left'],
  ])('%s means %s', (chord, id) => expect(meaning(chord)).toBe(id));

  it.each([['ArrowLeft', 'staging.previous'], ['ArrowRight', 'staging.next'], ['Enter', 'staging.accept'], ['Escape', 'staging.discard'], ['Z', 'hold.original']])(
    'while results wait, %s means %s', (chord, id) => expect(meaning(chord, 'staging')).toBe(id));

  it.each([['Delete', 'selection.erase'], ['Ctrl+J', 'selection.lift'], ['Ctrl+D', 'selection.none'], ['Alt+Backspace', 'selection.fill']])(
    'while pixels are selected, %s means %s', (chord, id) => expect(meaning(chord, 'selecting')).toBe(id));

  it('are one action each, written as the keyboard writes them', () => {
    expect(new Set(canvasKeys.map((one) => one.id)).size).toBe(canvasKeys.length);
    for (const mode of ['staging', 'selecting', 'plain'] as const) {
      const chords = canvasKeys.filter((one) => modeOf(one) === mode).flatMap((one) => one.keys ?? []);
      expect(new Set(chords).size).toBe(chords.length);
      for (const chord of chords) expect(normalChord(chord)).toBe(chord);
    }
  });
});
