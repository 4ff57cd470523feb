import type { JobRecord } from '../../preload/contract/jobs.ts';
import type { GenerateInput, JobRequest } from '../../preload/contract/generation.ts';

/** The verb under which the page files a request. */
export function verbOf(kind: JobRequest['kind']): 'Create' | 'Edit' | 'Ask' {
  if (kind === 'understand') return 'Ask';
  return kind === 'textToImage' || kind === 'control' ? 'Create' : 'Edit';
}

export const taskNames: Readonly<Record<GenerateInput['kind'] | 'grid' | 'import', string>> = {
  textToImage: 'Create', edit: 'Edit', inpaint: 'Fill', outpaint: 'Extend', control: 'Control', grid: 'Sweep', import: 'Brought in',
};

/** Where the job stands in its batch: "Create 2 of 4". */
export function jobTitle(job: JobRecord, all: readonly JobRecord[]): string {
  const verb = verbOf(job.request.kind);
  if (verb === 'Ask') return 'Answering';
  if (job.batchId === null) return verb;
  const batch = all.filter((one) => one.batchId === job.batchId).sort((a, b) => a.order - b.order);
  return batch.length < 2 ? verb : `${verb} ${batch.findIndex((one) => one.id === job.id) + 1} of ${batch.length}`;
}

/** The picture size of a request, where it names one. */
export function sizeOf(request: JobRequest): { readonly width: number; readonly height: number } | undefined {
  // What ran on the canvas had the size of its frame.
  return request.kind === 'textToImage' && request.width !== undefined && request.height !== undefined
    ? { width: request.width, height: request.height } : undefined;
}
