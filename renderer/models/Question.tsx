import type { ReactNode } from 'react';
import { Button } from '../ui/Button.tsx';
import css from './Install.module.css';

/** A question where it arises: nothing else waits for its answer. */
export function Question({ children, yes, no, onYes, onNo }: { readonly children: ReactNode; readonly yes: string; readonly no: string; readonly onYes: () => void; readonly onNo: () => void }) {
  return (
    <div className={css.question} role="group" aria-label="Question">
      <p>{children}</p>
      <Button size="sm" autoFocus onClick={onNo}>{no}</Button>
      <Button size="sm" kind="danger" onClick={onYes}>{yes}</Button>
    </div>
  );
}
