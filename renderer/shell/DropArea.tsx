import { useEffect, useState } from 'react';
import type { CSSProperties, DragEvent, ReactNode } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Point } from '../document/records.ts';
import { canvasPointAt } from '../canvas/pointer.ts';
import { pictureFiles } from '../studio/bringIn.ts';
import { draggedCount, droppedIds } from '../studio/dragOut.ts';
import { explain } from '../studio/explain.ts';
import { toProblem } from '../studio/problem.ts';
import { cx } from '../ui/cx.ts';
import { plural } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import css from './DropArea.module.css';
import { dropZones } from './dropZones.tsx';
import type { Landing, Load, Zone } from './dropZones.tsx';

interface Offer {
  readonly kind: 'drag' | 'paste';
  readonly load: Load;
}

function loadOf(data: DataTransfer): Load | undefined {
  const count = draggedCount(data);
  if (count !== undefined) return { from: 'gallery', count };
  if (!data.types.includes('Files')) return undefined;
  return { from: 'files', count: [...data.items].filter((item) => item.kind === 'file').length };
}

/** Pictures and project files; anything else is left alone. */
function filesOf(data: DataTransfer | null): readonly File[] {
  return [...pictureFiles(data), ...[...(data?.files ?? [])].filter((file) => file.name.toLowerCase().endsWith('.ovis'))];
}

/** Where the groups of zones lie: over the things that they belong to, where those are on screen. */
function placesOnScreen(): Readonly<Record<Zone['place'], CSSProperties>> | undefined {
  const stage = document.querySelector('[data-region=stage]')?.getBoundingClientRect();
  const panel = document.querySelector('[data-region=panel]')?.getBoundingClientRect();
  if (stage === undefined || panel === undefined || stage.height < 320) return undefined;
  const below = 108;
  const guides = document.querySelector('[data-section=guides]')?.getBoundingClientRect() ?? panel;
  const top = Math.max(panel.top + 8, Math.min(guides.top + 34, panel.bottom - 244));
  return {
    canvas: { left: stage.left + 12, top: stage.top + 12, width: stage.width - 24, height: stage.height - below - 24 },
    guides: { left: panel.left + 12, top, width: panel.width - 24, height: 236 },
    below: { left: stage.left + 12, top: stage.bottom - below, width: stage.width - 24, height: below - 12 },
  };
}

/** Anything dropped or pasted anywhere: zones say what will happen, with counts, and refuse with a reason. */
export function DropArea({ children }: { readonly children: ReactNode }) {
  const [offer, setOffer] = useState<Offer>();
  const [over, setOver] = useState<string>();
  const [problem, setProblem] = useState<Failure>();
  const close = (): void => { setOffer(undefined); setOver(undefined); setProblem(undefined); };

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    window.addEventListener('paste', (event) => {
      const files = filesOf(event.clipboardData);
      if (files.length === 0) return;
      event.preventDefault();
      setOffer({ kind: 'paste', load: { from: 'files', count: files.length, files } });
    }, { signal });
    window.addEventListener('keydown', (event) => { if (event.key === 'Escape') close(); }, { signal });
    // The last leave of a drag goes to nothing: it left the window.
    window.addEventListener('dragleave', (event) => { if (event.relatedTarget === null) close(); }, { signal });
    window.addEventListener('dragend', close, { signal });
    return () => controller.abort();
  }, []);

  const act = async (id: string, load: Load, landing: Landing): Promise<void> => {
    try {
      await dropZones(load).find((zone) => zone.id === id)?.run(landing);
      close();
    } catch (thrown) {
      setProblem(toProblem(thrown));
    }
  };
  const onDrop = (event: DragEvent): void => {
    if (offer?.kind !== 'drag') return;
    event.preventDefault();
    const zone = (event.target as Element).closest<HTMLElement>('[data-zone]')?.dataset['zone'];
    const ids = droppedIds(event.dataTransfer);
    const files = filesOf(event.dataTransfer);
    const load: Load = ids === undefined ? { from: 'files', count: files.length, files } : { from: 'gallery', count: ids.length, ids };
    if (zone === undefined || dropZones(load).find((one) => one.id === zone)?.refused !== undefined) return close();
    setOffer({ kind: 'paste', load });
    const at: Point | undefined = event.clientX === 0 && event.clientY === 0 ? undefined : canvasPointAt(event.clientX, event.clientY);
    void act(zone, load, { at, fit: event.shiftKey });
  };
  const zones = offer === undefined ? [] : dropZones(offer.load);
  const places = offer === undefined ? undefined : placesOnScreen();
  const button = (zone: Zone): ReactNode => (
    <button
      key={zone.id} type="button" data-zone={zone.id} aria-disabled={zone.refused !== undefined} autoFocus={offer?.kind === 'paste' && zone.id === 'edit'}
      className={cx(css.zone, places !== undefined && zone.place === 'guides' && css.flat, zone.refused !== undefined && css.no, over === zone.id && zone.refused === undefined && css.on)}
      onClick={(event) => { event.stopPropagation(); if (zone.refused === undefined && offer !== undefined) void act(zone.id, offer.load, { fit: event.shiftKey }); }}
    >
      {zone.icon}<span className={css.words}><b>{zone.title}</b><span>{zone.refused ?? zone.what}</span></span>
    </button>
  );
  return (
    <div
      className={css.area}
      onDragEnter={(event) => { const load = loadOf(event.dataTransfer); if (load !== undefined && offer === undefined) setOffer({ kind: 'drag', load }); }}
      onDragOver={(event) => {
        if (offer === undefined) return;
        event.preventDefault();
        const zone = (event.target as Element).closest<HTMLElement>('[data-zone]');
        setOver(zone?.dataset['zone']);
        event.dataTransfer.dropEffect = zone === null || zone.ariaDisabled === 'true' ? 'none' : 'copy';
      }}
      onDrop={onDrop}
    >
      {children}
      {offer !== undefined && (
        <div className={cx(css.veil, places === undefined && css.middle)} data-testid="drop" role={offer.kind === 'paste' ? 'dialog' : undefined} aria-label="What to do with the pictures" onClick={close}>
          {places === undefined
            ? (
              <div className={css.zones}>
                <div className={css.title}>{offer.load.count > 0 ? plural(offer.load.count, 'picture') : 'Pictures'}<kbd>Esc cancels</kbd></div>
                {zones.map(button)}
              </div>
            )
            : (['canvas', 'guides', 'below'] as const).map((place) => <div key={place} className={cx(css.group, css[place])} style={places[place]}>{zones.filter((zone) => zone.place === place).map(button)}</div>)}
          {problem !== undefined && <div className={css.problem}><Notice code={problem.code} more={problem.message}>{explain(problem).sentence}</Notice></div>}
        </div>
      )}
    </div>
  );
}
