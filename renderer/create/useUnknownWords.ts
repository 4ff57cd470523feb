import type { Warning } from '../../preload/contract/jobs.ts';
import { useModel } from './composer.ts';

/** The sentence about words that the model has never met, or nothing. */
export function useUnknownWords(warnings: readonly Warning[]): string | undefined {
  const model = useModel();
  const words = warnings.filter((warning) => warning.kind === 'notKnown').flatMap((warning) => warning.items);
  if (words.length === 0) return warnings.find((warning) => warning.kind === 'notKnown')?.message;
  const listed = words.slice(0, 4).map((word) => `“${word}”`).join(', ');
  return `${model?.name ?? 'This model'} does not know ${listed}${words.length > 4 ? ' and more' : ''}. ${model?.knows ?? ''} The result may ignore ${words.length === 1 ? 'it' : 'them'}.`;
}
