import { useEffect, useState } from 'react';
import type { DragEvent, ReactNode } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import { dragType, pictureFiles } from '../studio/bringIn.ts';
import { explain } from '../studio/explain.ts';
import { toProblem } from '../studio/problem.ts';
import { cx } from '../ui/cx.ts';
import { plural } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import css from './DropArea.module.css';
import { dropZones } from './dropZones.tsx';
import type { Load } from './dropZones.tsx';

type Offer =
  | { readonly kind: 'drag'; readonly load: Load }
  | { readonly kind: 'paste'; readonly load: Load };

function loadOf(data: DataTransfer): Load | undefined {
  if (data.types.includes(dragType)) return { from: 'gallery', count: 0 };
  if (!data.types.includes('Files')) return undefined;
  return { from: 'files', count: [...data.items].filter((item) => item.kind === 'file').length };
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
      const files = pictureFiles(event.clipboardData);
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

  const act = async (id: string, load: Load): Promise<void> => {
    try {
      await dropZones(load).find((zone) => zone.id === id)?.run();
      close();
    } catch (thrown) {
      setProblem(toProblem(thrown));
    }
  };
  const onDrop = (event: DragEvent): void => {
    if (offer?.kind !== 'drag') return;
    event.preventDefault();
    const zone = (event.target as Element).closest<HTMLElement>('[data-zone]')?.dataset['zone'];
    const ids = event.dataTransfer.getData(dragType);
    const load: Load = ids === '' ? { from: 'files', count: 0, files: pictureFiles(event.dataTransfer) } : { from: 'gallery', count: 0, ids: ids.split(',') };
    if (zone === undefined) return close();
    setOffer({ kind: 'paste', load });
    void act(zone, load);
  };
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
        <div className={css.veil} data-testid="drop" role={offer.kind === 'paste' ? 'dialog' : undefined} aria-label="What to do with the pictures" onClick={close}>
          <div className={css.zones}>
            <div className={css.title}>{offer.load.count > 0 ? plural(offer.load.count, 'picture') : 'Pictures'}<kbd>Esc cancels</kbd></div>
            {dropZones(offer.load).map((zone, index) => (
              <button
                key={zone.id} type="button" data-zone={zone.id} aria-disabled={zone.refused !== undefined} autoFocus={offer.kind === 'paste' && index === 0}
                className={cx(css.zone, zone.refused !== undefined && css.no, over === zone.id && zone.refused === undefined && css.on)}
                onClick={(event) => { event.stopPropagation(); if (zone.refused === undefined) void act(zone.id, offer.load); }}
              >
                {zone.icon}<b>{zone.title}</b><span>{zone.refused ?? zone.what}</span>
              </button>
            ))}
            {problem !== undefined && <div className={css.problem}><Notice code={problem.code} more={problem.message}>{explain(problem).sentence}</Notice></div>}
          </div>
        </div>
      )}
    </div>
  );
}
