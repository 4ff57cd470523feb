import { Check, Trash2 } from 'lucide-react';
import { useEffect } from 'react';
import type { Precision } from '../../preload/contract/generation.ts';
import type { ModelPrecisions, Packing, PrecisionChoice } from '../../preload/contract/precisions.ts';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { explain } from '../studio/explain.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { cx } from '../ui/cx.ts';
import { bytes, timeLeft } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import css from './Precisions.module.css';
import { cancelPack, choosePrecision, pack, removePack, usePrecisions, watchPrecisions } from './precisions.ts';

/** How each is called, and what it is. */
export const precisionNames: Readonly<Record<Precision, { readonly name: string; readonly what: string }>> = {
  fp32: { name: 'fp32', what: 'Full precision' },
  fp16: { name: 'fp16', what: 'Half precision' },
  int8: { name: 'int8', what: '8 bits' },
  q4: { name: '4-bit', what: 'Blocks of 32' },
  q4b128: { name: '4-bit', what: 'Blocks of 128' },
};

const spoken = (precision: Precision): string => `${precisionNames[precision].name}, ${precisionNames[precision].what.toLowerCase()}`;

function MemoryCell({ memory }: Pick<PrecisionChoice, 'memory'>) {
  const { fits, wholeBytes, oneByOneBytes, tile } = memory;
  if (fits === null) return <span>{bytes(wholeBytes)}<small>{bytes(oneByOneBytes)} part by part</small></span>;
  if (fits === 'whole') return <span className={css.fits}>{bytes(wholeBytes)}<Check size={14} aria-label="Fits" />{tile !== null && <small>Decoded in pieces of {tile}</small>}</span>;
  return <span>{bytes(wholeBytes)}<small className={fits === 'no' ? css.no : undefined}>{fits === 'no' ? `Does not fit; ${bytes(oneByOneBytes)} part by part` : `${bytes(oneByOneBytes)} part by part${tile === null ? '' : `, decoded in pieces of ${tile}`}`}</small></span>;
}

function DiskCell({ choice, name, busy, modelId }: { readonly choice: PrecisionChoice; readonly name: string; readonly busy: boolean; readonly modelId: string }) {
  const { precision, packBytes, diskBytes, ready } = choice;
  const removable = diskBytes > 0 && !busy;
  return (
    <span className={css.disk}>
      {packBytes === 0 ? <span className={css.dim}>Nothing more</span> : ready ? <span>{bytes(diskBytes)} packed</span> : <span className={css.dim}>{bytes(packBytes)} when packed</span>}
      {removable && <IconButton label={`Remove the packed weights of ${name}`} onClick={() => removePack(modelId, precision)}><Trash2 size={14} /></IconButton>}
    </span>
  );
}

function percent(error: number): string {
  if (error < 1e-5) return 'None';
  return `${(100 * error).toFixed(error < 0.1 ? 1 : 0)} %`;
}

function Row({ choice, found, modelName }: { readonly choice: PrecisionChoice; readonly found: ModelPrecisions; readonly modelName: string }) {
  const { precision, note, error } = choice;
  const { modelId, used, recommended, packing } = found;
  const { name, what } = precisionNames[precision];
  const busy = packing?.precision === precision && packing.state === 'packing';
  return (
    <div className={cx(css.row, used === precision && css.on)} data-precision={precision}>
      <label>
        <input type="radio" name={`precision of ${modelId}`} aria-label={`${modelName} in ${spoken(precision)}`} checked={used === precision} onChange={() => choosePrecision(modelId, precision)} />
        <b>{name}</b><span>{what}</span>
        {recommended.precision === precision && <em className={css.tag}>Recommended</em>}
        {note !== null && <small>{note}</small>}
      </label>
      <MemoryCell memory={choice.memory} />
      <DiskCell choice={choice} name={spoken(precision)} busy={busy} modelId={modelId} />
      <span>{percent(error)}</span>
    </div>
  );
}

/** Weights on their way into the form that a precision needs. */
function PackingLine({ packing, modelName }: { readonly packing: Packing; readonly modelName: string }) {
  const { modelId, precision, state, doneBytes, totalBytes, bytesPerSecond, leftMs, failure } = packing;
  if (state === 'failed' && failure !== null) {
    return <Notice code={failure.code} more={failure.message} action={<><Button size="sm" onClick={() => cancelPack(modelId)}>Leave it</Button><Button size="sm" onClick={() => pack(modelId, precision)}>Try again</Button></>}>{explain(failure).sentence}</Notice>;
  }
  const share = doneBytes / Math.max(1, totalBytes);
  return (
    <div className={css.packing} data-testid="packing">
      <div className={css.track} role="progressbar" aria-label={`Packing ${modelName} for ${spoken(precision)}`} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor(share * 100)}><i style={{ width: `${share * 100}%` }} /></div>
      <span>{totalBytes === 0 ? 'Packing begins' : [`Packing ${bytes(doneBytes)} of ${bytes(totalBytes)}`, bytesPerSecond === null ? '' : `${bytes(bytesPerSecond)}/s`, leftMs === null ? '' : timeLeft(leftMs)].filter(Boolean).join(' · ')}</span>
      <Button size="sm" kind="ghost" onClick={() => cancelPack(modelId)}>Cancel</Button>
    </div>
  );
}

/** In which precisions a model can run here: what each takes and costs, one of them chosen. */
export function Precisions({ model }: { readonly model: ModelEntry }) {
  const { id, name } = model;
  const found = usePrecisions((state) => state.found[id]);
  const problem = usePrecisions((state) => state.problems[id]);
  useEffect(() => watchPrecisions(id), [id]);
  return (
    <div className={css.panel} data-testid="precisions">
      {problem !== undefined && <Notice code={problem.code} more={problem.message}>{explain(problem).sentence}</Notice>}
      {found === undefined ? problem === undefined && <p className={css.dim} role="status">Looking at the weights of {name} …</p> : (
        <>
          <div className={css.table} role="radiogroup" aria-label={`Precision of ${name}`}>
            <div className={css.head} aria-hidden><span>Precision</span><span>Memory at {found.width} × {found.height}</span><span>On the disk</span><span>Error</span></div>
            {found.choices.map((choice) => <Row key={choice.precision} choice={choice} found={found} modelName={name} />)}
          </div>
          {found.packing !== null && <PackingLine packing={found.packing} modelName={name} />}
          <div className={css.foot}>
            <p><b>{spoken(found.recommended.precision)}</b> is recommended. {found.recommended.reason} The error is measured on the weights of this model.</p>
            {found.own !== null && <Button size="sm" onClick={() => choosePrecision(id, null)}>As in Settings</Button>}
          </div>
        </>
      )}
    </div>
  );
}
