import { useState } from 'react';
import type { Failure } from '../../preload/contract/errors.ts';
import { useView } from '../shell/view.ts';
import { explain } from '../studio/explain.ts';
import { toProblem } from '../studio/problem.ts';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { plural } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import { purge } from './verbs.ts';

/** The one thing that cannot be undone asks first. No ids = the whole trash. */
export function DeleteDialog() {
  const ids = useView((view) => view.deleting);
  const [problem, setProblem] = useState<Failure>();
  const close = (): void => { setProblem(undefined); useView.setState({ deleting: undefined }); };
  const remove = (): void => { void purge(ids ?? []).then(close, (thrown: unknown) => setProblem(toProblem(thrown))); };
  const what = ids === undefined || ids.length === 0 ? 'everything in the trash' : plural(ids.length, 'picture');
  return (
    <Dialog
      narrow open={ids !== undefined} onClose={close} title="Delete for ever"
      footer={<><Button onClick={close}>Keep</Button><Button kind="danger" onClick={remove}>Delete {what}</Button></>}
    >
      <p>This removes {what} from the computer. It cannot be undone. Pictures that others were made from keep working: their inputs are stored with them.</p>
      {problem !== undefined && <Notice code={problem.code} more={problem.message}>{explain(problem).sentence}</Notice>}
    </Dialog>
  );
}
