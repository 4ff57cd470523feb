import { create } from 'zustand';
import type { CanvasRequest } from '../../preload/contract/canvas.ts';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import { currentModel, newSeed, useComposer } from '../create/composer.ts';
import { sweepValues, wildcardCount } from '../create/wildcards.ts';
import { planBatch } from '../create/request.ts';
import type { Plan, Obstacle, PlanInput, Remedy } from '../document/plan.ts';
import { planRun } from '../document/toRequest.ts';
import type { CanvasDocument } from '../document/records.ts';
import { setFrame } from '../document/ops/frame.ts';
import { setVisible } from '../document/ops/layers.ts';
import { sequence } from '../document/outcome.ts';
import { toCanvasRequest, toSubmit } from '../document/submit.ts';
import type { JoinOptions } from '../document/submit.ts';
import { canvasDocument, change, useCanvas } from '../project/canvasStore.ts';
import { useProject } from '../project/project.ts';
import { flush } from '../project/session.ts';
import { lookAtFirstOf } from '../staging/staging.ts';
import { studio } from '../studio/current.ts';
import { refusal } from '../studio/problem.ts';
import { mapRaster, maskRaster, measureCoverage, pictureRaster, upload } from './pixels.ts';

interface RunSettings {
  /** How a repaint joins what is kept. */
  readonly join: Required<JoinOptions>;
  /** More context pictures than the model was trained for. */
  readonly experimental: boolean;
  /** The preset in use: `remove`, `restyle`, … */
  readonly task: string | null;
}

export const defaultJoin: Required<JoinOptions> = { blend: 25, fill: 'edge', colourMatch: true, crop: true };

/** What a run does beside the prompt and its sampling. */
export const useRunSettings = create<RunSettings>(() => ({ join: defaultJoin, experimental: false, task: null }));

export function setJoin(patch: Partial<JoinOptions>): void {
  useRunSettings.setState(({ join }) => ({ join: { ...join, ...patch } }));
}

function inputOf(document: CanvasDocument): PlanInput {
  const { task: mode, prompt } = useComposer.getState();
  const { experimental, task } = useRunSettings.getState();
  const model = currentModel();
  return {
    document, mode, prompt, experimental, model: model === undefined ? null : { name: model.name, contextImages: model.contextImages, tasks: model.tasks },
    ...(task === null || mode !== 'edit' ? {} : { task }),
  };
}

/** What Run would do now. */
export function planNow(document: CanvasDocument = canvasDocument()): Plan | Obstacle {
  return planRun(inputOf(document));
}

/** The same for the page: again whenever something that it depends on changes. */
export function usePlan(): Plan | Obstacle {
  const document = useCanvas((state) => state.document);
  useComposer();
  useRunSettings();
  return planNow(document);
}

export function applyRemedy(remedy: Remedy): void {
  switch (remedy.type) {
    case 'hide': change(sequence(...remedy.layerIds.map((id) => setVisible(id, false))), { mark: remedy.title }); return;
    case 'mode': useComposer.setState({ task: remedy.mode, problem: undefined }); return;
    case 'frame': change(setFrame(remedy.frame), { mark: 'Frame' }); return;
    case 'experimental': useRunSettings.setState({ experimental: true }); return;
    case 'plain': useRunSettings.setState({ task: null });
  }
}

interface Prepared {
  readonly plan: Plan;
  readonly request: CanvasRequest;
}

let last: string | undefined;

/** The frame as it was last sent: pixels of the size that the next run is likely to have. */
export function lastRaster(): string | undefined {
  return last;
}

/** Draws and stores what the plan needs. The pixels have the last word: holes that the records cannot know change the plan. */
async function prepare(): Promise<Prepared> {
  const document = canvasDocument();
  let plan = planRun(inputOf(document));
  if (!plan.ok) throw refusal(plan.message);
  let raster: string | undefined;
  if (plan.raster !== null) {
    const drawn = await pictureRaster(document, plan.raster.rect);
    const measured = planRun({ ...inputOf(document), coverage: measureCoverage(drawn) });
    if (!measured.ok) throw refusal(measured.message);
    plan = measured;
    raster = await upload(drawn);
    last = raster;
  }
  const mask = plan.mask === null ? undefined : await upload(await maskRaster(document, plan.mask));
  const map = plan.control === null || plan.control.hash !== null ? undefined : await upload(await mapRaster(document, plan.control.layerId, plan.control.rect));
  const { sampling } = useComposer.getState();
  const { join } = useRunSettings.getState();
  return { plan, request: toCanvasRequest(plan, { raster, mask, map }, { ...sampling, strength: Math.max(0.05, sampling.strength) }, join) };
}

/** The words of every wildcard alternative; the prompt itself where there is none. */
async function promptsOf(prompt: string): Promise<readonly string[]> {
  if (wildcardCount(prompt) < 2) return [prompt];
  const expanded = await studio().batches.expand({ request: { kind: 'textToImage', prompt }, wildcards: true });
  return expanded.prompts;
}

/** Sends the frame as it stands: prompts × guidance values × seeds. Everything done so far is on disk first, so that a crash loses neither. */
export async function submitCanvas(front: boolean): Promise<void> {
  const { project } = useProject.getState();
  if (project === undefined) throw refusal('No project is open');
  const composer = useComposer.getState();
  const { plan, request } = await prepare();
  await flush().catch(() => undefined);
  const prompts = await promptsOf(request.prompt);
  const { sweep } = planBatch(composer);
  const texts = sweep?.txtCfg ?? (composer.sweep === undefined ? [undefined] : sweepValues(composer.sweep.txtCfg, composer.sampling.txtCfg));
  const images = sweep?.imgCfg ?? [undefined];
  const base = toSubmit(project.id, plan, request);
  const jobs: JobRecord[] = [];
  for (const prompt of prompts) {
    for (const txtCfg of texts) {
      for (const imgCfg of images) {
        jobs.push(...await studio().canvas.submit({
          ...base, request: { ...request, prompt, ...(txtCfg === undefined ? {} : { txtCfg }), ...(imgCfg === undefined ? {} : { imgCfg }) },
          count: Math.min(16, composer.batch), modelId: composer.modelId, lane: 'foreground', ...(front ? { toFront: true } : {}),
        }));
        lookAtFirstOf(jobs);
      }
    }
  }
  useComposer.setState((now) => (now.seedLocked ? {} : { sampling: { ...now.sampling, seed: newSeed() } }));
}

/** The frame as a stored picture: what a question is about, what is copied. */
export async function frameHash(): Promise<{ readonly hash: string; readonly width: number; readonly height: number }> {
  const plan = planRun({ ...inputOf(canvasDocument()), mode: 'ask', prompt: '?' });
  if (!plan.ok) throw refusal(plan.message);
  const { keep } = plan;
  return { hash: await upload(await pictureRaster(canvasDocument(), keep)), width: keep.width, height: keep.height };
}
