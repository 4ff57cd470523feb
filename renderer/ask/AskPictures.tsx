import { Brush, ImagePlus, X } from 'lucide-react';
import { useRef } from 'react';
import { editOnCanvas } from '../canvas/open.ts';
import { addPictures, removePicture, useComposer } from '../create/composer.ts';
import { openViewer } from '../shell/view.ts';
import { bringIn } from '../studio/bringIn.ts';
import { fullUrl, letter } from '../studio/picture.ts';
import { toProblem } from '../studio/problem.ts';
import { IconButton } from '../ui/Button.tsx';
import css from './Ask.module.css';

/** The pictures a question is about, A, B, …, and the place where another one is dropped. */
export function AskPictures() {
  const pictures = useComposer((state) => state.askPictures);
  const input = useRef<HTMLInputElement>(null);
  const add = (files: readonly File[]): void => {
    bringIn(files).then((brought) => addPictures(brought.map((one) => one.picture)), (thrown: unknown) => useComposer.setState({ problem: toProblem(thrown) }));
  };
  return (
    <div className={css.pictures} aria-label="Pictures asked about" role="group" data-region="ask pictures">
      {pictures.map((picture, index) => (
        <figure key={picture.hash}>
          <button type="button" className={css.show} aria-label={`Picture ${letter(index)}: ${picture.name}`} disabled={picture.generationId === undefined} onClick={() => { if (picture.generationId !== undefined) openViewer(picture.generationId); }}>
            <img src={fullUrl(picture.hash)} alt="" style={{ aspectRatio: `${picture.width} / ${picture.height}` }} />
          </button>
          <span className={css.ab}>{letter(index)}</span>
          <figcaption>
            <b title={picture.name}>{picture.name}</b><span>{picture.width} × {picture.height}</span>
            <IconButton tiny label={`Edit ${picture.name}`} onClick={() => { void editOnCanvas([picture]); }}><Brush size={14} /></IconButton>
            <IconButton tiny label={`Remove ${picture.name}`} onClick={() => removePicture(picture.hash)}><X size={14} /></IconButton>
          </figcaption>
        </figure>
      ))}
      <button type="button" className={css.add} onClick={() => input.current?.click()}><ImagePlus size={16} aria-hidden />{pictures.length === 0 ? 'Drop or paste a picture' : 'Drop or paste another picture'}</button>
      <input ref={input} type="file" accept="image/*" multiple hidden aria-label="Choose pictures to ask about" onChange={(event) => { add([...(event.currentTarget.files ?? [])]); event.currentTarget.value = ''; }} />
    </div>
  );
}
