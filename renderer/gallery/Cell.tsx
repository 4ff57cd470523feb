import { Star } from 'lucide-react';
import { memo } from 'react';
import type { DragEvent, MouseEvent } from 'react';
import { assetPath } from '../../preload/contract/common.ts';
import type { GalleryItem } from '../../preload/contract/project.ts';
import { taskNames } from '../queue/describe.ts';
import { openViewer } from '../shell/view.ts';
import { startDrag } from '../studio/dragOut.ts';
import { thumbUrl } from '../studio/picture.ts';
import { cx } from '../ui/cx.ts';
import css from './Gallery.module.css';
import { useSelection } from './selection.ts';
import { storedName } from './verbs.ts';

const badges: Readonly<Partial<Record<GalleryItem['task'], string>>> = { edit: 'Edited', inpaint: 'Filled', outpaint: 'Extended', grid: 'Sweep', import: taskNames.import };

/** Dragging one of the chosen drags them all; out of a browser's window the first becomes a file. */
function drag(event: DragEvent, item: GalleryItem): void {
  const { ids } = useSelection.getState();
  startDrag(event.nativeEvent, ids.has(item.id) ? [...ids] : [item.id], { name: storedName(item), mime: item.mime, url: new URL(assetPath(item.hash), location.href).href });
}

interface CellProps {
  readonly item: GalleryItem | undefined;
  readonly order: () => readonly string[];
  readonly position: number;
  readonly total: number;
}

/** One picture of the grid; an empty well until its row arrives. */
export const Cell = memo(function Cell({ item, order, position, total }: CellProps) {
  const chosen = useSelection((state) => item !== undefined && state.ids.has(item.id));
  const focused = useSelection((state) => item !== undefined && state.focus === item.id);
  if (item === undefined) return <div className={css.cell} role="presentation" />;
  const onClick = (event: MouseEvent): void => {
    const selection = useSelection.getState();
    if (event.shiftKey) selection.range(item.id, order());
    else if (event.ctrlKey || event.metaKey) selection.toggle(item.id);
    else selection.only(item.id);
  };
  const badge = badges[item.task];
  return (
    <div
      id={`tile-${item.id}`} className={cx(css.cell, focused && css.focus)} role="option" aria-selected={chosen} aria-posinset={position} aria-setsize={total}
      aria-label={`${item.title}${item.starred ? ', starred' : ''}${badge === undefined ? '' : `, ${badge.toLowerCase()}`}`} title={item.title}
      draggable onDragStart={(event) => drag(event, item)} onClick={onClick} onDoubleClick={() => openViewer(item.id)}
    >
      <img src={thumbUrl(item.hash)} alt="" decoding="async" draggable={false} />
      {badge !== undefined && <span className={css.badge}>{badge}</span>}
      {item.starred && <span className={css.star}><Star size={14} aria-hidden /></span>}
    </div>
  );
}, (a, b) => a.item === b.item && a.position === b.position && a.total === b.total);
