import { Brush, Calendar, Images, Search, Sparkle, Star, Tag, Trash2, Upload, Workflow } from 'lucide-react';
import type { ReactNode } from 'react';
import type { GalleryFilter } from '../../preload/contract/gallery.ts';
import { cx } from '../ui/cx.ts';
import { bytes, count } from '../ui/format.ts';
import css from './Gallery.module.css';
import { refine, show, useGallery } from './gallery.ts';

interface Entry {
  readonly icon: ReactNode;
  readonly name: string;
  readonly filter: GalleryFilter;
  readonly count: number | undefined;
}

const day = 86_400_000;

function same(a: GalleryFilter, b: GalleryFilter): boolean {
  const strip = ({ text: _text, ...rest }: GalleryFilter): string => JSON.stringify(Object.entries(rest).sort());
  return strip(a) === strip(b);
}

function Entries({ entries }: { readonly entries: readonly Entry[] }) {
  const filter = useGallery((state) => state.filter);
  return entries.map((entry) => (
    <button key={entry.name} type="button" className={css.nav} title={entry.name} aria-current={same(filter, entry.filter) ? 'true' : undefined} onClick={() => show(entry.filter)}>
      {entry.icon}<span>{entry.name}</span>{entry.count !== undefined && <span className={css.c}>{count(entry.count)}</span>}
    </button>
  ));
}

/** Where to look: what kind, what project of time, what tag. Each says how many are there. */
export function Filters() {
  const counts = useGallery((state) => state.counts);
  const saved = useGallery((state) => state.saved);
  const filter = useGallery((state) => state.filter);
  const tasks = counts?.tasks;
  const edited = tasks === undefined ? undefined : tasks.edit + tasks.inpaint + tasks.outpaint;
  const today = new Date().setHours(0, 0, 0, 0);
  return (
    <nav className={css.side} aria-label="Filters" data-region="filters">
      <Entries entries={[
        { icon: <Images size={16} />, name: 'All images', filter: {}, count: counts?.all },
        { icon: <Star size={16} />, name: 'Starred', filter: { starred: true }, count: counts?.starred },
        { icon: <Sparkle size={16} />, name: 'Created', filter: { tasks: ['textToImage', 'control'] }, count: tasks === undefined ? undefined : tasks.textToImage + tasks.control },
        { icon: <Brush size={16} />, name: 'Edited', filter: { tasks: ['edit', 'inpaint', 'outpaint'] }, count: edited },
        ...((tasks?.grid ?? 0) > 0 ? [{ icon: <Workflow size={16} />, name: 'Sweeps', filter: { tasks: ['grid' as const] }, count: tasks?.grid }] : []),
        { icon: <Upload size={16} />, name: 'Brought in', filter: { tasks: ['import'] }, count: tasks?.import },
        { icon: <Trash2 size={16} />, name: 'Trash', filter: { trashed: true }, count: counts?.trashed },
      ]}
      />
      <h2>When</h2>
      {([['Today', today], ['Last seven days', today - 6 * day], ['Last thirty days', today - 29 * day]] as const).map(([name, from]) => (
        <button key={name} type="button" className={cx(css.nav, css.wideOnly)} title={name} aria-current={filter.from === from ? 'true' : undefined} onClick={() => refine('from', filter.from === from ? undefined : from)}>
          <Calendar size={16} /><span>{name}</span>
        </button>
      ))}
      {counts !== undefined && counts.models.length > 1 && <h2>Model</h2>}
      {counts !== undefined && counts.models.length > 1 && <Entries entries={counts.models.map((model) => ({ icon: <Sparkle size={16} />, name: model.modelName, filter: { modelNames: [model.modelName] }, count: model.count }))} />}
      {counts !== undefined && counts.tags.length > 0 && <h2>Tags</h2>}
      {counts !== undefined && <Entries entries={counts.tags.slice(0, 12).map((tag) => ({ icon: <Tag size={16} />, name: tag.tag, filter: { tags: [tag.tag] }, count: tag.count }))} />}
      {saved.length > 0 && <h2>Saved searches</h2>}
      {saved.map((one) => (
        <button key={one.id} type="button" className={css.nav} title={one.name} onClick={() => show(one.filter)}><Search size={16} /><span>{one.name}</span></button>
      ))}
      {counts !== undefined && <p className={css.used}>{counts.bytes === 0 ? 'Nothing stored yet' : `${bytes(counts.bytes)} on this computer`}</p>}
    </nav>
  );
}
