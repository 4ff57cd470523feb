import { useEffect, useRef, useState } from 'react';
import { canvasPoint, screenPoint, toCanvas, zoomBy } from '../document/spaces.ts';
import type { CanvasPoint } from '../document/spaces.ts';
import { keysOf } from '../palette/commands.ts';
import { chordOf, normalChord } from '../palette/chord.ts';
import { canvas, canvasDocument, useCanvas } from '../project/canvasStore.ts';
import { useProject } from '../project/project.ts';
import { useView } from '../shell/view.ts';
import { pixelsOf, shownResult, useStaging } from '../staging/staging.ts';
import { frameHit, layerHit } from '../tools/handles.ts';
import type { ToolPointer } from '../tools/tool.ts';
import { nextSize } from '../tools/brush.ts';
import css from './Canvas.module.css';
import { describeCanvas } from './describe.ts';
import { followDrafts, useDrafts } from './drafts.ts';
import { fitCanvas } from './fit.ts';
import { SelectionLines } from './SelectionLines.tsx';
import { Stage } from './stage.ts';
import type { StageInput } from './stage.ts';
import { setViewport, toolbox, toolsChanged } from './toolHost.ts';
import { setOptions, useTools } from './tools.ts';
import { thumbnailsOf } from './thumbnails.ts';

/** Where the pointer is, in canvas pixels; for the ring and the status bar. */
let pointerAt: CanvasPoint | undefined;

function readInput(): StageInput {
  const { document, transient } = canvas.getState();
  const { effective, options } = useTools.getState();
  const staging = useStaging.getState();
  const shown = staging.original ? undefined : shownResult(staging);
  const brush = effective === 'brush' || effective === 'eraser';
  const selected = document.selected === null ? undefined : document.layers[document.selected];
  return {
    document, view: transient.view, preview: transient.preview, tool: effective, drafts: useDrafts.getState().drafts,
    waiting: shown === undefined ? [] : [{ id: shown.id, ...pixelsOf(shown) }],
    ring: brush && pointerAt !== undefined ? { at: pointerAt, size: options.size, erases: effective === 'eraser' } : undefined,
    // What was repainted is looked at, not the mask that it was painted through; the next stroke shows the mask again.
    quietMask: shown !== undefined && selected?.kind === 'mask' && quiet.get(selected.id) === selected.items && transient.preview === null,
  };
}

/** Masks as they were when a result came to lie over them. */
const quiet = new Map<string, unknown>();
useStaging.subscribe((state, before) => {
  if (state.shown === before.shown || state.shown === null) return;
  for (const layer of Object.values(canvasDocument().layers)) if (layer.kind === 'mask') quiet.set(layer.id, layer.items);
});

function cursorFor(tool: string, at: CanvasPoint | undefined): string {
  const { document, transient } = canvas.getState();
  const handles: Readonly<Record<string, string>> = { n: 'ns-resize', s: 'ns-resize', e: 'ew-resize', w: 'ew-resize', ne: 'nesw-resize', sw: 'nesw-resize', nw: 'nwse-resize', se: 'nwse-resize', move: 'move', turn: 'alias' };
  switch (tool) {
    case 'brush': case 'eraser': return 'none';
    case 'hand': return toolbox.busy ? 'grabbing' : 'grab';
    case 'zoom': return 'zoom-in';
    case 'move': return 'move';
    case 'frame': return at === undefined ? 'crosshair' : handles[frameHit(document.frame, at, transient.view.zoom) ?? ''] ?? 'crosshair';
    case 'transform': {
      const layer = document.selected === null ? undefined : document.layers[document.selected];
      return at === undefined || layer === undefined ? 'default' : handles[layerHit(layer, at, transient.view.zoom) ?? ''] ?? 'default';
    }
    default: return 'crosshair';
  }
}

/** The canvas: what it shows and every pointer on it. */
export function CanvasStage() {
  const host = useRef<HTMLDivElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const summary = useCanvas((state) => describeCanvas(state.document));
  const projectId = useProject((state) => state.project?.id);
  const [ready, setReady] = useState(false);

  useEffect(() => {
    const [element, box] = [host.current, root.current];
    if (element === null || box === null) return;
    const stage = new Stage(element, readInput);
    const controller = new AbortController();
    const { signal } = controller;
    const request = (): void => stage.request();
    stage.readColours();
    const theme = new MutationObserver(() => stage.readColours());
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const measure = (): void => { setViewport({ width: element.clientWidth, height: element.clientHeight }); stage.resize(); };
    const sizes = new ResizeObserver(measure);
    sizes.observe(element);
    measure();
    const stops = [canvas.subscribe(request), useTools.subscribe(request), useStaging.subscribe(request), useDrafts.subscribe(request), followDrafts(), thumbnailsOf(canvas)];
    listenToPointer(box, element, request, signal);
    listenToHeldKeys(signal);
    hook(stage);
    setReady(true);
    return () => {
      controller.abort();
      toolbox.cancel();
      theme.disconnect();
      sizes.disconnect();
      for (const stop of stops) stop();
      stage.destroy();
      hook(undefined);
    };
  }, []);

  // A project that opens is seen whole.
  useEffect(() => { if (ready && projectId !== undefined) fitCanvas(); }, [ready, projectId]);
  return (
    <div ref={root} className={css.stageBox} role="application" aria-roledescription="Canvas" aria-label={summary} data-region="stage" data-region-focus data-testid="canvas" tabIndex={0}>
      <div ref={host} className={css.konva} />
      <SelectionLines />
    </div>
  );
}

/** For benches and tests, which time frames and read pixels as a person cannot. */
function hook(stage: Stage | undefined): void {
  (globalThis as { ovisStage?: Stage | undefined }).ovisStage = stage;
}

function listenToPointer(box: HTMLDivElement, element: HTMLDivElement, request: () => void, signal: AbortSignal): void {
  const pointer = (event: PointerEvent | WheelEvent): ToolPointer => {
    const rect = element.getBoundingClientRect();
    const screen = screenPoint(event.clientX - rect.left, event.clientY - rect.top);
    const pen = 'pointerType' in event && event.pointerType === 'pen';
    return {
      screen, point: toCanvas(canvas.getState().transient.view, screen), pen, pressure: 'pressure' in event ? event.pressure : 1,
      shift: event.shiftKey, alt: event.altKey, ctrl: event.ctrlKey || event.metaKey,
    };
  };
  const show = (event: ToolPointer): void => {
    pointerAt = canvasPoint(event.point.x, event.point.y);
    tellPointer(event.point);
    box.style.cursor = cursorFor(toolbox.effective, event.point);
    request();
  };
  box.addEventListener('pointerdown', (event) => {
    if (event.button > 1) return;
    box.focus({ preventScroll: true });
    box.setPointerCapture(event.pointerId);
    event.preventDefault();
    useProject.setState({ refusal: undefined });
    const at = pointer(event);
    toolbox.down(at, event.button === 1);
    toolsChanged();
    show(at);
  }, { signal });
  box.addEventListener('pointermove', (event) => {
    // A pen and a fast mouse say more than once a frame where they were.
    const events = event.buttons === 0 ? [event] : event.getCoalescedEvents();
    for (const one of events.length === 0 ? [event] : events) toolbox.move(pointer(one));
    show(pointer(event));
  }, { signal });
  box.addEventListener('pointerup', (event) => {
    toolbox.up(pointer(event));
    toolsChanged();
    show(pointer(event));
  }, { signal });
  box.addEventListener('pointercancel', () => { toolbox.cancel(); toolsChanged(); }, { signal });
  box.addEventListener('pointerleave', () => { pointerAt = undefined; tellPointer(undefined); request(); }, { signal });
  box.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  box.addEventListener('wheel', (event) => {
    event.preventDefault();
    const at = pointer(event);
    const { view } = canvas.getState().transient;
    if (event.ctrlKey && ctrlDown) {
      setOptions({ size: nextSize(useTools.getState().options.size, event.deltaY < 0 ? 1 : -1) });
    } else if (event.shiftKey && !event.ctrlKey) {
      canvas.setTransient({ view: { ...view, x: view.x - (event.deltaX || event.deltaY), y: view.y } });
    } else {
      // A pinch on a touchpad arrives as a wheel with Ctrl that nobody holds, in finer steps.
      canvas.setTransient({ view: zoomBy(view, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), at.screen) });
    }
    show(pointer(event));
  }, { passive: false, signal });
}

let ctrlDown = false;
let told: ((at: CanvasPoint | undefined) => void) | undefined;
function tellPointer(at: CanvasPoint | undefined): void {
  told?.(at);
}
/** Who shows the pointer's place. */
export function onPointer(listener: (at: CanvasPoint | undefined) => void): () => void {
  told = listener;
  return () => { told = undefined; };
}

function isFree(event: KeyboardEvent): boolean {
  const { place, viewing, settingsOpen, paletteOpen } = useView.getState();
  return place === 'canvas' && viewing === undefined && !settingsOpen && !paletteOpen
    && event.target instanceof Element && event.target.closest('input,textarea,select,[contenteditable],button,[role="menu"],[role="listbox"],[role="dialog"],[role="treeitem"]') === null;
}

/** Keys that act while they are down: Space the hand, Alt the picker, Z the original. */
function listenToHeldKeys(signal: AbortSignal): void {
  const held = (event: KeyboardEvent, id: string): boolean => normalChord(keysOf(`canvas.${id}`) ?? '') === chordOf(event).replace(/^Alt\+Alt$/, 'Alt');
  window.addEventListener('keydown', (event) => {
    ctrlDown = event.ctrlKey || event.metaKey;
    if (event.repeat) { if (isFree(event) && held(event, 'hold.hand')) event.preventDefault(); return; }
    if (!isFree(event)) return;
    if (held(event, 'hold.hand')) { event.preventDefault(); toolbox.hold('hand'); } else if (held(event, 'hold.picker')) { event.preventDefault(); toolbox.hold('picker'); } else if (held(event, 'hold.original') && useStaging.getState().shown !== null) useStaging.setState({ original: true });
    else return;
    toolsChanged();
  }, { signal });
  const letGo = (): void => {
    toolbox.release('hand');
    toolbox.release('picker');
    if (useStaging.getState().original) useStaging.setState({ original: false });
    toolsChanged();
  };
  window.addEventListener('keyup', (event) => {
    ctrlDown = event.ctrlKey || event.metaKey;
    if (event.key === 'Alt') { event.preventDefault(); toolbox.release('picker'); } else if (event.key === ' ') toolbox.release('hand'); else if (!event.ctrlKey && useStaging.getState().original) useStaging.setState({ original: false });
    toolsChanged();
  }, { signal });
  window.addEventListener('blur', () => { ctrlDown = false; letGo(); }, { signal });
}
