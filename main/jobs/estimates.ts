/** How long a job will take, from how long others took here. */
import type { GenerateInput, JobRequest } from '../../preload/contract/generation.ts';
import type { Estimate } from '../../preload/contract/jobs.ts';
import type { Generation } from '../../preload/contract/project.ts';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { drawnSize, type Size } from './workingSize.ts';

export interface Sample {
  readonly modelId: string;
  readonly kind: JobRequest['kind'];
  readonly ms: number;
  /** What the time grows with; see `workOf`. */
  readonly work: number;
}

type Model = Pick<ModelEntry, 'sizes' | 'defaults'>;

/** The samples that count: machines and settings change. */
const newest = 5;

/** Steps × pixels × passes of the network a step; 1 for an answer, whose length nobody knows before. `source` = the size of the picture that goes in. */
export function workOf(request: JobRequest, model: Model | undefined, source: Size | undefined): number {
  if (request.kind === 'understand') return 1;
  const [width, height] = model?.sizes[0] ?? [1024, 1024];
  const worked = request.work ?? drawnSize(request, model, source) ?? { width, height };
  const steps = (request.steps ?? model?.defaults.steps ?? 50) * ('strength' in request ? request.strength ?? 1 : 1);
  return Math.max(1, steps) * worked.width * worked.height * passesOf(request);
}

/** How often a step runs the network, on average: one branch, or as many as guidance mixes; less where steps are left out. */
function passesOf(request: GenerateInput): number {
  const alone = request.kind === 'textToImage' && (request.references?.length ?? 0) === 0;
  const { guidanceRange: { start, end } = { start: 0, end: 1 }, stepCache = 0 } = request;
  // As measured of Toybox (native/measured.md): a threshold of 0.1 leaves out two steps of five, 0.2 three of five.
  return (1 + (alone ? 1 : 2) * Math.max(0, end - start)) / (1 + 7 * stepCache);
}

/** A finished row as a sample; undefined where it does not say how it was made. */
export function sampleOf({ request, modelId, steps, width, height, timingsMs }: Generation): Sample | undefined {
  if (request === null || modelId === null || steps === null) return undefined;
  const ms = Object.entries(timingsMs).reduce((sum, [stage, value]) => (stage === 'load' ? sum : sum + value), 0);
  // The result's own size already holds the margins of an outpainting.
  const worked = request.work ?? (request.kind === 'inpaint' ? request.crop ?? { width, height } : { width, height });
  return ms > 0 ? { modelId, kind: request.kind, ms, work: Math.max(1, steps) * worked.width * worked.height * passesOf(request) } : undefined;
}

/** Newest samples first in, last out. */
export class Estimates {
  #samples: Sample[] = [];

  add(sample: Sample): void {
    this.#samples = [...this.#samples, sample].slice(-100);
  }

  /** `measured` from jobs of the same kind on the same model; `scaled` from other kinds of drawing; `none` without either. */
  of(modelId: string, kind: JobRequest['kind'], work: number): Pick<Estimate, 'totalMs' | 'basis'> {
    const ofModel = this.#samples.filter((sample) => sample.modelId === modelId);
    const same = ofModel.filter((sample) => sample.kind === kind);
    const similar = kind === 'understand' ? [] : ofModel.filter((sample) => sample.kind !== 'understand');
    const [basis, samples] = same.length > 0 ? (['measured', same] as const) : similar.length > 0 ? (['scaled', similar] as const) : (['none', []] as const);
    const rates = samples.slice(-newest).map(({ ms, work: done }) => ms / done).sort((a, b) => a - b);
    const rate = rates[Math.floor(rates.length / 2)];
    return { totalMs: rate === undefined ? null : rate * work, basis };
  }
}
