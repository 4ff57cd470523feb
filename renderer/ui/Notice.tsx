import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import css from './Notice.module.css';
import { cx } from './cx.ts';

/** A problem beside its cause: what happened, what to do, and the code for whoever reports it. Stays until resolved. */
export function Notice({ children, code, more, action, tone = 'danger' }: {
  readonly children: ReactNode;
  readonly code?: string | undefined;
  readonly more?: string | undefined;
  readonly action?: ReactNode;
  readonly tone?: 'danger' | 'warn';
}) {
  return (
    <div className={cx(css.notice, tone === 'warn' && css.warn)} role={tone === 'danger' ? 'alert' : 'status'}>
      <TriangleAlert size={16} aria-hidden />
      <div className={css.text}>
        <p>{children}</p>
        {(code ?? more) && <details className={css.details}><summary>Details</summary>{[code, more].filter(Boolean).join(' · ')}</details>}
      </div>
      {action && <div className={css.actions}>{action}</div>}
    </div>
  );
}
