import { ImagePlus, X } from 'lucide-react';
import { useRef } from 'react';
import { bringIn } from '../studio/bringIn.ts';
import { thumbUrl } from '../studio/picture.ts';
import { toProblem } from '../studio/problem.ts';
import { IconButton } from '../ui/Button.tsx';
import { plural } from '../ui/format.ts';
import css from './Create.module.css';
import { addPictures, pictureLimit, removePicture, useComposer } from './composer.ts';

/** What an edit works on: the first picture, then references up to what the model takes. */
export function InputsPanel() {
  const task = useComposer((state) => state.task);
  const pictures = useComposer((state) => state.editPictures);
  const input = useRef<HTMLInputElement>(null);
  if (task !== 'edit') return null;
  const limit = pictureLimit('edit');
  const add = (files: readonly File[]): void => {
    bringIn(files).then((brought) => addPictures('edit', brought.map((one) => one.picture)), (thrown: unknown) => useComposer.setState({ problem: toProblem(thrown) }));
  };
  return (
    <section className={css.pan}>
      <h2>Pictures<span>{pictures.length} of {limit}</span></h2>
      <div className={css.pb} style={{ gap: 6 }}>
        {pictures.map((picture, index) => (
          <div key={picture.hash} className={css.input}>
            <img src={thumbUrl(picture.hash)} alt="" />
            <span style={{ minWidth: 0 }}><b title={picture.name}>{picture.name}</b><small>{index === 0 ? 'To edit' : 'Reference'} · {picture.width} × {picture.height}</small></span>
            <IconButton tiny label={`Remove ${picture.name}`} onClick={() => removePicture('edit', picture.hash)}><X size={14} /></IconButton>
          </div>
        ))}
        <button type="button" className={css.dropHint} onClick={() => input.current?.click()}>
          <ImagePlus size={16} aria-hidden />{pictures.length === 0 ? 'Drop, paste or choose a picture' : pictures.length < limit ? 'Add a reference' : 'Choose another'}
        </button>
        {limit > 1 && <p className={css.hint}>The model takes {plural(limit, 'picture')}: the first is edited, the others are references.</p>}
        <input ref={input} type="file" accept="image/*" multiple hidden aria-label="Choose pictures to edit" onChange={(event) => { add([...(event.currentTarget.files ?? [])]); event.currentTarget.value = ''; }} />
      </div>
    </section>
  );
}
