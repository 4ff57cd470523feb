import { ArrowRight, Columns2, MessageSquare, MoreHorizontal, Star } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Lineage } from '../../preload/contract/project.ts';
import { openLineage, openViewer } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import { fullUrl, thumbUrl } from '../studio/picture.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { plural } from '../ui/format.ts';
import { Menu } from '../ui/Menu.tsx';
import { openCompare } from '../shell/view.ts';
import { Details } from './Details.tsx';
import css from './Inspector.module.css';
import { useGallery } from './gallery.ts';
import { useSelection } from './selection.ts';
import { useGeneration } from './useGeneration.ts';
import { askAbout, compareThese, copyPicture, download, editThese, restore, sourceOf, star, trash } from './verbs.ts';

function Flow({ id }: { readonly id: string }) {
  const [near, setNear] = useState<Lineage>();
  useEffect(() => {
    const controller = new AbortController();
    setNear(undefined);
    studio().lineage.get({ id, depth: 1, limit: 12 }, { signal: controller.signal }).then(setNear, () => undefined);
    return () => controller.abort();
  }, [id]);
  if (near === undefined || near.nodes.length < 2) return null;
  const ordered = near.nodes.toSorted((a, b) => a.distance - b.distance).slice(0, 6);
  return (
    <section className={css.sec}>
      <h2><span>Came from, led to</span><Button size="sm" kind="ghost" onClick={() => openLineage(id)}>Lineage <kbd>G</kbd></Button></h2>
      <div className={css.flow}>
        {ordered.map((node, index) => [
          index > 0 && ordered[index - 1]?.distance !== node.distance && <ArrowRight key={`${node.id} arrow`} size={12} aria-hidden />,
          <button key={node.id} type="button" aria-current={node.id === id ? 'true' : undefined} aria-label={node.title} title={node.title} onClick={() => useSelection.getState().only(node.id)}>
            <img src={thumbUrl(node.hash)} alt="" />
          </button>,
        ])}
      </div>
    </section>
  );
}

function Many({ ids }: { readonly ids: readonly string[] }) {
  const trashed = useGallery((state) => state.filter.trashed);
  return (
    <div className={css.many}>
      <h2>{plural(ids.length, 'picture')} selected</h2>
      {trashed
        ? <><Button onClick={() => { void restore(ids); }}>Restore</Button><Button onClick={() => { void trash(ids); }}>Delete for ever</Button></>
        : (
          <>
            {ids.length === 2 && <Button onClick={() => compareThese(ids)}>Compare <kbd>C</kbd></Button>}
            <Button onClick={() => { void askAbout(ids); }}>Ask about them <kbd>A</kbd></Button>
            <Button onClick={() => { void star(ids); }}>Star or unstar <kbd>S</kbd></Button>
            <Button onClick={() => { void download(ids, 'png'); }}>Save as PNG <kbd>Ctrl S</kbd></Button>
            <Button onClick={() => { void trash(ids); }}>Move to the trash <kbd>Del</kbd></Button>
          </>
        )}
      <p className={css.hint}>Ctrl click adds one, Shift click a run. They can be dragged onto the drop zones.</p>
    </div>
  );
}

/** The chosen picture: large, with every parameter and the way to use it again. */
export function Inspector() {
  const { ids, focus } = useSelection();
  const trashed = useGallery((state) => state.filter.trashed);
  const id = ids.size === 1 ? [...ids][0] : ids.size === 0 ? focus : undefined;
  const row = useGeneration(id);
  if (ids.size > 1) return <Many ids={[...ids]} />;
  if (id === undefined) return <Empty>Choose a picture to see everything that made it, and to use it again.</Empty>;
  if (row === undefined) return null;
  const source = sourceOf(row);
  return (
    <div className={css.body}>
      <div className={css.hero}>
        <button type="button" className={css.picture} aria-label="Look closer" onClick={() => openViewer(row.id)}><img src={fullUrl(row.hash)} alt={row.prompt || row.title} style={{ aspectRatio: `${row.width} / ${row.height}` }} /></button>
        {trashed
          ? <div className={css.acts}><Button onClick={() => { void restore([row.id]); }}>Restore</Button><Button onClick={() => { void trash([row.id]); }}>Delete for ever</Button></div>
          : (
            <div className={css.acts}>
              <Button onClick={() => { void editThese([row.id]); }}>Edit this <kbd>↵</kbd></Button>
              <IconButton label={row.starred ? 'Unstar' : 'Star'} keys="S" starred={row.starred} aria-pressed={row.starred} onClick={() => { void star([row.id]); }}><Star size={16} /></IconButton>
              <IconButton label="Ask about it" keys="A" onClick={() => { void askAbout([row.id]); }}><MessageSquare size={16} /></IconButton>
              <IconButton label="Compare with its source" disabled={source === undefined} onClick={() => { if (source !== undefined) openCompare(source, row.id); }}><Columns2 size={16} /></IconButton>
              <Menu
                align="end" trigger={<IconButton label="More"><MoreHorizontal size={16} /></IconButton>}
                items={[
                  { label: 'Copy picture', keys: 'Ctrl+Shift+C', run: () => { void copyPicture(row.id); } },
                  { label: 'Save as PNG', keys: 'Ctrl+S', run: () => { void download([row.id], 'png'); } },
                  { label: 'Save as JPEG', run: () => { void download([row.id], 'jpeg'); } },
                  { label: 'Save as WebP', run: () => { void download([row.id], 'webp'); } },
                  { label: 'Lineage', keys: 'G', run: () => openLineage(row.id) },
                  { kind: 'separator' },
                  { label: 'Move to the trash', keys: 'Delete', danger: true, run: () => { void trash([row.id]); } },
                ]}
              />
            </div>
          )}
      </div>
      <Details row={row} />
      <Flow id={row.id} />
    </div>
  );
}
