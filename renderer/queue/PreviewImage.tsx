import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import type { Preview } from '../../preload/contract/jobs.ts';
import { previewUrl } from './previewUrls.ts';

interface Shown {
  readonly step: number;
  readonly url: string;
}

/**
 * The picture so far. A preview is gone once a few newer ones exist, so each is fetched aside and shown only when it is here:
 * a fast engine must not make the picture flicker, and a slow line still sees some of them.
 */
export function PreviewImage({ preview, alt, testId, fallback = null }: { readonly preview: Preview; readonly alt: string; readonly testId?: string; readonly fallback?: ReactNode }) {
  const [shown, setShown] = useState<Shown>();
  useEffect(() => {
    void previewUrl(preview.path).then((url) => {
      if (url !== undefined) setShown((now) => (now === undefined || now.step <= preview.step ? { step: preview.step, url } : now));
    });
  }, [preview]);
  return shown === undefined ? fallback : <img src={shown.url} alt={alt} data-testid={testId} />;
}
