import { create } from 'zustand';
import type { Failure } from '../../preload/contract/errors.ts';
import type { ControlLayer } from '../document/records.ts';
import { setControl } from '../document/ops/guides.ts';
import { canvas } from '../project/canvasStore.ts';
import { useProject } from '../project/project.ts';
import { studio } from '../studio/current.ts';
import { toProblem } from '../studio/problem.ts';

interface Maps {
  /** Layers whose map is being made. */
  readonly making: ReadonlySet<string>;
  readonly problems: Readonly<Record<string, Failure>>;
}

/** The making of control maps: the stored bytes are what the page shows and what the model receives. */
export const useControlMaps = create<Maps>(() => ({ making: new Set(), problems: {} }));

const made = new Map<string, string>();
/** What layers whose map is being made came to want meanwhile: a slider that is dragged asks faster than maps are made, and only its last word counts. */
const wanted = new Map<string, readonly [layer: ControlLayer, key: string]>();

function keyOf({ control, source, canny }: ControlLayer): string {
  return control === 'canny' ? `canny ${source} ${canny.low} ${canny.high} ${canny.blur}` : `${control} ${source}`;
}

function edgesOf(hash: string, { canny: { low, high, blur } }: ControlLayer) {
  return { control: 'canny', hash, low, high, blur } as const;
}

async function make(layer: ControlLayer, key: string): Promise<void> {
  if (useControlMaps.getState().making.has(layer.id)) {
    wanted.set(layer.id, [layer, key]);
    return;
  }
  const { id, source, control } = layer;
  if (source === null) return;
  wanted.delete(id);
  useControlMaps.setState(({ making, problems }) => { const { [id]: _gone, ...rest } = problems; return { making: new Set([...making, id]), problems: rest }; });
  try {
    const map = control === 'raw' ? { hash: source, ...(layer.size ?? { width: 0, height: 0 }) }
      : control === 'canny' ? await studio().canvas.controlMap(edgesOf(source, layer))
        : await studio().canvas.controlMap({ control: 'depth', hash: source, from: depthFrom.get(id) ?? 'map' });
    const now = canvas.getState().document.layers[id];
    // What is wanted may have moved on; its own map is on the way then.
    if (now?.kind === 'control' && keyOf(now) === key) canvas.apply(setControl(id, { map: map.hash, size: { width: map.width, height: map.height } }));
  } catch (thrown) {
    made.delete(id);
    useControlMaps.setState(({ problems }) => ({ problems: { ...problems, [id]: toProblem(thrown) } }));
  } finally {
    useControlMaps.setState(({ making }) => ({ making: new Set([...making].filter((one) => one !== id)) }));
    const next = wanted.get(id);
    if (next !== undefined) await make(...next);
  }
}

/** Whether a depth layer's source is a depth map already, or a picture to be estimated. */
export const depthFrom = new Map<string, 'map' | 'picture'>();

/** Makes again every map whose settings have changed, undo included. Called once. */
export function keepControlMaps(): void {
  canvas.subscribe(({ document }) => {
    if (useProject.getState().access !== 'write') return;
    for (const layer of Object.values(document.layers)) {
      if (layer.kind !== 'control' || layer.source === null) continue;
      const key = keyOf(layer);
      if (made.get(layer.id) === key || (layer.map !== null && !made.has(layer.id) && !depthFrom.has(layer.id))) {
        if (!made.has(layer.id)) {
          made.set(layer.id, key);
          // Known to the studio, which gets ready for the slider to be moved.
          if (layer.control === 'canny') void studio().canvas.controlMap(edgesOf(layer.source, layer)).catch(() => undefined);
        }
        continue;
      }
      made.set(layer.id, key);
      void make(layer, key);
    }
  });
}
