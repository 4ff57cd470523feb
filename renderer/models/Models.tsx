import { FolderOpen, Globe, ImageIcon } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import type { Example } from '../../preload/contract/system.ts';
import { Composer } from '../create/Composer.tsx';
import { say } from '../shell/notices.ts';
import { useView } from '../shell/view.ts';
import { useConnection } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { explain } from '../studio/explain.ts';
import { thumbUrl } from '../studio/picture.ts';
import { toProblem } from '../studio/problem.ts';
import { Button } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import css from './Models.module.css';
import { HubPanel } from './HubPanel.tsx';
import { useInstalls } from './installs.ts';
import { ModelCard } from './ModelCard.tsx';
import { withComing } from './withComing.ts';
import { startExample } from './startExample.ts';

const opens: Readonly<Record<Example['place'], string>> = {
  create: 'Opens Create with the prompt filled in', edit: 'Opens a sample in Create', ask: 'Opens a sample in Ask',
};

/** A line's height without words. */
const nothing = '\u00a0';

function Starts() {
  const all = useConnection((state) => state.examples);
  const told = useConnection((state) => state.examplesTold);
  const examples = useMemo(() => all.slice(0, 3), [all]);
  // Without a single picture three grey boxes would only look broken.
  const pictured = examples.some((example) => example.image !== null);
  useEffect(() => {
    const controller = new AbortController();
    window.addEventListener('keydown', (event) => {
      const example = examples[Number(event.key) - 1];
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (example === undefined || typing || event.ctrlKey || event.altKey || event.shiftKey || event.metaKey || useView.getState().settingsOpen || useView.getState().paletteOpen) return;
      event.preventDefault();
      void startExample(example);
    }, { signal: controller.signal });
    return () => controller.abort();
  }, [examples]);
  return (
    <div className={css.starts} aria-busy={!told}>
      {!told && [1, 2, 3].map((place) => <div key={place} className={css.start} aria-hidden><span className={css.shot} /><span className={css.told}><b>{nothing}</b><span /><small>{nothing}</small></span></div>)}
      {examples.map((example, index) => (
        <button key={example.id} type="button" className={css.start} onClick={() => { void startExample(example); }}>
          {pictured && <span className={css.shot}>{example.image === null ? <ImageIcon size={18} aria-hidden /> : <img src={thumbUrl(example.image)} alt="" />}</span>}
          <span className={css.told}>
            <b>{example.title}<kbd>{index + 1}</kbd></b>
            <span>{example.text}</span>
            <small>{opens[example.place]}</small>
          </span>
        </button>
      ))}
    </div>
  );
}

/** Takes a checkpoint that is already on this computer. A browser cannot open a folder dialog of another process, so the path is typed. */
function Import() {
  const [open, setOpen] = useState(false);
  const [dir, setDir] = useState('');
  const [problem, setProblem] = useState<Failure>();
  const hubOpen = useInstalls((state) => state.hubOpen);
  const take = async (): Promise<void> => {
    try {
      const model = await studio().models.importFolder({ dir });
      useConnection.setState({ models: await studio().models.list() });
      say(`${model.name} is in the list`);
      setOpen(false);
      setProblem(undefined);
    } catch (thrown) {
      setProblem(toProblem(thrown));
    }
  };
  return (
    <>
      <div className={css.bar}>
        <h2>Models</h2>
        <span>Nothing is fetched unless you press Download.</span>
        <Button aria-expanded={hubOpen} onClick={() => useInstalls.setState({ hubOpen: !hubOpen })}><Globe size={16} />Hub</Button>
        <Button aria-expanded={open} onClick={() => setOpen(!open)}><FolderOpen size={16} />Import from a folder</Button>
      </div>
      {hubOpen && <HubPanel />}
      {open && (
        <form className={css.import} onSubmit={(event) => { event.preventDefault(); void take(); }}>
          <input aria-label="Folder of the checkpoint" placeholder="Folder with config.json and the weights, or a hub cache" value={dir} autoFocus onChange={(event) => setDir(event.currentTarget.value)} />
          <Button type="submit" disabled={dir.trim() === ''}>Import</Button>
        </form>
      )}
      {open && problem !== undefined && <div style={{ marginBottom: 10 }}><Notice code={problem.code} more={problem.message}>{problem.message || explain(problem).sentence}</Notice></div>}
    </>
  );
}

/** What is ready to use, what it knows, and what else there is. */
export function Models() {
  const models = useConnection((state) => state.models);
  const installs = useInstalls((state) => state.installs);
  const called = useView((view) => view.promptCalled);
  const builtIn = models.find((model) => model.builtIn && model.state === 'ready');
  return (
    <div className={css.place}>
      <div className={css.scroll} data-region="models" tabIndex={-1}>
        <div className={css.page}>
          <h1>{builtIn === undefined ? 'Models' : 'Ready to use'}</h1>
          <p className={css.lead}>
            {builtIn === undefined ? 'No model is ready yet. Import one from a folder.' : `${builtIn.name} is built in. It draws, edits and answers about simple shapes in seconds, so you can learn the studio before you download anything.`}
          </p>
          <Starts />
          <Import />
          {withComing(models, installs).map((model) => <ModelCard key={model.id} model={model} />)}
        </div>
      </div>
      {called && <Composer />}
    </div>
  );
}
