import { Composer } from '../create/Composer.tsx';
import { Compare } from '../lineage/Compare.tsx';
import { Lineage } from '../lineage/Lineage.tsx';
import { useView } from '../shell/view.ts';
import { cx } from '../ui/cx.ts';
import { Filters } from './Filters.tsx';
import css from './Gallery.module.css';
import { FolderProgress } from './FolderProgress.tsx';
import { Grid } from './Grid.tsx';
import { Inspector } from './Inspector.tsx';
import { Now } from './Now.tsx';
import { SearchBar } from './SearchBar.tsx';

/** Everything that was made or brought in: as a grid, as lineage, or two of them compared. */
export function Gallery() {
  const { mode, promptCalled, inspectorOpen } = useView();
  if (mode !== 'grid') {
    return (
      <div className={cx(css.place, css.wide)}>
        <div className={css.center}>
          <h1 className="visually-hidden">Gallery</h1>
          <SearchBar />
          {mode === 'lineage' ? <Lineage /> : <Compare />}
          {promptCalled && <Composer />}
        </div>
      </div>
    );
  }
  return (
    <div className={css.place}>
      <Filters />
      <div className={css.center}>
        <h1 className="visually-hidden">Gallery</h1>
        <SearchBar />
        <FolderProgress />
        <Now />
        <Grid />
        <Composer />
      </div>
      <aside className={cx(css.insp, inspectorOpen && css.open)} aria-label="Inspector" data-region="inspector"><Inspector /></aside>
    </div>
  );
}
