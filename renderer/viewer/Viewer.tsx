import { ChevronLeft, ChevronRight, Columns2, Copy, Download, Maximize, MessageSquare, Star, Trash2, X, ZoomIn, ZoomOut } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Details } from '../gallery/Details.tsx';
import { useGallery } from '../gallery/gallery.ts';
import { useSelection } from '../gallery/selection.ts';
import { useGeneration } from '../gallery/useGeneration.ts';
import { askAbout, copyPicture, download, editThese, star, trash } from '../gallery/verbs.ts';
import { useView } from '../shell/view.ts';
import { fullUrl } from '../studio/picture.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Menu } from '../ui/Menu.tsx';
import { useHeld } from './useHeld.ts';
import css from './Viewer.module.css';
import { zoomAbout } from './zoom.ts';
import type { Placement } from './zoom.ts';
import { Zoom } from './Zoom.tsx';

function close(): void {
  useView.setState({ viewing: undefined });
}

/** The picture before or after this one, as the gallery orders them. */
function walk(id: string, by: -1 | 1): void {
  const { items } = useGallery.getState().result;
  const at = items.findIndex((item) => item?.id === id);
  const next = at < 0 ? undefined : items[at + by];
  if (next === undefined) return;
  useSelection.getState().only(next.id);
  useView.setState({ viewing: next.id });
}

/** One picture, as large as wanted, beside everything known about it. */
export function Viewer({ id }: { readonly id: string }) {
  const row = useGeneration(id);
  const [placement, setPlacement] = useState<Placement>();
  const [split, setSplit] = useState<number>();
  const held = useHeld('z');
  const root = useRef<HTMLDivElement>(null);

  useEffect(() => { root.current?.focus(); }, []);
  useEffect(() => {
    const controller = new AbortController();
    window.addEventListener('keydown', (event) => {
      const target = event.target as Element;
      if (event.defaultPrevented || target.closest('input,textarea,[role="slider"],[role="menu"]') !== null || event.ctrlKey || event.altKey) return;
      if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') { event.preventDefault(); walk(id, event.key === 'ArrowLeft' ? -1 : 1); }
      if (event.key === '0') setPlacement(undefined);
    }, { signal: controller.signal });
    return () => controller.abort();
  }, [id]);

  const source = row?.parents.find((parent) => parent.role === 'source');
  const before = source === undefined ? undefined : { url: fullUrl(source.hash), alt: 'Before', label: 'Before' };
  const zoom = (factor: number): void => {
    const element = root.current?.querySelector<HTMLElement>('[data-testid="zoom"]');
    if (!element || row === undefined) return;
    const { clientWidth: width, clientHeight: height } = element;
    const scale = Math.min((width - 48) / row.width, (height - 48) / row.height);
    const now = placement ?? { scale, x: (width - row.width * scale) / 2, y: (height - row.height * scale) / 2 };
    setPlacement(zoomAbout(now, factor, width / 2, height / 2));
  };
  return (
    <div ref={root} className={css.viewer} role="region" aria-label="Viewer" data-region="viewer" tabIndex={-1} data-testid="viewer">
      <div className={css.center}>
        <div className={css.bar}>
          <IconButton tiny label="Picture before" keys="ArrowLeft" onClick={() => walk(id, -1)}><ChevronLeft size={16} /></IconButton>
          <IconButton tiny label="Picture after" keys="ArrowRight" onClick={() => walk(id, 1)}><ChevronRight size={16} /></IconButton>
          <h2 title={row?.prompt}>{row === undefined ? '' : row.title || row.fileName || 'Untitled'}</h2>
          {before !== undefined && <Button size="sm" kind="ghost" aria-pressed={split !== undefined} onClick={() => setSplit(split === undefined ? 0.5 : undefined)}><Columns2 size={14} />Before and after</Button>}
          <output>{placement === undefined ? 'Fit' : `${Math.round(placement.scale * 100)} %`}</output>
          <IconButton tiny label="Smaller" onClick={() => zoom(1 / 1.5)}><ZoomOut size={14} /></IconButton>
          <IconButton tiny label="Fit to the window" keys="0" onClick={() => setPlacement(undefined)}><Maximize size={14} /></IconButton>
          <IconButton tiny label="Larger" onClick={() => zoom(1.5)}><ZoomIn size={14} /></IconButton>
          <IconButton label={row?.starred ? 'Unstar' : 'Star'} keys="S" starred={row?.starred ?? false} onClick={() => { void star([id]); }}><Star size={16} /></IconButton>
          <IconButton label="Ask about it" keys="A" onClick={() => { void askAbout([id]); }}><MessageSquare size={16} /></IconButton>
          <IconButton label="Copy the picture" keys="Ctrl+Shift+C" onClick={() => { void copyPicture(id); }}><Copy size={16} /></IconButton>
          <Menu
            align="end" trigger={<IconButton label="Save as a file"><Download size={16} /></IconButton>}
            items={(['png', 'jpeg', 'webp'] as const).map((format) => ({ label: format === 'png' ? 'PNG, with parameters inside' : format === 'jpeg' ? 'JPEG' : 'WebP', keys: format === 'png' ? 'Ctrl+S' : undefined, run: () => { void download([id], format); } }))}
          />
          <IconButton label="Move to the trash" keys="Delete" onClick={() => { void trash([id]); }}><Trash2 size={16} /></IconButton>
          <Button onClick={() => { void editThese([id]); }}>Edit this <kbd>↵</kbd></Button>
          <IconButton label="Close the viewer" keys="Escape" onClick={close}><X size={16} /></IconButton>
        </div>
        {row !== undefined && (
          <Zoom
            picture={row} after={{ url: fullUrl(row.hash), alt: row.prompt || row.title, ...(before === undefined ? {} : { label: 'After' }) }} before={before}
            split={split} onSplit={setSplit} flipped={held && before !== undefined} placement={placement} onPlacement={setPlacement}
          />
        )}
      </div>
      <aside className={css.side} aria-label="About this picture">{row !== undefined && <Details row={row} />}</aside>
    </div>
  );
}
