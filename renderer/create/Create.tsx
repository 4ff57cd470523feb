import { useEffect } from 'react';
import { setTask, useComposer } from './composer.ts';
import css from './Create.module.css';
import { Composer } from './Composer.tsx';
import { GenerationPanel } from './GenerationPanel.tsx';
import { InputsPanel } from './InputsPanel.tsx';
import { Recent } from './Recent.tsx';
import { StageView } from './StageView.tsx';
import { cx } from '../ui/cx.ts';

/** Where pictures come to be: the stage, what will be sent, what was made lately. */
export function Create() {
  useEffect(() => { if (useComposer.getState().task === 'ask') setTask('create'); }, []);
  return (
    <div className={css.place}>
      <div className={css.center}>
        <h1 className="visually-hidden">Create</h1>
        <StageView />
        <Composer />
      </div>
      <aside className={cx(css.side, css.first)} aria-label="Generation" data-region="panel">
        <InputsPanel />
        <GenerationPanel />
        <div className={css.recentPan}><Recent limit={10} /></div>
      </aside>
      <aside className={cx(css.side, css.second)} aria-label="Recent pictures" data-region="recent"><Recent limit={60} /></aside>
    </div>
  );
}
