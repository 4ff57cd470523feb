import { X } from 'lucide-react';
import { create } from 'zustand';
import type { Failure } from '../../preload/contract/errors.ts';
import { onSnapshot } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { IconButton } from '../ui/Button.tsx';
import { Notice } from '../ui/Notice.tsx';
import css from './StartNotices.module.css';

const useNotices = create<{ readonly list: readonly Failure[]; readonly put: ReadonlySet<string> }>(() => ({ list: [], put: new Set() }));

onSnapshot(async () => { useNotices.setState({ list: await studio().system.notices() }); });

/** What happened while the studio opened, until the person has put it away: a history set aside, a folder that could not be moved. */
export function StartNotices() {
  const { list, put } = useNotices();
  const shown = list.filter(({ message }) => !put.has(message));
  if (shown.length === 0) return null;
  return (
    <div className={css.notices}>
      {shown.map(({ code, message }) => (
        <Notice key={message} tone="warn" code={code} action={<IconButton tiny label="Put away" onClick={() => useNotices.setState({ put: new Set([...put, message]) })}><X size={14} /></IconButton>}>{message}</Notice>
      ))}
    </div>
  );
}
