import { fitView, zoomAboutMiddle, zoomStep, screenPoint } from '../document/spaces.ts';
import { fitFrameToLayers, fitFrameToMasks } from '../document/ops/frame.ts';
import { cycleSelection, duplicateLayer, nudgeLayer, setLocked, setVisible } from '../document/ops/layers.ts';
import { flipLayer, moveLayer, resetTransform, rotateLayer } from '../document/ops/transform.ts';
import type { Layer } from '../document/records.ts';
import { registerCommands } from '../palette/commands.ts';
import type { Command } from '../palette/commands.ts';
import { canvas, canvasDocument, change, selectedLayer } from '../project/canvasStore.ts';
import { useProject } from '../project/project.ts';
import { useView } from '../shell/view.ts';
import { accept, browse, discardAll, keepShown, useStaging } from '../staging/staging.ts';
import { nextSize } from '../tools/brush.ts';
import { canvasKeys } from '../tools/keys.ts';
import type { CanvasAction } from '../tools/keys.ts';
import { black, toolIds, white } from '../tools/tool.ts';
import { useChats } from '../ask/chats.ts';
import { closeAnswer, newestTurn, promptFromAnswer, useFrameAnswer } from './askFrame.ts';
import { fitCanvas } from './fit.ts';
import { copyWhatIsMeant, pasteFromClipboard } from './clipboard.ts';
import { saveProjectFile } from './files.ts';
import { currentSelection } from './chosenPixels.ts';
import { deselect, eraseSelection, fillSelection, invertSelection, joinMask, liftSelection, maskFromSelection, selectAll, selectFromMask } from './selection.ts';
import { takeTool, toolbox, toolsChanged, viewportNow } from './toolHost.ts';
import { setOptions, useTools } from './tools.ts';
import { attempt, clearSelected, deleteSelected, featherSelected, growSelected, invertSelected, maskFromSelected, mergeSelectedDown, newMask, newPaint } from './verbs.ts';

/** Every action of the canvas as a command: the palette lists them, keys run them, settings rebind them. */

export function onCanvas(): boolean {
  const { place, viewing, settingsOpen } = useView.getState();
  return place === 'canvas' && viewing === undefined && !settingsOpen;
}

/** The canvas itself has the focus, or nothing has; the palette speaks for it. */
export function canvasFocused(): boolean {
  const at = document.activeElement;
  return onCanvas() && (at === null || at === document.body || at.closest('[data-region=stage],[data-testid=palette]') !== null);
}

function zoomAt(zoom: number): void {
  canvas.setTransient({ view: zoomAboutMiddle(canvas.getState().transient.view, viewportNow(), zoom) });
}

function stepZoom(direction: 1 | -1): void {
  const { width, height } = viewportNow();
  canvas.setTransient({ view: zoomStep(canvas.getState().transient.view, direction, screenPoint(width / 2, height / 2)) });
}

function nudge(x: number, y: number): void {
  const layer = selectedLayer();
  if (layer !== undefined) change(moveLayer(layer.id, x, y), { mark: 'Move', merge: `nudge ${layer.id}` });
}

function onChosen(run: (id: string) => void): void {
  const layer = selectedLayer();
  if (layer !== undefined) run(layer.id);
}

async function step(direction: 'undo' | 'redo'): Promise<void> {
  if (useProject.getState().access === 'write') await canvas[direction]();
}

const runs: Partial<Record<CanvasAction, () => void | Promise<unknown>>> = {
  ...Object.fromEntries(toolIds.map((id) => [`tool.${id}`, () => takeTool(id)])),
  'brush.smaller': () => setOptions({ size: nextSize(useTools.getState().options.size, -1) }),
  'brush.larger': () => setOptions({ size: nextSize(useTools.getState().options.size, 1) }),
  'brush.swapColours': () => { const { colour, background } = useTools.getState().options; setOptions({ colour: background, background: colour }); },
  'brush.resetColours': () => setOptions({ colour: black, background: white }),
  'brush.target': () => setOptions({ target: useTools.getState().options.target === 'mask' ? 'paint' : 'mask' }),
  'layer.delete': deleteSelected,
  'layer.clear': clearSelected,
  'layer.mergeDown': () => attempt(mergeSelectedDown),
  'layer.duplicate': () => onChosen((id) => { change(duplicateLayer(id), { mark: 'Duplicate' }); }),
  'layer.below': () => { change(cycleSelection(-1), {}); },
  'layer.above': () => { change(cycleSelection(1), {}); },
  'layer.lower': () => onChosen((id) => { change(nudgeLayer(id, -1), { mark: 'Reorder' }); }),
  'layer.raise': () => onChosen((id) => { change(nudgeLayer(id, 1), { mark: 'Reorder' }); }),
  'layer.newPaint': newPaint,
  'layer.newMask': newMask,
  'layer.rotateLeft': () => onChosen((id) => { change(rotateLayer(id, -90), { mark: 'Turn' }); }),
  'layer.rotateRight': () => onChosen((id) => { change(rotateLayer(id, 90), { mark: 'Turn' }); }),
  'layer.resetTransform': () => onChosen((id) => { change(resetTransform(id), { mark: 'Put back' }); }),
  'layer.flipHorizontal': () => onChosen((id) => { change(flipLayer(id, 'horizontal'), { mark: 'Flip' }); }),
  'layer.flipVertical': () => onChosen((id) => { change(flipLayer(id, 'vertical'), { mark: 'Flip' }); }),
  'layer.lock': () => onChosen((id) => { change(setLocked(id, !canvasDocument().layers[id]?.locked), { mark: 'Lock' }); }),
  'layer.show': () => onChosen((id) => { change(setVisible(id, !canvasDocument().layers[id]?.visible), { mark: 'Show or hide' }); }),
  'layer.left': () => nudge(-1, 0), 'layer.right': () => nudge(1, 0), 'layer.up': () => nudge(0, -1), 'layer.down': () => nudge(0, 1),
  'layer.farLeft': () => nudge(-10, 0), 'layer.farRight': () => nudge(10, 0), 'layer.farUp': () => nudge(0, -10), 'layer.farDown': () => nudge(0, 10),
  'mask.invert': invertSelected,
  'mask.grow': () => growSelected(1),
  'mask.shrink': () => growSelected(-1),
  'mask.feather': featherSelected,
  'mask.fromAlpha': () => attempt(maskFromSelected),
  'selection.all': () => attempt(selectAll),
  'selection.none': () => attempt(deselect),
  'selection.invert': () => attempt(invertSelection),
  'selection.fromMask': () => attempt(selectFromMask),
  'selection.toMask': () => attempt(maskFromSelection),
  'selection.addToMask': () => attempt(() => joinMask('add')),
  'selection.takeFromMask': () => attempt(() => joinMask('subtract')),
  'selection.lift': () => attempt(liftSelection),
  'selection.fill': () => attempt(() => fillSelection(useTools.getState().options.colour)),
  'selection.erase': () => attempt(eraseSelection),
  'view.fit': fitCanvas,
  'view.fitFrame': () => canvas.setTransient({ view: fitView(canvasDocument().frame, viewportNow(), { enlarge: true }) }),
  'view.zoom100': () => zoomAt(1), 'view.zoom200': () => zoomAt(2), 'view.zoom400': () => zoomAt(4), 'view.zoom800': () => zoomAt(8),
  'view.zoomIn': () => stepZoom(1), 'view.zoomOut': () => stepZoom(-1),
  'frame.fitLayers': () => { change(fitFrameToLayers(), { mark: 'Fit frame to layers' }); },
  'frame.fitMasks': () => { change(fitFrameToMasks(), { mark: 'Fit frame to masks' }); },
  'staging.previous': () => browse(-1), 'staging.next': () => browse(1), 'staging.accept': accept, 'staging.discard': discardAll, 'staging.save': keepShown,
  'edit.undo': () => step('undo'), 'edit.redo': () => step('redo'),
  'edit.cancel': () => { toolbox.cancel(); toolsChanged(); },
  'edit.copy': () => attempt(copyWhatIsMeant),
  'edit.paste': () => attempt(pasteFromClipboard),
  'edit.export': () => useView.setState({ exportOpen: true }),
  'edit.save': () => attempt(saveProjectFile),
};

const isRaster = (layer: Layer | undefined): boolean => layer?.kind === 'picture' || layer?.kind === 'paint';
const waits = (): boolean => useStaging.getState().waiting.length > 0;
const nudges = new Set<CanvasAction>(['layer.left', 'layer.right', 'layer.up', 'layer.down', 'layer.farLeft', 'layer.farRight', 'layer.farUp', 'layer.farDown']);

function whenOf({ id, staging, selecting }: (typeof canvasKeys)[number]): () => boolean {
  if (staging === true) return () => canvasFocused() && waits() && !toolbox.busy;
  // With a mask chosen the key deletes that, as ever.
  if (id === 'selection.erase') return () => canvasFocused() && currentSelection() !== null && !toolbox.busy && isRaster(selectedLayer());
  if (selecting === true) return () => onCanvas() && currentSelection() !== null && !toolbox.busy;
  if (id === 'edit.cancel') return () => onCanvas() && toolbox.busy;
  if (nudges.has(id)) return () => canvasFocused() && selectedLayer() !== undefined && !toolbox.busy;
  return () => onCanvas() && !toolbox.busy;
}

function commandOf(binding: (typeof canvasKeys)[number]): Command | undefined {
  const run = runs[binding.id];
  if (run === undefined && binding.hold !== true) return undefined;
  const [keys, ...also] = binding.keys ?? [];
  return {
    id: `canvas.${binding.id}`, title: binding.title, group: binding.group, keys, also, hold: binding.hold ?? false,
    // The browser's own paste brings the files along; asking the clipboard is for the palette.
    ...(binding.id === 'edit.paste' ? { keys: undefined } : {}),
    notInText: binding.group !== 'Frame', when: whenOf(binding), run: run ?? (() => undefined),
  };
}

/** Polygons end with Enter and lose a corner with Backspace while they are drawn. */
const inGesture: readonly Command[] = [
  { id: 'canvas.gesture.enter', title: 'End the polygon', group: 'Tools', keys: 'Enter', when: () => canvasFocused() && toolbox.busy, run: () => { toolbox.key('Enter'); toolsChanged(); } },
  { id: 'canvas.gesture.backspace', title: 'Take back the last corner', group: 'Tools', keys: 'Backspace', when: () => canvasFocused() && toolbox.busy, run: () => { toolbox.key('Backspace'); toolsChanged(); } },
];

const answer = () => newestTurn(useChats.getState().open)?.answer;
const answered = (): boolean => onCanvas() && useFrameAnswer.getState().chatId !== null;

const answers: readonly Command[] = [
  { id: 'canvas.answer.close', title: 'Close the answer', group: 'Prompt', keys: 'Escape', when: () => answered() && !toolbox.busy && !waits(), run: closeAnswer },
  { id: 'canvas.answer.use', title: 'Use the answer as the prompt', group: 'Prompt', keys: 'Alt+U', inText: true, when: () => answered() && (answer()?.text ?? '') !== '', run: () => promptFromAnswer(answer()?.text ?? '') },
];

/** Called once, before the keyboard is listened to. Keys of waiting results and of a selection come before the same keys of layers. */
export function registerCanvasActions(): void {
  const rank = ({ staging, selecting }: (typeof canvasKeys)[number]): number => (staging === true ? 0 : selecting === true ? 1 : 2);
  const commands = canvasKeys.toSorted((a, b) => rank(a) - rank(b)).flatMap((binding) => commandOf(binding) ?? []);
  registerCommands([...inGesture, ...commands, ...answers]);
}

