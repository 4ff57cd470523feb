import { Brush, Images, MessageSquare, RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { addPictures, applyRequest, pictureLimit } from '../create/composer.ts';
import { picturesFor, recallFrom } from '../gallery/verbs.ts';
import { bringIn } from '../studio/bringIn.ts';
import type { Brought } from '../studio/bringIn.ts';
import { studio } from '../studio/current.ts';
import { refusal } from '../studio/problem.ts';
import { plural } from '../ui/format.ts';
import { say } from './notices.ts';
import { go } from './view.ts';

/** What is on the way: files from outside, or pictures of the gallery by id. While it is dragged only its size is known. */
export interface Load {
  readonly from: 'files' | 'gallery';
  readonly count: number;
  readonly files?: readonly File[] | undefined;
  readonly ids?: readonly string[] | undefined;
}

export interface Zone {
  readonly id: 'edit' | 'ask' | 'gallery' | 'recall';
  readonly icon: ReactNode;
  readonly title: string;
  readonly what: string;
  /** Why it cannot be dropped here. */
  readonly refused?: string | undefined;
  readonly run: () => Promise<void>;
}

async function brought(load: Load): Promise<readonly Brought[]> {
  const pictures = load.ids === undefined ? await bringIn(load.files ?? []) : (await picturesFor(load.ids)).map((picture) => ({ picture }));
  if (pictures.length === 0) throw refusal('No picture was found among the files. PNG, JPEG, WebP, GIF, AVIF and TIFF can be read.');
  return pictures;
}

async function recall(load: Load): Promise<void> {
  if (load.ids?.[0] !== undefined) {
    await recallFrom(load.ids[0], 'all');
  } else {
    const [first] = await brought(load);
    if (first?.request === undefined) throw refusal('This file carries no parameters. Pictures saved by the studio, and many other tools, do.');
    applyRequest(first.request, null, []);
    say('Every parameter is back');
  }
  go('create');
}

/** The four places where a picture can live, and what would happen in each. */
export function dropZones(load: Load): readonly Zone[] {
  const many = load.count > 1;
  const limit = pictureLimit('edit');
  return [
    {
      id: 'edit', icon: <Brush size={18} aria-hidden />, title: many ? 'Edit them' : 'Edit it',
      what: load.count > limit ? `The model takes ${plural(limit, 'picture')}: uses the last ${limit === 1 ? 'one' : `${limit}`}` : many ? 'The first is edited, the others are references' : 'Becomes what the next edit works on',
      run: async () => { addPictures('edit', (await brought(load)).map((one) => one.picture)); go('create'); },
    },
    {
      id: 'ask', icon: <MessageSquare size={18} aria-hidden />, title: many ? 'Ask about them' : 'Ask about it',
      what: many ? `${load.count === 2 ? 'Both' : `All ${load.count}`} go into one question` : 'Goes into the next question',
      refused: load.count > pictureLimit('ask') ? `A question takes ${pictureLimit('ask')} pictures at most` : undefined,
      run: async () => { addPictures('ask', (await brought(load)).map((one) => one.picture)); go('ask'); },
    },
    {
      id: 'gallery', icon: <Images size={18} aria-hidden />, title: 'Add to the gallery only', what: 'Pictures with parameters keep them',
      refused: load.from === 'gallery' ? 'They are already in the gallery' : undefined,
      run: async () => {
        const pictures = await brought(load);
        const rows = await studio().gallery.import({ files: pictures.map(({ picture }) => ({ hash: picture.hash, name: picture.name })) });
        say(`${plural(rows.length, 'picture')} brought in`);
        go('gallery');
      },
    },
    {
      id: 'recall', icon: <RotateCcw size={18} aria-hidden />, title: 'Restore its parameters', what: 'Prompt, size, seed and guidance come back from inside the file',
      refused: many ? 'One picture at a time' : undefined,
      run: () => recall(load),
    },
  ];
}
