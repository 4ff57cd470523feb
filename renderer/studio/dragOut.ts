import type { StudioBridge } from '../../preload/contract/transport.ts';
import { dragType } from './bringIn.ts';

/** Pictures of our own on their way: within the page by id, beyond it as files. */

/** What a drag of the system carries while it is ours: to this page it looks like files from anywhere. */
let own: readonly string[] | undefined;

/** Begins to drag pictures of the gallery. In Electron the system drags files; a browser makes one of the address. */
export function startDrag(event: DragEvent, ids: readonly string[], download: { readonly name: string; readonly mime: string; readonly url: string }): void {
  const bridge = (window as { readonly studio?: StudioBridge }).studio;
  if (bridge !== undefined) {
    event.preventDefault();
    own = ids;
    bridge.startDrag(ids);
    // The page hears nothing of a drag by the system, nor of its end: the pointer comes back with no button held when it is over.
    const over = (move: PointerEvent): void => {
      if (move.buttons !== 0) return;
      own = undefined;
      window.removeEventListener('pointermove', over);
    };
    window.addEventListener('pointermove', over);
    return;
  }
  const data = event.dataTransfer;
  if (data === null) return;
  data.setData(dragType, ids.join(','));
  // While it is on the way a page may read the types only.
  data.setData(`${countType}${ids.length}`, '');
  data.setData('DownloadURL', `${download.mime}:${download.name}:${download.url}`);
  data.effectAllowed = 'copy';
}

const countType = 'ovis-count/';

/** How many pictures of the gallery are on the way; undefined where it is something else. */
export function draggedCount(data: DataTransfer): number | undefined {
  if (own !== undefined && data.types.includes('Files')) return own.length;
  if (!data.types.includes(dragType)) return undefined;
  return Number(data.types.find((type) => type.startsWith(countType))?.slice(countType.length) ?? 0);
}

/** Which ones were let go. */
export function droppedIds(data: DataTransfer): readonly string[] | undefined {
  const ids = own !== undefined && data.types.includes('Files') ? own : data.getData(dragType).split(',').filter(Boolean);
  own = undefined;
  return ids.length === 0 ? undefined : ids;
}
