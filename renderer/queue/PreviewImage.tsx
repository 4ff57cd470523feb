import { useEffect, useState } from 'react';
import type { Preview } from '../../preload/contract/jobs.ts';

/**
 * The picture so far. A preview is gone once newer ones exist, so each is fetched aside and shown only when it is here:
 * a fast engine must not make the picture flicker.
 */
export function PreviewImage({ preview, alt, testId }: { readonly preview: Preview; readonly alt: string; readonly testId?: string }) {
  const [shown, setShown] = useState<Preview>();
  useEffect(() => {
    const image = new Image();
    image.src = preview.path;
    const show = (): void => setShown((now) => (now === undefined || now.step <= preview.step ? preview : now));
    image.decode().then(show, () => undefined);
  }, [preview]);
  return shown === undefined ? null : <img src={shown.path} alt={alt} data-testid={testId} />;
}
