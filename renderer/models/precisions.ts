import { create } from 'zustand';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Precision } from '../../preload/contract/generation.ts';
import type { ModelPrecisions } from '../../preload/contract/precisions.ts';
import { say } from '../shell/notices.ts';
import { onEvent } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { toProblem } from '../studio/problem.ts';
import { bytes } from '../ui/format.ts';

interface State {
  /** By model; undefined while it is not looked at. */
  readonly found: Readonly<Record<string, ModelPrecisions | undefined>>;
  readonly problems: Readonly<Record<string, Failure | undefined>>;
}

/** What the precisions of the models that are looked at take and cost. */
export const usePrecisions = create<State>(() => ({ found: {}, problems: {} }));

/** Cards whose precisions are shown. */
const open = new Set<string>();

async function attempt(modelId: string, work: () => Promise<unknown>): Promise<void> {
  let problem: Failure | undefined;
  try {
    await work();
  } catch (thrown) {
    problem = toProblem(thrown);
  }
  usePrecisions.setState(({ problems }) => ({ problems: { ...problems, [modelId]: problem } }));
}

async function look(modelId: string): Promise<void> {
  const found = await studio().models.precisions({ modelId });
  if (open.has(modelId)) usePrecisions.setState((state) => ({ found: { ...state.found, [modelId]: found } }));
}

/** Keeps a model's precisions up to date until told otherwise. */
export function watchPrecisions(modelId: string): () => void {
  open.add(modelId);
  void attempt(modelId, () => look(modelId));
  return () => {
    open.delete(modelId);
    usePrecisions.setState((state) => ({ found: { ...state.found, [modelId]: undefined }, problems: { ...state.problems, [modelId]: undefined } }));
  };
}

onEvent((event) => {
  if (event.type === 'packing') {
    const { packing } = event;
    usePrecisions.setState(({ found }) => {
      const known = found[packing.modelId];
      return known === undefined ? {} : { found: { ...found, [packing.modelId]: { ...known, packing } } };
    });
  }
  // Settings too: another provider or limit makes other figures.
  if (event.type === 'models' || event.type === 'settings' || event.type === 'snapshot') for (const modelId of open) void attempt(modelId, () => look(modelId));
});

/** Runs the model in it from the next picture on; its weights are packed where that is needed. Null = as for all models. */
export function choosePrecision(modelId: string, precision: Precision | null): void {
  const before = usePrecisions.getState().found[modelId];
  // Shown at once: what packing takes is worked out first.
  if (before !== undefined && precision !== null) usePrecisions.setState(({ found }) => ({ found: { ...found, [modelId]: { ...before, used: precision, own: precision } } }));
  void attempt(modelId, async () => {
    try {
      await studio().models.choosePrecision({ modelId, precision });
    } catch (thrown) {
      usePrecisions.setState(({ found }) => ({ found: { ...found, [modelId]: before } }));
      throw thrown;
    }
  });
}

export function pack(modelId: string, precision: Precision): void {
  void attempt(modelId, () => studio().models.pack({ modelId, precision }));
}

export function cancelPack(modelId: string): void {
  void attempt(modelId, () => studio().models.cancelPack({ modelId }));
}

export function removePack(modelId: string, precision: Precision): void {
  void attempt(modelId, async () => {
    const { freedBytes } = await studio().models.removePack({ modelId, precision });
    say(`${bytes(freedBytes)} are free again`);
  });
}
