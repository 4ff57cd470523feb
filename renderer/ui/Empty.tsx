import type { ReactNode } from 'react';
import css from './Empty.module.css';

/** An empty state teaches: one sentence, one action, no illustration. */
export function Empty({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return <div className={css.empty}><p>{children}</p>{action}</div>;
}
