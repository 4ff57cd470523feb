import { Toast } from '@base-ui/react/toast';
import type { EngineStatus } from '../../preload/contract/system.ts';
import { useSelection } from '../gallery/selection.ts';
import { CanvasFacts, useCanvasHint } from '../canvas/CanvasFacts.tsx';
import { SaveSign } from '../project/SaveSign.tsx';
import { useConnection } from '../studio/connection.ts';
import { bytes, count } from '../ui/format.ts';
import css from './StatusBar.module.css';
import { useView } from './view.ts';

function useHint(): string {
  const { place, mode, viewing } = useView();
  const canvasHint = useCanvasHint();
  if (viewing !== undefined) return 'Wheel zooms · Drag pans · Hold Z shows the source · ← → next picture · Esc closes';
  if (place === 'canvas') return canvasHint;
  if (place === 'gallery') {
    return mode === 'grid' ? 'Arrows move · ↵ edits · Space looks closer · S stars · Del moves to the trash'
      : mode === 'lineage' ? 'Arrows walk the graph · 1 sets A · 2 sets B · ↵ walks on from here' : 'Hold Z flips · Home and End move the slider · R recalls';
  }
  if (place === 'ask') return 'Ctrl ↵ asks · Esc stops the answer · Alt N new question';
  return '1, 2 or 3 starts · Tab moves · ↵ activates';
}

const stateNames: Readonly<Record<EngineStatus['state'], string>> = {
  absent: 'idle', starting: 'starting', loading: 'loading', ready: 'ready', running: 'running', crashed: 'stopped',
};

function engineText(engine: EngineStatus): string {
  const parts = [engine.provider === null || engine.provider === 'cpu' ? 'CPU' : engine.provider, engine.memoryBytes === null ? '' : bytes(engine.memoryBytes)];
  return engine.state === 'absent' ? 'no memory in use' : `${parts.filter(Boolean).join(' ')} · ${stateNames[engine.state]}`;
}

/** What the keys do here, how much is chosen, what the engine holds. */
export function StatusBar() {
  const hint = useHint();
  const place = useView((view) => view.place);
  // What is told stands where the hint does.
  const telling = Toast.useToastManager().toasts.length > 0;
  const chosen = useSelection((selection) => selection.ids.size);
  const { engine, models, info, link } = useConnection();
  const model = models.find((one) => one.id === engine?.modelId) ?? models.find((one) => one.inUse);
  return (
    <footer className={css.foot} data-region="status" tabIndex={-1}>
      <span className={css.hint}>{telling ? '' : hint}</span>
      {place === 'gallery' && chosen > 0 && <span><b>{count(chosen)}</b> selected</span>}
      {place === 'models' && info !== undefined && <span>{info.outboundRequests === 0 ? 'No network requests so far' : `${count(info.outboundRequests)} network requests`}</span>}
      {place === 'canvas' && <CanvasFacts />}
      {engine !== undefined && <span>{model !== undefined && <b>{model.name}</b>} {engine.precision ?? ''} · {engineText(engine)}</span>}
      {link === 'live' ? <SaveSign /> : <span>{link === 'lost' ? 'Not connected' : 'Connecting'}</span>}
    </footer>
  );
}
