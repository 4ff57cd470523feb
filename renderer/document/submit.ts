/** The contract's request for a plan, once its pixels are stored. */
import type { CanvasRequest, CanvasSubmit } from '../../preload/contract/canvas.ts';
import type { GenerateInput, MaskOptions } from '../../preload/contract/generation.ts';
import type { Plan } from './plan.ts';

/** Hashes of what the plan asked to be drawn. */
export interface DrawnPixels {
  readonly raster?: string | undefined;
  readonly mask?: string | undefined;
  readonly map?: string | undefined;
}

export interface RunSampling {
  readonly steps: number;
  readonly seed: number;
  readonly txtCfg: number;
  readonly imgCfg: number;
  /** 0.05–1. */
  readonly strength: number;
  /** Ways to take less time; absent = every step in full. */
  readonly guidanceRange?: GenerateInput['guidanceRange'] | undefined;
  readonly stepCache?: number | undefined;
}

/** How a repaint is joined to what is kept; feather and grow come from the masks. */
export type JoinOptions = Pick<MaskOptions, 'blend' | 'fill' | 'colourMatch' | 'crop'>;

/** What `canvas.submit` takes of a plan that draws. Throws where a raster that the plan asked for is missing: a bug of the caller. */
export function toCanvasRequest(plan: Plan, pixels: DrawnPixels, sampling: RunSampling, join: JoinOptions = {}): CanvasRequest {
  const { steps, seed, txtCfg, imgCfg, guidanceRange, stepCache } = sampling;
  const hashes = plan.references.map((one) => one.hash);
  const common = {
    prompt: plan.prompt, steps, seed, txtCfg, imgCfg, ...(guidanceRange === undefined ? {} : { guidanceRange }), ...(stepCache === undefined ? {} : { stepCache }),
    ...(hashes.length > 0 ? { references: hashes } : {}), ...(plan.experimental ? { experimental: true } : {}),
  };
  const strength = sampling.strength < 1 ? { strength: sampling.strength } : {};
  const masking = { ...join, ...(plan.mask === null ? {} : { grow: plan.mask.grow, ...(plan.mask.feather === null ? {} : { feather: plan.mask.feather }) }) };
  const mask = plan.mask === null ? {} : { mask: present(pixels.mask, 'mask') };
  switch (plan.kind) {
    case 'textToImage':
      // Alone, a reference is all that the image guidance speaks of, so its strength is a factor of that.
      return { ...common, kind: 'textToImage', imgCfg: imgCfg * meanStrength(plan), ...(plan.referenceTask === null ? {} : { referenceTask: plan.referenceTask }) };
    case 'edit':
      return { ...common, ...strength, kind: 'edit', raster: present(pixels.raster, 'raster'), ...mask, ...masking, ...(plan.task === null ? {} : { task: plan.task }) };
    case 'inpaint':
      return { ...common, ...strength, kind: 'inpaint', raster: present(pixels.raster, 'raster'), mask: present(pixels.mask, 'mask'), ...masking };
    case 'outpaint':
      return { ...common, ...strength, kind: 'outpaint', raster: present(pixels.raster, 'raster'), ...mask, ...masking };
    case 'control': {
      const control = plan.control;
      if (control === null) throw new Error('a control plan without its map');
      return { ...common, kind: 'control', control: control.control, map: control.hash ?? present(pixels.map, 'map'), strength: control.strength, start: control.start, end: control.end };
    }
    case 'understand': throw new Error('a question is no drawing');
  }
}

function meanStrength({ references }: Plan): number {
  return references.length === 0 ? 1 : references.reduce((sum, one) => sum + one.strength, 0) / references.length;
}

function present(hash: string | undefined, name: string): string {
  if (hash === undefined) throw new Error(`the plan's ${name} was not drawn`);
  return hash;
}

/** Everything of `canvas.submit` that follows from the plan. */
export function toSubmit(projectId: string, plan: Plan, request: CanvasRequest): Pick<CanvasSubmit, 'projectId' | 'frame' | 'request' | 'sources'> {
  const { x, y, width, height } = plan.frame;
  return { projectId, frame: { x, y, width, height }, request, ...(plan.raster === null ? {} : { sources: [...plan.raster.sources].slice(0, 1_000) }) };
}
