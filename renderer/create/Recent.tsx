import { useGallery } from '../gallery/gallery.ts';
import { openViewer } from '../shell/view.ts';
import { thumbUrl } from '../studio/picture.ts';
import { count } from '../ui/format.ts';
import css from './Create.module.css';

/** The newest pictures, one click from being looked at. */
export function Recent({ limit }: { readonly limit: number }) {
  useGallery((state) => state.revision);
  const counts = useGallery((state) => state.counts);
  const { result } = useGallery.getState();
  const items = result.items.slice(0, limit).filter((item) => item !== undefined);
  return (
    <section className={css.pan} style={{ border: 0 }}>
      <h2>Recent<span>{counts === undefined || counts.all === 0 ? '' : count(counts.all)}</span></h2>
      {items.length === 0
        ? <p className={css.pb}><span className={css.hint}>What you make or bring in stands here, newest first.</span></p>
        : (
          <div className={css.recent}>
            {items.map((item) => (
              <button key={item.id} type="button" aria-label={`Look at ${item.title}`} title={item.title} onClick={() => openViewer(item.id)}>
                <img src={thumbUrl(item.hash)} alt="" loading="lazy" />
              </button>
            ))}
          </div>
        )}
    </section>
  );
}
