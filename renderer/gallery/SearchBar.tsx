import { Slider } from '@base-ui/react/slider';
import { BookmarkPlus, Columns2, FolderPlus, Grid2X2, GitFork, PanelRight, Search, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { GalleryFilter } from '../../preload/contract/gallery.ts';
import { say } from '../shell/notices.ts';
import { go, useView } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import { taskNames } from '../queue/describe.ts';
import { IconButton } from '../ui/Button.tsx';
import { count, dayName } from '../ui/format.ts';
import { Segmented } from '../ui/Segmented.tsx';
import { Select } from '../ui/Select.tsx';
import css from './Gallery.module.css';
import { bringInFolder } from './folder.ts';
import { loadCounts, refine, search, setText, useGallery } from './gallery.ts';
import { chosenIds } from './selection.ts';

interface Part {
  readonly name: string;
  readonly key: keyof GalleryFilter;
}

function partsOf(filter: GalleryFilter): readonly Part[] {
  return [
    ...(filter.starred ? [{ key: 'starred' as const, name: 'starred' }] : []),
    ...(filter.trashed ? [{ key: 'trashed' as const, name: 'in the trash' }] : []),
    ...(filter.tasks === undefined ? [] : [{ key: 'tasks' as const, name: filter.tasks.map((task) => taskNames[task].toLowerCase()).join(', ') }]),
    ...(filter.modelNames === undefined ? [] : [{ key: 'modelNames' as const, name: filter.modelNames.join(', ') }]),
    ...(filter.tags === undefined ? [] : [{ key: 'tags' as const, name: filter.tags.map((tag) => `#${tag}`).join(' ') }]),
    ...(filter.from === undefined ? [] : [{ key: 'from' as const, name: `since ${dayName(filter.from).replace(/^[TY]/, (letter) => letter.toLowerCase())}` }]),
    ...(filter.withoutPrompt ? [{ key: 'withoutPrompt' as const, name: 'without a prompt' }] : []),
  ];
}

function Found() {
  const { result, counts, tookMs, filter, searchNumber } = useGallery();
  const total = filter.trashed ? counts?.trashed : counts?.all;
  const narrowed = total !== undefined && result.items.length !== total;
  return <span className={css.found} role="status" data-found={searchNumber}>{narrowed ? `${count(result.items.length)} of ${count(total)} · ${Math.max(1, Math.round(tookMs))} ms` : ''}</span>;
}

/** The browser's own dialog for folders: what it gives is read here and stored picture by picture. */
function BringInFolder() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton label="Bring in a folder of pictures" onClick={() => input.current?.click()}><FolderPlus size={16} /></IconButton>
      <input
        ref={input} type="file" hidden multiple aria-label="Folder of pictures" data-testid="folder" {...{ webkitdirectory: '' }}
        onChange={(event) => { void bringInFolder([...(event.currentTarget.files ?? [])]); event.currentTarget.value = ''; }}
      />
    </>
  );
}

/** Words to search by, what narrows the search, how much was found and how fast. */
export function SearchBar() {
  const { filter, sort, tileSize } = useGallery();
  const mode = useView((view) => view.mode);
  const inspector = useView((view) => view.inspectorOpen);
  const [text, setDraft] = useState(filter.text ?? '');
  useEffect(() => setText(text.trim() === '' ? '' : text), [text]);
  const save = async (): Promise<void> => {
    const name = [text, ...partsOf(filter).map((part) => part.name)].filter(Boolean).join(', ');
    await studio().gallery.saveSearch({ name, filter });
    await loadCounts();
    say('Search saved');
  };
  const narrowed = Object.keys(filter).length > 0;
  return (
    <div className={css.bar} role="search" data-region="search">
      <div className={css.search}>
        <Search size={16} aria-hidden />
        <input data-search aria-label="Search prompts, notes, tags and file names" placeholder="Search prompts, notes, tags, file names" value={text}
          onChange={(event) => { setDraft(event.currentTarget.value); if (mode !== 'grid') go('gallery'); }}
          onKeyDown={(event) => { if (event.key === 'Escape' && text !== '') { event.stopPropagation(); setDraft(''); } }}
        />
        {partsOf(filter).map((part) => (
          <span key={part.key} className={css.tag}>{part.name}<button type="button" aria-label={`Remove the filter ${part.name}`} onClick={() => refine(part.key, undefined)}><X size={11} /></button></span>
        ))}
        <Found />
        {narrowed && <IconButton tiny label="Save this search" onClick={() => { void save(); }}><BookmarkPlus size={14} /></IconButton>}
        {(narrowed || text !== '') && <IconButton tiny label="Clear the search" onClick={() => { setDraft(''); void search({ filter: {} }); }}><X size={14} /></IconButton>}
      </div>
      <Segmented
        label="Show as" value={mode} onChange={(next) => {
          const [a, b] = chosenIds();
          useView.setState((view) => ({
            mode: next, ...(a === undefined ? {} : { lineageOf: next === 'lineage' ? a : view.lineageOf }),
            ...(next === 'compare' && a !== undefined && b !== undefined ? { compare: { a, b } } : {}),
          }));
        }}
        segments={[
          { value: 'grid', label: 'Grid', icon: <Grid2X2 size={14} /> },
          { value: 'lineage', label: 'Lineage', icon: <GitFork size={14} /> },
          { value: 'compare', label: 'Compare', icon: <Columns2 size={14} /> },
        ]}
      />
      {mode === 'grid' && (
        <>
          <Select className={css.fit} showLabel={false} label="Order" value={sort} onChange={(next) => { void search({ sort: next }); }} options={[{ value: 'newest', label: 'Newest first' }, { value: 'oldest', label: 'Oldest first' }]} />
          <div className={css.size}>Size
            <Slider.Root className={css.track} value={tileSize} min={96} max={320} step={8} onValueChange={(next) => useGallery.setState({ tileSize: next })} style={{ width: '100%' }}>
              <Slider.Control className={css.track}>
                <Slider.Track className={css.rail}><Slider.Indicator className={css.fill} /><Slider.Thumb className={css.knob} aria-label="Tile size" /></Slider.Track>
              </Slider.Control>
            </Slider.Root>
          </div>
          <BringInFolder />
          <IconButton className={css.toggle} label="Inspector" keys="\" aria-pressed={inspector} onClick={() => useView.setState({ inspectorOpen: !inspector })}><PanelRight size={16} /></IconButton>
        </>
      )}
    </div>
  );
}
