import { useGallery } from './gallery.ts';

/** A prompt in which the words that were searched for stand out. */
export function Words({ text }: { readonly text: string }) {
  const wanted = useGallery((state) => state.filter.text ?? '').split(/\s+/).filter((word) => word.length > 1).map((word) => word.replaceAll(/[^\p{L}\p{N}]/gu, ''));
  const usable = wanted.filter(Boolean);
  if (usable.length === 0) return text;
  const pattern = new RegExp(`(${usable.join('|')})`, 'giu');
  return text.split(pattern).map((part, index) => (index % 2 === 1 ? <mark key={index}>{part}</mark> : part));
}
