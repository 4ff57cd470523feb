import { useEffect } from 'react';
import { Composer } from '../create/Composer.tsx';
import { setTask, useComposer } from '../create/composer.ts';
import { GenerationPanel } from '../create/GenerationPanel.tsx';
import { Recent } from '../create/Recent.tsx';
import create from '../create/Create.module.css';
import { startExample } from '../models/startExample.ts';
import { GuidesPanel } from '../panels/GuidesPanel.tsx';
import { LayersPanel } from '../panels/LayersPanel.tsx';
import { useCanvas } from '../project/canvasStore.ts';
import { useProject } from '../project/project.ts';
import { openProject } from '../project/session.ts';
import { StagingBar } from '../staging/StagingBar.tsx';
import { useSlots } from '../staging/staging.ts';
import { useConnection } from '../studio/connection.ts';
import { explain } from '../studio/explain.ts';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Notice } from '../ui/Notice.tsx';
import { cx } from '../ui/cx.ts';
import { AnswerCard } from './AnswerCard.tsx';
import css from './Canvas.module.css';
import { CanvasStage } from './CanvasStage.tsx';
import { FailedJobs } from './FailedJobs.tsx';
import { OptionBar } from './OptionBar.tsx';
import { ToolBar } from './ToolBar.tsx';

/** What concerns the canvas as a whole: another page writes it, something was refused, something was lost. */
function Notices() {
  const { problem, refusal, access, save, project } = useProject();
  return (
    <div className={css.notices}>
      {access === 'read' && project !== undefined && <Notice tone="warn" action={<Button size="sm" onClick={() => { void openProject(project.id, true); }}>Take over</Button>}>Another page writes {project.name}. Here it can be looked at.</Notice>}
      {problem !== undefined && <Notice code={problem.code} action={<Button size="sm" kind="ghost" onClick={() => useProject.setState({ problem: undefined })}>Close</Button>}>{explain(problem).sentence}</Notice>}
      {(save.state === 'failing' || save.state === 'stopped') && <Notice code={save.failure.code} more={save.failure.message}>{save.state === 'failing' ? 'The canvas cannot be saved at the moment; it is tried again. ' : 'The canvas is no longer saved. '}{explain(save.failure).sentence}</Notice>}
      {refusal !== undefined && <Notice tone="warn" action={<Button size="sm" kind="ghost" onClick={() => useProject.setState({ refusal: undefined })}>Close</Button>}>{explain(refusal).sentence}</Notice>}
      <FailedJobs />
    </div>
  );
}

function Nothing() {
  const bare = useCanvas((state) => state.document.order.length === 0);
  const busy = useSlots().length > 0;
  const examples = useConnection((state) => state.examples);
  if (!bare || busy) return null;
  return (
    <div className={css.empty} data-hint>
      <Empty action={<div className={css.starts}>{examples.slice(0, 3).map((example) => <Button key={example.id} onClick={() => { void startExample(example); }}>{example.title}</Button>)}</div>}>
        Drop or paste a picture, or describe one below and press Ctrl ↵: it takes shape inside the frame.
      </Empty>
    </div>
  );
}

/** Where pictures come to be: the canvas, its tools, its layers, and what will be sent. */
export function Canvas() {
  useEffect(() => { if (useComposer.getState().task === 'ask') setTask('edit'); }, []);
  return (
    <div className={css.place}>
      <ToolBar />
      <div className={css.center}>
        <h1 className="visually-hidden">Canvas</h1>
        <OptionBar />
        <div className={css.stage}>
          <CanvasStage />
          <Nothing />
          <Notices />
          <AnswerCard />
          <StagingBar />
        </div>
        <Composer />
      </div>
      <aside className={cx(css.side, css.first)} aria-label="Layers, guides and generation" data-region="panel">
        <LayersPanel />
        <GuidesPanel />
        <GenerationPanel />
        <div className={css.recentPan}><Recent limit={10} /></div>
      </aside>
      <aside className={cx(css.side, css.second, create.side)} aria-label="Recent pictures" data-region="recent"><Recent limit={60} /></aside>
    </div>
  );
}
