/** What can be said before anything runs: words and pictures that the model cannot know, and requests beyond what it was made for. */
import type { JobRequest } from '../../preload/contract/generation.ts';
import type { MemoryOutlook, Warning } from '../../preload/contract/jobs.ts';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { drawnSize, type Size } from './workingSize.ts';

type Model = Pick<ModelEntry, 'name' | 'knows' | 'vocabulary' | 'contextImages' | 'sizes' | 'tasks'>;

const slowMs = 10 * 60_000;

/** `unfamiliar`: hashes of pictures that were not drawn here. */
export function warningsFor(request: JobRequest, model: Model, facts: { readonly unfamiliar: readonly string[]; readonly totalMs: number | null; readonly memory?: MemoryOutlook | undefined; readonly source?: Size | undefined }): Warning[] {
  const warnings: Warning[] = [];
  const warn = (kind: Warning['kind'], message: string, items: readonly string[] = []): void => void warnings.push({ kind, message, items: [...items] });
  if (model.vocabulary !== null) {
    const words = unknownWords(request.prompt, model.vocabulary);
    const about = model.knows === null ? '' : ` It knows ${model.knows.replace(/^./, (char) => char.toLowerCase()).replace(/\.$/, '')}.`;
    if (words.length > 0) warn('notKnown', `${model.name} has never learnt ${listed(words)}.${about} The 3 B model has an open vocabulary.`, words);
    if (facts.unfamiliar.length > 0) {
      const which = facts.unfamiliar.length === 1 ? 'This picture was' : `${facts.unfamiliar.length} of these pictures were`;
      warn('notKnown', `${which} not drawn here; a photograph is outside of what ${model.name} knows. The 3 B model understands photographs.`, facts.unfamiliar);
    }
  }
  if (request.kind !== 'understand') {
    const images = contextImages(request);
    if (images > model.contextImages && !('experimental' in request && request.experimental === true)) {
      warn('tooManyImages', `${model.name} takes ${model.contextImages} ${model.contextImages === 1 ? 'picture' : 'pictures'} at once; this request has ${images}.`);
    }
    const task = taskOf(request);
    if (model.tasks.some(({ name, experimental }) => name === task && experimental)) warn('experimental', `${model.name} does this (${task}) only by way of experiment.`, [task]);
    const largest = Math.max(0, ...model.sizes.map(([width, height]) => width * height));
    const drawn = drawnSize(request, model, facts.source);
    if (request.work !== undefined && drawn !== undefined) {
      warn('size', `Drawn at ${request.work.width}×${request.work.height}, about what ${model.name} knows, and scaled to ${drawn.width}×${drawn.height}.`, [`${drawn.width}×${drawn.height}`]);
    } else if (request.kind === 'textToImage' && largest > 0 && (request.width ?? 0) * (request.height ?? 0) > largest * 1.5) {
      warn('size', `${request.width}×${request.height} is larger than anything ${model.name} was trained on (${model.sizes.map((size) => size.join('×')).join(', ')}): expect repeats.`, [`${request.width}×${request.height}`]);
    }
  }
  const { memory } = facts;
  if (memory?.fits === 'no') {
    const free = memory.freeBytes === null ? '' : `; ${gigabytes(memory.freeBytes)} ${memory.freeBytes < 2e9 ? 'is' : 'are'} free`;
    const nothing = memory.plan === null ? ' Nothing smaller fits either.' : '';
    warn('memory', `This takes ${gigabytes(memory.plan?.memoryLimitBytes === undefined ? memory.neededBytes : memory.wholeBytes)} of memory, ${memory.plan?.memoryLimitBytes === undefined ? 'even with one network at a time' : 'with everything loaded'}${free}.${nothing}`);
  }
  if (facts.totalMs !== null && facts.totalMs > slowMs) warn('slow', `This will take about ${Math.round(facts.totalMs / 60_000)} minutes on this machine.`);
  return warnings;
}

/** Words of the text that are not among those learnt, each once, as they were written. */
export function unknownWords(text: string, vocabulary: readonly string[]): string[] {
  const known = new Set(vocabulary.flatMap((entry) => wordsOf(entry.toLowerCase())));
  const seen = new Set<string>();
  return wordsOf(text).filter((word) => {
    const lower = word.toLowerCase();
    if (known.has(lower) || /^\d+$/.test(lower) || seen.has(lower)) return false;
    seen.add(lower);
    return true;
  });
}

const gigabytes = (bytes: number): string => (bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
}

function contextImages(request: Exclude<JobRequest, { kind: 'understand' }>): number {
  const references = 'references' in request ? request.references?.length ?? 0 : 0;
  return references + (request.kind === 'textToImage' ? 0 : 1);
}

function taskOf(request: Exclude<JobRequest, { kind: 'understand' }>): string {
  if (request.kind === 'control') return request.control;
  if (request.kind === 'edit') return request.task ?? 'edit';
  if (request.kind === 'textToImage') return (request.references?.length ?? 0) > 0 ? request.referenceTask ?? 'subject' : 'textToImage';
  if (request.kind === 'inpaint' && request.task === 'edit') return request.editTask ?? 'edit';
  return request.kind === 'inpaint' ? request.task ?? 'inpaint' : request.kind;
}

function listed(words: readonly string[]): string {
  const quoted = words.slice(0, 5).map((word) => `“${word}”`);
  return words.length > 5 ? `${quoted.join(', ')} and ${words.length - 5} more words` : quoted.join(', ');
}
