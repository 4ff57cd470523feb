import { Maximize, Star, ZoomIn, ZoomOut } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Lineage as Graph } from '../../preload/contract/project.ts';
import { useGallery } from '../gallery/gallery.ts';
import { chosenIds } from '../gallery/selection.ts';
import { taskNames } from '../queue/describe.ts';
import { openViewer, useView } from '../shell/view.ts';
import { studio } from '../studio/current.ts';
import { explain } from '../studio/explain.ts';
import { thumbUrl } from '../studio/picture.ts';
import { toProblem } from '../studio/problem.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import { Empty } from '../ui/Empty.tsx';
import { plural, seedText } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import { ComparePane } from './Compare.tsx';
import { Edges, nodeX, nodeY, sheetSize } from './Edges.tsx';
import { layOut, walkFrom } from './layout.ts';
import type { Placed } from './layout.ts';
import css from './Lineage.module.css';

function Node({ placed, chosen, mark, onFocus }: { readonly placed: Placed; readonly chosen: boolean; readonly mark: string | undefined; readonly onFocus: () => void }) {
  const { node } = placed;
  return (
    <button
      type="button" className={css.node} id={`node-${node.id}`} role="treeitem" aria-selected={chosen} tabIndex={chosen ? 0 : -1} data-region-focus={chosen ? '' : undefined}
      style={{ left: nodeX(placed.column), top: nodeY(placed.row) }} onFocus={onFocus} onDoubleClick={() => openViewer(node.id)}
      title={node.title}
    >
      <span className={css.thumb}>
        <img src={thumbUrl(node.hash)} alt="" />
        {mark !== undefined && <span className={css.ab}>{mark}</span>}
        {node.starred && <span className={css.star}><Star size={14} /></span>}
      </span>
      <span className={css.cap}><b>{node.title}</b>{taskNames[node.task]}{node.seed === null ? '' : ` · seed ${seedText(node.seed)}`}</span>
    </button>
  );
}

function Legend({ graph }: { readonly graph: Graph }) {
  const roles = new Set(graph.edges.map((edge) => edge.role));
  const names = [['source', 'edited', ''], ['reference', 'reference', css.reference], ['control', 'control', css.control], ['mask', 'mask', css.mask], ['cell', 'in the grid', '']] as const;
  return (
    <>
      {names.filter(([role]) => roles.has(role)).map(([role, name, style]) => (
        <span key={role}><svg width="22" height="2" aria-hidden><path d="M0 1h22" className={cx(css.edge, style)} /></svg>{name}</span>
      ))}
    </>
  );
}

function steps(graph: Graph): string {
  const distances = graph.nodes.map((node) => node.distance);
  const [back, on] = [Math.max(0, ...distances.map((distance) => -distance)), Math.max(0, ...distances)];
  return `${plural(back, 'step')} back, ${plural(on, 'step')} on${graph.truncated ? ' · more lies beyond; ↵ walks on' : ''}`;
}

/** What came from what, as a graph that one can walk. */
export function Lineage() {
  const wanted = useView((view) => view.lineageOf);
  const { a, b } = useView((view) => view.compare);
  const newest = useGallery((state) => state.result.items[0]?.id);
  const id = wanted ?? chosenIds()[0] ?? newest;
  const [graph, setGraph] = useState<Graph>();
  const [problem, setProblem] = useState<Failure>();
  const [focus, setFocus] = useState(id);
  const [zoom, setZoom] = useState(1);
  const scroll = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (id === undefined) return;
    const controller = new AbortController();
    studio().lineage.get({ id, depth: 6, limit: 200 }, { signal: controller.signal }).then((found) => {
      setGraph(found);
      setFocus(id);
      setProblem(undefined);
      const source = found.edges.find((edge) => edge.to === id && edge.role === 'source')?.from;
      useView.setState((view) => (view.compare.b === id ? {} : { compare: { a: source, b: id } }));
    }, (thrown: unknown) => { if (!controller.signal.aborted) setProblem(toProblem(thrown)); });
    return () => controller.abort();
  }, [id]);
  const placed = useMemo(() => (graph === undefined || id === undefined ? [] : layOut(graph, id)), [graph, id]);
  useEffect(() => { document.getElementById(`node-${id}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' }); }, [placed, id]);

  if (id === undefined) return <Empty>Pictures made from other pictures stand here as a graph. Edit one, and its line begins.</Empty>;
  if (problem !== undefined) return <div style={{ padding: 12 }}><Notice code={problem.code} more={problem.message}>{explain(problem).sentence}</Notice></div>;
  if (graph === undefined) return null;

  const onKeyDown = (event: KeyboardEvent): void => {
    const here = focus ?? id;
    if (event.ctrlKey || event.altKey) return;
    if (event.key === '1') useView.setState((view) => ({ compare: { ...view.compare, a: here } }));
    else if (event.key === '2') useView.setState((view) => ({ compare: { ...view.compare, b: here } }));
    else if (event.key === 'Enter') useView.setState({ lineageOf: here });
    else if (event.key === ' ') openViewer(here);
    else {
      const next = walkFrom(placed, graph.edges, here, event.key);
      if (!event.key.startsWith('Arrow')) return;
      if (next !== undefined) document.getElementById(`node-${next}`)?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const middle = graph.nodes.find((node) => node.id === id);
  const size = sheetSize(placed);
  return (
    <div className={cx(css.split, (a === undefined || b === undefined) && css.alone)} data-testid="lineage">
      <div className={css.left}>
        <div className={css.head}><b title={middle?.title}>{middle?.title}</b><span>{steps(graph)}</span><Button size="sm" kind="ghost" onClick={() => openViewer(focus ?? id)}>Look closer</Button></div>
        <div ref={scroll} className={css.scroll} data-region="lineage" role="tree" aria-label="Lineage" onKeyDown={onKeyDown}>
          <div className={css.sheet} role="presentation" style={{ width: size.width * zoom, height: size.height * zoom }}>
            <div role="presentation" style={{ transform: `scale(${zoom})`, transformOrigin: '0 0' }}>
              <Edges graph={graph} placed={placed} from={a} to={b} />
              {placed.map((one) => <Node key={one.node.id} placed={one} chosen={one.node.id === (focus ?? id)} mark={one.node.id === a ? 'A' : one.node.id === b ? 'B' : undefined} onFocus={() => setFocus(one.node.id)} />)}
            </div>
          </div>
        </div>
        <div className={css.legend}>
          <Legend graph={graph} />
          {a !== undefined && b !== undefined && <span><svg width="22" height="2" aria-hidden><path d="M0 1h22" className={cx(css.edge, css.path)} /></svg>path from A to B</span>}
          <i />
          <IconButton tiny label="Smaller" onClick={() => setZoom(Math.max(0.4, zoom / 1.25))}><ZoomOut size={14} /></IconButton>
          <IconButton tiny label="Original size" onClick={() => setZoom(1)}><Maximize size={14} /></IconButton>
          <IconButton tiny label="Larger" onClick={() => setZoom(Math.min(2, zoom * 1.25))}><ZoomIn size={14} /></IconButton>
        </div>
      </div>
      {a !== undefined && b !== undefined && <div className={css.compare}><ComparePane a={a} b={b} /></div>}
    </div>
  );
}
