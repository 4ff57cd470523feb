/** Previews by path, fetched once for every place that shows them. The host keeps a few steps; the page keeps a few more. */
const kept = 24;
const urls = new Map<string, Promise<string | undefined>>();
const blobs = new Map<string, Blob>();

async function load(path: string): Promise<string | undefined> {
  const answer = await fetch(path);
  if (!answer.ok) return undefined;
  const blob = await answer.blob();
  blobs.set(path, blob);
  return URL.createObjectURL(blob);
}

/** The bytes of a preview, for who draws them; nothing where it is gone already. */
export async function previewBlob(path: string): Promise<Blob | undefined> {
  await previewUrl(path);
  return blobs.get(path);
}

/** An address of the page's own under which the preview stays; nothing where it is gone already. */
export function previewUrl(path: string): Promise<string | undefined> {
  const known = urls.get(path);
  if (known !== undefined) return known;
  const url = load(path).catch(() => undefined);
  urls.set(path, url);
  for (const old of [...urls.keys()].slice(0, -kept)) {
    void urls.get(old)?.then((gone) => { if (gone !== undefined) URL.revokeObjectURL(gone); });
    urls.delete(old);
    blobs.delete(old);
  }
  return url;
}
