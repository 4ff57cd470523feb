import { create } from 'zustand';
import type { Failure } from '../../preload/contract/errors.ts';
import type { GenerateInput } from '../../preload/contract/generation.ts';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { useSettings } from '../settings/settings.ts';
import { modelsLoaded, onSnapshot, useConnection } from '../studio/connection.ts';
import type { PictureRef } from '../studio/picture.ts';
import { fasterFields, type Faster } from './faster.ts';

export type Task = 'create' | 'edit' | 'ask';

export interface Sampling extends Faster {
  readonly steps: number;
  readonly txtCfg: number;
  readonly imgCfg: number;
  readonly strength: number;
  readonly seed: number;
}

export interface Composer {
  readonly task: Task;
  readonly prompt: string;
  readonly sampling: Sampling;
  /** A locked seed stays; else every run draws a new one. */
  readonly seedLocked: boolean;
  /** How many seeds, counted up from the first. */
  readonly batch: number;
  /** Values as typed, e.g. "3, 5, 7.5". */
  readonly sweep?: { readonly txtCfg: string; readonly imgCfg: string } | undefined;
  readonly modelId: string;
  /** What a question is about. */
  readonly askPictures: readonly PictureRef[];
  /** Prompts sent, newest first. */
  readonly recent: readonly string[];
  readonly problem?: Failure | undefined;
  readonly submitting: boolean;
}

export const initialSampling: Sampling = { steps: 25, txtCfg: 5, imgCfg: 1.5, strength: 1, seed: 1, guidanceRange: undefined, stepCache: undefined };

/** What the next press of the button will send. */
export const useComposer = create<Composer>(() => ({
  task: 'create', prompt: '', sampling: initialSampling, seedLocked: false, batch: 1, modelId: '', askPictures: [], recent: [], submitting: false,
}));

export function currentModel(): ModelEntry | undefined {
  const { modelId } = useComposer.getState();
  return useConnection.getState().models.find((model) => model.id === modelId);
}

export function useModel(): ModelEntry | undefined {
  const id = useComposer((state) => state.modelId);
  return useConnection((state) => state.models.find((model) => model.id === id));
}

/** What a field goes back to: the model's own defaults. */
export function defaultsOf(model: ModelEntry | undefined): Sampling {
  return { ...initialSampling, ...model?.defaults };
}

export function chooseModel(modelId: string): void {
  useComposer.setState({ modelId });
  useComposer.setState((state) => ({ sampling: { ...defaultsOf(currentModel()), seed: state.sampling.seed } }));
}

onSnapshot(async () => {
  await modelsLoaded();
  if (useComposer.getState().modelId !== '') return;
  const ready = useConnection.getState().models.filter((model) => model.state === 'ready');
  const wanted = useSettings.getState().settings?.modelId;
  const model = ready.find((one) => one.id === wanted) ?? ready[0];
  if (model !== undefined) {
    useComposer.setState({ sampling: { ...initialSampling, seed: newSeed() } });
    chooseModel(model.id);
  }
});

/** 31 bits: every tool that reads the number back can hold it. */
export function newSeed(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) >>> 1;
}

export function setSampling(patch: Partial<Sampling>): void {
  useComposer.setState(({ sampling }) => ({ sampling: { ...sampling, ...patch } }));
}

export function setTask(task: Task): void {
  useComposer.setState({ task, problem: undefined });
}

/** How many pictures a question takes. */
export const pictureLimit = 16;

/** Adds pictures to the question. Beyond the limit the oldest make room: a drop always does something visible. */
export function addPictures(pictures: readonly PictureRef[]): void {
  useComposer.setState((state) => {
    const merged = [...state.askPictures, ...pictures.filter((one) => !state.askPictures.some((other) => other.hash === one.hash))];
    return { task: 'ask', askPictures: merged.slice(-pictureLimit), problem: undefined };
  });
}

export function removePicture(hash: string): void {
  useComposer.setState((state) => ({ askPictures: state.askPictures.filter((one) => one.hash !== hash) }));
}

/** Fills the composer from a stored request; its pictures belong on the canvas. */
export function applyRequest(request: GenerateInput, modelId: string | null): void {
  const model = useConnection.getState().models.find((one) => one.id === modelId && one.state === 'ready');
  if (model !== undefined) useComposer.setState({ modelId: model.id });
  const base = defaultsOf(model ?? currentModel());
  const sampling: Sampling = {
    ...base,
    ...fasterFields(request),
    steps: request.steps ?? base.steps,
    txtCfg: request.txtCfg ?? base.txtCfg,
    imgCfg: request.imgCfg ?? base.imgCfg,
    strength: 'strength' in request ? request.strength ?? 1 : 1,
    seed: request.seed ?? newSeed(),
  };
  // Words about what a mask hides describe the picture; an instruction is about what is there.
  const edits = request.kind === 'edit' || request.kind === 'outpaint' || (request.kind === 'inpaint' && (request.task === 'edit' || request.task === 'outpaint'));
  useComposer.setState({
    task: edits ? 'edit' : 'create', prompt: request.prompt, sampling, seedLocked: request.seed !== undefined, batch: 1, sweep: undefined, problem: undefined,
  });
}
