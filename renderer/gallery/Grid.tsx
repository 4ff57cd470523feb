import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { startExample } from '../models/startExample.ts';
import { useConnection } from '../studio/connection.ts';
import { explain } from '../studio/explain.ts';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { count, dayName } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import { Cell } from './Cell.tsx';
import css from './Gallery.module.css';
import { search, useGallery, want } from './gallery.ts';
import { Rows } from './rows.ts';
import { useSelection } from './selection.ts';

const gap = 8;
const headingHeight = 34;

function Nothing() {
  const { filter, counts } = useGallery();
  const example = useConnection((state) => state.examples[0]);
  if (filter.trashed && Object.keys(filter).length === 1) return <Empty>The trash is empty. What you move here stays until it is emptied or restored.</Empty>;
  if ((counts?.all ?? 0) > 0) return <Empty action={<Button onClick={() => { void search({ filter: {} }); }}>Clear the search</Button>}>No picture matches. Every word has to occur in a prompt, a note, a tag or a file name.</Empty>;
  return (
    <Empty action={example !== undefined && <Button onClick={() => { void startExample(example); }}>{example.title}</Button>}>
      Everything you make or bring in is kept here with all its parameters. Drop pictures anywhere to bring them in.
    </Empty>
  );
}

/** Width of an element, and its changes. */
function useWidth(ref: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}

/** The pictures by day. Only what is near the view exists; arrow keys walk it as a grid. */
export function Grid() {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const { result, revision, searchNumber, tileSize, loaded, problem } = useGallery();
  const { focus } = useSelection();
  const columns = Math.max(1, Math.floor((width - 16 + gap) / (tileSize + gap)));
  const tile = Math.max(40, Math.floor((width - 16 - gap * (columns - 1)) / columns));
  const rows = useMemo(() => new Rows(result.days, columns), [result.days, columns]);
  const virtual = useVirtualizer({
    count: rows.count, getScrollElement: () => box.current, overscan: 4,
    estimateSize: (row) => (rows.isDay(row) ? headingHeight : tile + gap),
  });
  useLayoutEffect(() => virtual.measure(), [virtual, rows, tile]);
  useEffect(() => { box.current?.scrollTo(0, 0); }, [searchNumber]);

  const lines = virtual.getVirtualItems();
  const firstRow = lines[0]?.index ?? 0;
  const lastRow = lines.at(-1)?.index ?? 0;
  useEffect(() => {
    const shown = [firstRow, lastRow].map((row) => rows.at(row));
    const from = shown[0]?.kind === 'tiles' ? shown[0].from : shown[0]?.day.start ?? 0;
    const to = shown[1]?.kind === 'tiles' ? shown[1].to : (shown[1]?.day.start ?? 0) + 1;
    if (result.items.length > 0) void want(from, to);
  }, [firstRow, lastRow, rows, result, revision]);

  const orderNow = (): readonly string[] => result.items.flatMap((item) => (item === undefined ? [] : [item.id]));
  const at = focus === undefined ? -1 : result.items.findIndex((item) => item?.id === focus);

  const moveTo = async (index: number, event: KeyboardEvent): Promise<void> => {
    const next = Math.max(0, Math.min(result.items.length - 1, index));
    virtual.scrollToIndex(rows.rowOf(next), { align: 'auto' });
    await want(next, next + 1);
    const item = useGallery.getState().result.items[next];
    if (item === undefined) return;
    const selection = useSelection.getState();
    if (event.shiftKey) selection.range(item.id, orderNow());
    else if (event.ctrlKey || event.metaKey) useSelection.setState({ focus: item.id });
    else selection.only(item.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / (tile + gap)));
    const start = Math.max(at, 0);
    const targets: Readonly<Record<string, () => number>> = {
      ArrowRight: () => at + 1, ArrowLeft: () => start - 1, Home: () => 0, End: () => result.items.length - 1,
      ArrowDown: () => (at < 0 ? 0 : rows.neighbour(at, 1)), ArrowUp: () => rows.neighbour(start, -1),
      PageDown: () => start + page * columns, PageUp: () => start - page * columns,
    };
    const target = targets[event.key];
    if (target !== undefined && !event.altKey) {
      event.preventDefault();
      void moveTo(target(), event);
    } else if (event.key === ' ' && event.ctrlKey && focus !== undefined) {
      event.preventDefault();
      useSelection.getState().toggle(focus);
    } else if (event.key === 'Escape') useSelection.getState().clear();
  };

  return (
    <div
      ref={box} className={css.grid} role="listbox" aria-multiselectable aria-label={`Pictures, ${count(result.items.length)}`} tabIndex={0} data-region="grid" data-region-focus data-testid="grid"
      aria-activedescendant={focus === undefined ? undefined : `tile-${focus}`} onKeyDown={onKeyDown}
      onClick={(event) => { if (event.target === event.currentTarget) useSelection.getState().clear(); }}
    >
      {problem !== undefined && <div style={{ padding: 12 }} role="option" aria-selected={false}><Notice code={problem.code} more={problem.message} action={<Button size="sm" onClick={() => { void search(); }}>Retry</Button>}>{explain(problem).sentence}</Notice></div>}
      {loaded && result.items.length === 0 && problem === undefined && <div role="option" aria-selected={false} style={{ height: '100%' }}><Nothing /></div>}
      {width > 0 && (
        <div style={{ height: virtual.getTotalSize() + 12, position: 'relative' }} role="presentation">
          {lines.map((line) => {
            const row = rows.at(line.index);
            if (row === undefined) return null;
            const transform = `translateY(${line.start + 6}px)`;
            if (row.kind === 'day') {
              return <div key={line.key} className={css.day} role="presentation" style={{ height: headingHeight - 4, transform }}>{dayName(row.day.from)}<span>{count(row.day.count)}</span></div>;
            }
            return (
              <div key={line.key} className={css.line} role="presentation" style={{ transform, height: tile, gridTemplateColumns: `repeat(${columns}, ${tile}px)` }}>
                {result.items.slice(row.from, row.to).map((item, offset) => <Cell key={item?.id ?? row.from + offset} item={item} order={orderNow} position={row.from + offset + 1} total={result.items.length} />)}
              </div>
            );
          })}
        </div>
      )}
    </div>
  );
}
