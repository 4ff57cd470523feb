import { extensions, safeFileName } from '../../preload/contract/fileNames.ts';
import type { GalleryItem, Generation } from '../../preload/contract/project.ts';
import { editOnCanvas, recallOnCanvas, recallSentence } from '../canvas/open.ts';
import { addPictures, applyRequest, useComposer } from '../create/composer.ts';
import { say } from '../shell/notices.ts';
import { go, openCompare, useView } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import { pictureOf } from '../studio/picture.ts';
import type { PictureRef } from '../studio/picture.ts';
import { plural } from '../ui/format.ts';
import { itemById, patchItems, search, useGallery } from './gallery.ts';
import { chosenIds, useSelection } from './selection.ts';

/** What can be done with pictures of the gallery, wherever they are shown. */

/** The pictures an action means: the one in the viewer, else the chosen ones. */
export function meant(): readonly string[] {
  const { viewing } = useView.getState();
  return viewing === undefined ? chosenIds() : [viewing];
}

export async function picturesFor(ids: readonly string[]): Promise<readonly PictureRef[]> {
  return Promise.all(ids.map(async (id) => pictureOf(itemById(id) ?? await studio().gallery.get({ id }))));
}

export async function star(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const items = await Promise.all(ids.map(async (id) => itemById(id) ?? studio().gallery.get({ id })));
  const starred = !items.every((item) => item.starred);
  patchItems(ids, { starred });
  await studio().gallery.star({ ids: [...ids], starred });
}

export async function trash(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  if (useGallery.getState().filter.trashed) return useView.setState({ deleting: ids });
  moveFocusPast(ids);
  useView.setState(({ viewing }) => (viewing !== undefined && ids.includes(viewing) ? { viewing: undefined } : {}));
  await studio().gallery.trash({ ids: [...ids] });
  await search({}, true);
  say(ids.length === 1 ? 'Moved to the trash' : `${plural(ids.length, 'picture')} moved to the trash`, { label: 'Undo', run: () => { void restore(ids); } });
}

/** After a removal the keyboard stands on the picture that took the place. */
function moveFocusPast(ids: readonly string[]): void {
  const gone = new Set(ids);
  const { items } = useGallery.getState().result;
  const at = items.findIndex((item) => item !== undefined && gone.has(item.id));
  const stays = (item: { readonly id: string } | undefined): boolean => item !== undefined && !gone.has(item.id);
  const heir = items.slice(at + 1, at + 500).find(stays) ?? items.slice(Math.max(0, at - 500), Math.max(0, at)).findLast(stays);
  if (heir === undefined) useSelection.setState({ ids: new Set(), focus: undefined, anchor: undefined });
  else useSelection.getState().only(heir.id);
}

export async function restore(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await studio().gallery.restore({ ids: [...ids] });
  await search({}, true);
  say(`${plural(ids.length, 'picture')} restored`);
}

/** Removes for ever; only the dialog that asks calls it. */
export async function purge(ids: readonly string[]): Promise<void> {
  const gone = await studio().gallery.purge(ids.length === 0 ? {} : { ids: [...ids] });
  useView.setState({ viewing: undefined });
  await search({}, true);
  say(`${plural(gone.rows, 'picture')} deleted`);
}

export async function editThese(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await editOnCanvas(await picturesFor(ids));
}

export async function askAbout(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  addPictures(await picturesFor(ids));
  go('ask');
}

/** Brings a picture's parameters back: all of them, only the words, or only the seed. */
export async function recallFrom(id: string | undefined, what: 'all' | 'prompt' | 'seed'): Promise<void> {
  if (id === undefined) return;
  const { request, modelId } = await studio().gallery.recall({ id });
  if (what === 'prompt') {
    useComposer.setState({ prompt: request.prompt });
  } else if (what === 'seed') {
    useComposer.setState((state) => ({ sampling: { ...state.sampling, seed: request.seed ?? state.sampling.seed }, seedLocked: true }));
  } else {
    const row = await studio().gallery.get({ id });
    applyRequest(request, modelId);
    return say(recallSentence(await recallOnCanvas(request, row.parents)));
  }
  say(what === 'prompt' ? 'The prompt is back' : 'The seed is back, and locked');
}

export function compareThese(ids: readonly string[]): void {
  const [a, b] = ids;
  if (a !== undefined && b !== undefined) openCompare(a, b);
}

/** The picture that an edit started from, where it is in the gallery. */
export function sourceOf(row: Generation): string | undefined {
  return row.parents.find((parent) => parent.role === 'source')?.generationId ?? undefined;
}

export async function copyPicture(id: string | undefined): Promise<void> {
  if (id === undefined) return;
  const file = await studio().gallery.export({ id, format: 'png' });
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': file })]);
  say('Picture copied');
}

export async function copyText(text: string, what: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  say(`${what} copied`);
}

export async function download(ids: readonly string[], format: 'png' | 'jpeg' | 'webp'): Promise<void> {
  for (const id of ids) {
    const [file, row] = await Promise.all([studio().gallery.export({ id, format }), studio().gallery.get({ id })]);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = fileName(row, format);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}

export function fileName(row: { readonly title: string; readonly seed: number | null }, format: 'png' | 'jpeg' | 'webp'): string {
  return `${safeFileName(row.title, row.seed)}.${format === 'jpeg' ? 'jpg' : format}`;
}

/** As it lies in the store. */
export function storedName(item: Pick<GalleryItem, 'title' | 'seed' | 'mime'>): string {
  return `${safeFileName(item.title, item.seed)}.${extensions[item.mime]}`;
}
