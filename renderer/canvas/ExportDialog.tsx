import { Switch } from '@base-ui/react/switch';
import { useState } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import { useProject } from '../project/project.ts';
import { useCanvas } from '../project/canvasStore.ts';
import { say } from '../shell/notices.ts';
import { useView } from '../shell/view.ts';
import { explain } from '../studio/explain.ts';
import { toProblem } from '../studio/problem.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Notice } from '../ui/Notice.tsx';
import { NumberField } from '../ui/NumberField.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import sw from '../ui/Switch.module.css';
import { exportArea, exportCanvas, generationsWithin } from './export.ts';
import type { ExportArea, ExportKind } from './export.ts';
import { saveAs, safeName } from './files.ts';

const lossy = (format: ExportKind): boolean => format === 'jpeg' || format === 'webp';
const endings: Readonly<Record<ExportKind, string>> = { png: 'png', jpeg: 'jpg', webp: 'webp', psd: 'psd', ora: 'ora' };

/** The canvas as a file for others. */
export function ExportDialog() {
  const open = useView((view) => view.exportOpen);
  const project = useProject((state) => state.project);
  const document = useCanvas((state) => state.document);
  const [area, setArea] = useState<ExportArea>('canvas');
  const [format, setFormat] = useState<ExportKind>('png');
  const [quality, setQuality] = useState(92);
  const [withParameters, setWithParameters] = useState(true);
  const [problem, setProblem] = useState<Failure>();
  const [busy, setBusy] = useState(false);
  const close = (): void => { useView.setState({ exportOpen: false }); setProblem(undefined); };
  const rect = exportArea(document, area);
  const layered = format === 'psd' || format === 'ora';
  const drawn = rect !== undefined && !layered && generationsWithin(document, rect).length > 0;
  const save = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      saveAs(await exportCanvas(document, { area, format, quality, withParameters }), `${safeName(project?.name ?? 'canvas')}.${endings[format]}`);
      say('Exported');
      close();
    } catch (thrown) {
      setProblem(toProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      narrow open={open} onClose={close} title="Export"
      footer={<><Button onClick={close}>Cancel</Button><Button kind="primary" disabled={rect === undefined || busy} onClick={() => { void save(); }}>{busy ? 'Exporting' : 'Export'}</Button></>}
    >
      <div style={{ display: 'flex', flexDirection: 'column', gap: 12 }}>
        <Segmented label="What to export" value={area} onChange={setArea} segments={[{ value: 'canvas', label: 'Canvas' }, { value: 'frame', label: 'Frame' }, { value: 'selection', label: 'Selection', hint: 'What is selected, else what the masks cover' }]} />
        <Segmented label="Format" value={format} onChange={setFormat} segments={[{ value: 'png', label: 'PNG' }, { value: 'jpeg', label: 'JPEG' }, { value: 'webp', label: 'WebP' }, { value: 'psd', label: 'PSD' }, { value: 'ora', label: 'OpenRaster' }]} />
        {lossy(format) && <NumberField track label="Quality" value={quality} min={1} max={100} defaultValue={92} onChange={setQuality} />}
        {drawn && (
          <label className={sw.line} title="Prompt, seed, settings and model of the newest result that can be seen, and that it was edited since. Dropping the file back restores them.">
            <span>With the newest result's parameters inside</span>
            <Switch.Root className={sw.switch} checked={withParameters} onCheckedChange={setWithParameters}><Switch.Thumb className={sw.thumb} /></Switch.Root>
          </label>
        )}
        <p>{rect === undefined ? (area === 'selection' ? 'Nothing is selected, and no mask covers anything.' : 'There is nothing on the canvas.') : `${rect.width} × ${rect.height}${layered ? ', every layer by itself' : ''}`}</p>
        {problem !== undefined && <Notice code={problem.code} more={problem.message}>{explain(problem).sentence}</Notice>}
      </div>
    </Dialog>
  );
}
