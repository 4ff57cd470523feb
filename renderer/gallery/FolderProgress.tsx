import { X } from 'lucide-react';
import { Button, IconButton } from '../ui/Button.tsx';
import { count, plural } from '../ui/format.ts';
import { Notice } from '../ui/Notice.tsx';
import bar from '../ui/Progress.module.css';
import css from './Gallery.module.css';
import { stopFolder, useFolder } from './folder.ts';

/** A folder on its way in: how far, and how to stop it; then what could not be read, and why. */
export function FolderProgress() {
  const { coming, skipped } = useFolder();
  if (coming === undefined && skipped.length === 0) return null;
  return (
    <section className={css.folder} aria-label="Bringing in a folder">
      {coming !== undefined && (
        <div className={css.coming} role="progressbar" aria-label={`Bringing in ${coming.name}`} aria-valuemin={0} aria-valuemax={coming.total} aria-valuenow={coming.done}>
          <span>Bringing in {coming.name}: {count(coming.done)} of {count(coming.total)}</span>
          <Button size="sm" onClick={stopFolder}>Stop</Button>
          <i className={bar.bar} style={{ width: `${(100 * coming.done) / coming.total}%` }} />
        </div>
      )}
      {coming === undefined && skipped.length > 0 && (
        <Notice tone="warn" more={skipped.slice(0, 50).map(({ name, reason }) => `${name}: ${reason}`).join(' · ')} action={<IconButton tiny label="Put away" onClick={() => useFolder.setState({ skipped: [] })}><X size={14} /></IconButton>}>
          {plural(skipped.length, 'file')} could not be read.
        </Notice>
      )}
    </section>
  );
}
