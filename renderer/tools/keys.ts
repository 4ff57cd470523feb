/** The canvas's keys: which chord means which action. The palette names them, settings rebind them, the page runs them. */
import type { ToolId } from './tool.ts';

export type CanvasAction =
  | `tool.${ToolId}`
  | 'hold.hand' | 'hold.picker' | 'hold.original'
  | 'brush.smaller' | 'brush.larger' | 'brush.swapColours' | 'brush.resetColours' | 'brush.target'
  | 'layer.delete' | 'layer.clear' | 'layer.mergeDown' | 'layer.duplicate' | 'layer.above' | 'layer.below' | 'layer.raise' | 'layer.lower'
  | 'layer.newPaint' | 'layer.newMask' | 'layer.rotateLeft' | 'layer.rotateRight' | 'layer.resetTransform' | 'layer.flipHorizontal' | 'layer.flipVertical' | 'layer.lock' | 'layer.show'
  | 'layer.left' | 'layer.right' | 'layer.up' | 'layer.down' | 'layer.farLeft' | 'layer.farRight' | 'layer.farUp' | 'layer.farDown'
  | 'selection.all' | 'selection.none' | 'selection.invert' | 'selection.fromMask' | 'selection.toMask' | 'selection.addToMask' | 'selection.takeFromMask' | 'selection.lift' | 'selection.fill' | 'selection.erase'
  | 'mask.invert' | 'mask.grow' | 'mask.shrink' | 'mask.feather' | 'mask.fromAlpha'
  | 'view.fit' | 'view.fitFrame' | 'view.zoom100' | 'view.zoom200' | 'view.zoom400' | 'view.zoom800' | 'view.zoomIn' | 'view.zoomOut'
  | 'frame.fitLayers' | 'frame.fitMasks'
  | 'run.run' | 'run.first' | 'run.cancel'
  | 'staging.previous' | 'staging.next' | 'staging.accept' | 'staging.discard' | 'staging.save'
  | 'edit.undo' | 'edit.redo' | 'edit.cancel' | 'edit.copy' | 'edit.paste' | 'edit.export' | 'edit.save';

export type KeyGroup = 'Tools' | 'Brush' | 'Layers' | 'Masks' | 'Selection' | 'View' | 'Frame' | 'Run' | 'Staging' | 'Edit';

export interface KeyBinding {
  readonly id: CanvasAction;
  readonly title: string;
  readonly group: KeyGroup;
  /** Letters by the character that they write, punctuation and digits by position. The first is shown; undefined = only in the palette. */
  readonly keys?: readonly [string, ...string[]];
  /** Acts while the key is down. */
  readonly hold?: boolean;
  /** Means this only while pixels are selected; the same key of a layer waits. */
  readonly selecting?: boolean;
  /** Means this only while results wait and the canvas has the focus. */
  readonly staging?: boolean;
  /** Goes on while the key is held down. */
  readonly repeats?: boolean;
}

const tools: readonly KeyBinding[] = [
  { id: 'tool.move', title: 'Move', group: 'Tools', keys: ['V'] },
  { id: 'tool.transform', title: 'Transform', group: 'Tools', keys: ['Shift+T'] },
  { id: 'tool.frame', title: 'Frame', group: 'Tools', keys: ['C'] },
  { id: 'tool.brush', title: 'Brush', group: 'Tools', keys: ['B'] },
  { id: 'tool.eraser', title: 'Eraser', group: 'Tools', keys: ['E'] },
  { id: 'tool.lasso', title: 'Lasso and polygon', group: 'Tools', keys: ['L'] },
  { id: 'tool.shapes', title: 'Rectangle and ellipse', group: 'Tools', keys: ['U'] },
  { id: 'tool.fill', title: 'Fill', group: 'Tools', keys: ['F'] },
  { id: 'tool.smartSelect', title: 'Smart select', group: 'Tools', keys: ['W'] },
  { id: 'tool.picker', title: 'Colour picker', group: 'Tools', keys: ['I'] },
  { id: 'tool.hand', title: 'Hand', group: 'Tools', keys: ['H'] },
  { id: 'tool.zoom', title: 'Zoom', group: 'Tools', keys: ['Shift+Z'] },
  { id: 'hold.hand', title: 'Hand while held', group: 'Tools', keys: ['Space'], hold: true },
  { id: 'hold.picker', title: 'Colour picker while held', group: 'Tools', keys: ['Alt', 'Alt+Alt'], hold: true },
];

const brush: readonly KeyBinding[] = [
  { id: 'brush.smaller', title: 'Smaller brush', group: 'Brush', keys: ['['], repeats: true },
  { id: 'brush.larger', title: 'Larger brush', group: 'Brush', keys: [']'], repeats: true },
  { id: 'brush.swapColours', title: 'Swap colours', group: 'Brush', keys: ['X'] },
  { id: 'brush.resetColours', title: 'Black and white', group: 'Brush', keys: ['D'] },
  { id: 'brush.target', title: 'Paint on the picture or the mask', group: 'Brush', keys: ['Q'] },
];

const layers: readonly KeyBinding[] = [
  { id: 'layer.delete', title: 'Delete layer', group: 'Layers', keys: ['Delete', 'Backspace'] },
  { id: 'layer.clear', title: 'Clear layer', group: 'Layers', keys: ['Shift+C'] },
  { id: 'layer.mergeDown', title: 'Merge down', group: 'Layers', keys: ['Ctrl+E'] },
  { id: 'layer.duplicate', title: 'Duplicate layer', group: 'Layers', keys: ['Ctrl+J'] },
  { id: 'layer.below', title: 'Select the layer below', group: 'Layers', keys: ['Alt+['], repeats: true },
  { id: 'layer.above', title: 'Select the layer above', group: 'Layers', keys: ['Alt+]'], repeats: true },
  { id: 'layer.lower', title: 'Move layer down', group: 'Layers', keys: ['Ctrl+['], repeats: true },
  { id: 'layer.raise', title: 'Move layer up', group: 'Layers', keys: ['Ctrl+]'], repeats: true },
  { id: 'layer.newPaint', title: 'New paint layer', group: 'Layers' },
  { id: 'layer.newMask', title: 'New mask', group: 'Layers' },
  { id: 'layer.rotateLeft', title: 'Turn layer left by 90°', group: 'Layers' },
  { id: 'layer.rotateRight', title: 'Turn layer right by 90°', group: 'Layers' },
  { id: 'layer.resetTransform', title: 'Put layer back where it was made', group: 'Layers' },
  { id: 'layer.flipHorizontal', title: 'Flip layer left to right', group: 'Layers' },
  { id: 'layer.flipVertical', title: 'Flip layer upside down', group: 'Layers' },
  { id: 'layer.lock', title: 'Lock or unlock layer', group: 'Layers' },
  { id: 'layer.show', title: 'Show or hide layer', group: 'Layers' },
  { id: 'layer.left', title: 'Move layer left by 1 px', group: 'Layers', keys: ['ArrowLeft'], repeats: true },
  { id: 'layer.right', title: 'Move layer right by 1 px', group: 'Layers', keys: ['ArrowRight'], repeats: true },
  { id: 'layer.up', title: 'Move layer up by 1 px', group: 'Layers', keys: ['ArrowUp'], repeats: true },
  { id: 'layer.down', title: 'Move layer down by 1 px', group: 'Layers', keys: ['ArrowDown'], repeats: true },
  { id: 'layer.farLeft', title: 'Move layer left by 10 px', group: 'Layers', keys: ['Shift+ArrowLeft'], repeats: true },
  { id: 'layer.farRight', title: 'Move layer right by 10 px', group: 'Layers', keys: ['Shift+ArrowRight'], repeats: true },
  { id: 'layer.farUp', title: 'Move layer up by 10 px', group: 'Layers', keys: ['Shift+ArrowUp'], repeats: true },
  { id: 'layer.farDown', title: 'Move layer down by 10 px', group: 'Layers', keys: ['Shift+ArrowDown'], repeats: true },
];

const masks: readonly KeyBinding[] = [
  { id: 'mask.invert', title: 'Invert mask', group: 'Masks', keys: ['Shift+V'] },
  { id: 'mask.grow', title: 'Grow mask by 1 px', group: 'Masks' },
  { id: 'mask.shrink', title: 'Shrink mask by 1 px', group: 'Masks' },
  { id: 'mask.feather', title: 'Feather mask', group: 'Masks' },
  { id: 'mask.fromAlpha', title: 'Mask from layer', group: 'Masks' },
];

const selections: readonly KeyBinding[] = [
  { id: 'selection.all', title: 'Select every pixel', group: 'Selection', keys: ['Ctrl+A'] },
  { id: 'selection.none', title: 'Deselect', group: 'Selection', keys: ['Ctrl+D'], selecting: true },
  { id: 'selection.invert', title: 'Invert the selection', group: 'Selection', keys: ['Ctrl+Shift+I'] },
  { id: 'selection.fromMask', title: 'Selection from the mask', group: 'Selection' },
  { id: 'selection.toMask', title: 'Mask from the selection', group: 'Selection', selecting: true },
  { id: 'selection.addToMask', title: 'Add the selection to the mask', group: 'Selection', selecting: true },
  { id: 'selection.takeFromMask', title: 'Take the selection from the mask', group: 'Selection', selecting: true },
  { id: 'selection.lift', title: 'New layer from the selection', group: 'Selection', keys: ['Ctrl+J'], selecting: true },
  { id: 'selection.fill', title: 'Fill the selection', group: 'Selection', keys: ['Alt+Backspace'], selecting: true },
  { id: 'selection.erase', title: 'Erase the selection', group: 'Selection', keys: ['Delete', 'Backspace'], selecting: true },
];

const views: readonly KeyBinding[] = [
  { id: 'view.fit', title: 'Fit the canvas to the window', group: 'View', keys: ['Ctrl+0'] },
  { id: 'view.fitFrame', title: 'Fit the frame to the window', group: 'View' },
  { id: 'view.zoom100', title: 'Zoom to 100 %', group: 'View', keys: ['Ctrl+1'] },
  { id: 'view.zoom200', title: 'Zoom to 200 %', group: 'View', keys: ['Ctrl+2'] },
  { id: 'view.zoom400', title: 'Zoom to 400 %', group: 'View', keys: ['Ctrl+3'] },
  { id: 'view.zoom800', title: 'Zoom to 800 %', group: 'View', keys: ['Ctrl+4'] },
  { id: 'view.zoomIn', title: 'Zoom in', group: 'View', keys: ['Ctrl+='], repeats: true },
  { id: 'view.zoomOut', title: 'Zoom out', group: 'View', keys: ['Ctrl+-'], repeats: true },
  { id: 'frame.fitLayers', title: 'Fit the frame to the layers', group: 'Frame', keys: ['Shift+N'] },
  { id: 'frame.fitMasks', title: 'Fit the frame to the masks', group: 'Frame', keys: ['Shift+B'] },
];

const runs: readonly KeyBinding[] = [
  { id: 'run.run', title: 'Run the prompt', group: 'Run', keys: ['Ctrl+Enter'] },
  { id: 'run.first', title: 'Run the prompt first', group: 'Run', keys: ['Ctrl+Shift+Enter'] },
  { id: 'run.cancel', title: 'Cancel what is running', group: 'Run', keys: ['Shift+X'] },
  { id: 'staging.previous', title: 'Result before', group: 'Staging', keys: ['ArrowLeft'], staging: true, repeats: true },
  { id: 'staging.next', title: 'Next result', group: 'Staging', keys: ['ArrowRight'], staging: true, repeats: true },
  { id: 'staging.accept', title: 'Accept', group: 'Staging', keys: ['Enter'], staging: true },
  { id: 'staging.discard', title: 'Discard all', group: 'Staging', keys: ['Escape'], staging: true },
  { id: 'staging.save', title: 'Save to gallery', group: 'Staging', staging: true },
  { id: 'hold.original', title: 'Original while held', group: 'Staging', keys: ['Z'], hold: true, staging: true },
];

const edits: readonly KeyBinding[] = [
  { id: 'edit.undo', title: 'Undo', group: 'Edit', keys: ['Ctrl+Z'], repeats: true },
  { id: 'edit.redo', title: 'Redo', group: 'Edit', keys: ['Ctrl+Shift+Z', 'Ctrl+Y'], repeats: true },
  { id: 'edit.cancel', title: 'Cancel the gesture', group: 'Edit', keys: ['Escape'] },
  { id: 'edit.copy', title: 'Copy what the frame shows', group: 'Edit', keys: ['Ctrl+C'] },
  { id: 'edit.paste', title: 'Paste', group: 'Edit', keys: ['Ctrl+V'] },
  { id: 'edit.export', title: 'Export', group: 'Edit', keys: ['Ctrl+Shift+E'] },
  { id: 'edit.save', title: 'Save the project as a file', group: 'Edit', keys: ['Ctrl+S'] },
];

/** Every action of the canvas. */
export const canvasKeys: readonly KeyBinding[] = [...tools, ...brush, ...layers, ...masks, ...selections, ...views, ...runs, ...edits];
