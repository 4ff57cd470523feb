import { useEffect, useState } from 'react';
import type { Preview } from '../../preload/contract/jobs.ts';

interface Shown {
  readonly step: number;
  readonly url: string;
}

/**
 * The picture so far. A preview is gone once a few newer ones exist, so each is fetched aside and shown only when it is here:
 * a fast engine must not make the picture flicker, and a slow line still sees some of them.
 */
export function PreviewImage({ preview, alt, testId }: { readonly preview: Preview; readonly alt: string; readonly testId?: string }) {
  const [shown, setShown] = useState<Shown>();
  useEffect(() => {
    const load = async (): Promise<void> => {
      const answer = await fetch(preview.path);
      if (!answer.ok) return;
      const url = URL.createObjectURL(await answer.blob());
      setShown((now) => (now === undefined || now.step <= preview.step ? { step: preview.step, url } : now));
    };
    load().catch(() => undefined);
  }, [preview]);
  // The one before is let go only when the next is drawn.
  useEffect(() => () => { if (shown !== undefined) URL.revokeObjectURL(shown.url); }, [shown]);
  return shown === undefined ? null : <img src={shown.url} alt={alt} data-testid={testId} />;
}
