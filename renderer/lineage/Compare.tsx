import { ArrowLeftRight } from 'lucide-react';
import { useState } from 'react';
import { differences } from '../gallery/parameters.ts';
import { useGeneration } from '../gallery/useGeneration.ts';
import { copyText, editThese, recallFrom } from '../gallery/verbs.ts';
import { go, useView } from '../shell/view.ts';
import { fullUrl } from '../studio/picture.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { useHeld } from '../viewer/useHeld.ts';
import { Zoom } from '../viewer/Zoom.tsx';
import type { Placement } from '../viewer/zoom.ts';
import css from './Lineage.module.css';

type Way = 'slider' | 'side' | 'flicker' | 'difference';

/** Two pictures against each other, and what differs in how they were made. */
export function ComparePane({ a, b }: { readonly a: string; readonly b: string }) {
  const [rowA, rowB] = [useGeneration(a), useGeneration(b)];
  const [way, setWay] = useState<Way>('slider');
  const [split, setSplit] = useState(0.5);
  const [placement, setPlacement] = useState<Placement>();
  const held = useHeld('z');
  if (rowA === undefined || rowB === undefined) return null;
  const before = { url: fullUrl(rowA.hash), alt: `A: ${rowA.title}`, label: 'A' };
  const after = { url: fullUrl(rowB.hash), alt: `B: ${rowB.title}`, label: 'B' };
  const { rows, same } = differences(rowA, rowB);
  const shared = { placement, onPlacement: setPlacement };
  return (
    <>
      <div className={css.chead}>
        <b>Compare</b><span className={css.ab}>A</span><span className={css.name} title={rowA.title}>{rowA.title}</span>
        <IconButton tiny label="Swap A and B" onClick={() => useView.setState({ compare: { a: b, b: a } })}><ArrowLeftRight size={14} /></IconButton>
        <span className={css.ab}>B</span><span className={css.name} title={rowB.title}>{rowB.title}</span><span className={css.grow} />
        <Segmented
          label="Way to compare" value={way} onChange={(next) => { setWay(next); setPlacement(undefined); }}
          segments={[{ value: 'slider', label: 'Slider' }, { value: 'side', label: 'Side by side' }, { value: 'flicker', label: 'Flicker', hint: 'Hold Z to see A' }, { value: 'difference', label: 'Difference' }]}
        />
      </div>
      <div className={css.view} data-testid="compare">
        {way === 'side'
          ? <><Zoom picture={rowA} after={before} {...shared} /><Zoom picture={rowB} after={after} {...shared} /></>
          : <Zoom picture={rowB} after={after} before={before} split={way === 'slider' ? split : undefined} onSplit={setSplit} flipped={held} blend={way === 'difference'} {...shared} />}
      </div>
      <div className={css.facts}>
        <table className={css.tbl}>
          <thead><tr><th>What differs</th><th>A</th><th>B</th></tr></thead>
          <tbody>{rows.map((row) => <tr key={row.name}><td>{row.name}</td><td>{row.a || 'None'}</td><td>{row.b || 'None'}</td></tr>)}</tbody>
        </table>
        <div className={css.acts}>
          <span>{same.length === 0 ? '' : `Same in both: ${same.join(', ')}`}</span>
          <Button kind="ghost" onClick={() => { void copyText(rows.map((row) => `${row.name}: ${row.a} → ${row.b}`).join('\n'), 'Differences'); }}>Copy differences</Button>
          <Button onClick={() => { void recallFrom(b, 'all'); }}>Recall B</Button>
          <Button onClick={() => { void editThese([b]); }}>Edit B</Button>
        </div>
      </div>
    </>
  );
}

/** The place of its own: two pictures over the whole width. */
export function Compare() {
  const { a, b } = useView((view) => view.compare);
  if (a === undefined || b === undefined) {
    return <Empty action={<Button onClick={() => go('gallery')}>Open the grid</Button>}>Choose two pictures in the grid, Ctrl click adds the second, and press C.</Empty>;
  }
  return <div className={`${css.compare} ${css.whole}`} data-region="compare" tabIndex={-1}><ComparePane key={`${a} ${b}`} a={a} b={b} /></div>;
}

