import { FilePlus2, ImagePlus, Images, Layers, MessageSquare, Mountain, RotateCcw, Spline } from 'lucide-react';
import type { ReactNode } from 'react';
import { controlFromPicture } from '../canvas/guides.ts';
import { openProjectFile } from '../canvas/files.ts';
import { recallOnCanvas, recallSentence } from '../canvas/open.ts';
import { addReferences, placePictures } from '../canvas/verbs.ts';
import { addPictures, applyRequest, currentModel, pictureLimit, useComposer } from '../create/composer.ts';
import type { Point } from '../document/records.ts';
import { picturesFor, recallFrom } from '../gallery/verbs.ts';
import { canvasDocument } from '../project/canvasStore.ts';
import { createProject } from '../project/session.ts';
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

/** Where on the canvas it was let go, and whether Shift was held. */
export interface Landing {
  readonly at?: Point | undefined;
  readonly fit: boolean;
}

export interface Zone {
  readonly id: 'edit' | 'reference' | 'edges' | 'depth' | 'sessions' | 'ask' | 'gallery' | 'recall';
  /** Where it lights up: over the canvas, over Guides, or below. */
  readonly place: 'canvas' | 'guides' | 'below';
  readonly icon: ReactNode;
  readonly title: string;
  readonly what: string;
  /** Why it cannot be dropped here. */
  readonly refused?: string | undefined;
  readonly run: (landing: Landing) => Promise<void>;
}

async function brought(load: Load): Promise<readonly Brought[]> {
  const pictures = load.ids === undefined ? await bringIn(load.files ?? []) : (await picturesFor(load.ids)).map((picture) => ({ picture }));
  if (pictures.length === 0) throw refusal('No picture was found among the files. PNG, JPEG, WebP, GIF, AVIF and TIFF can be read.');
  return pictures;
}

async function recall(load: Load): Promise<void> {
  if (load.ids?.[0] !== undefined) return recallFrom(load.ids[0], 'all');
  const [first] = await brought(load);
  if (first?.request === undefined) throw refusal('This file carries no parameters. Pictures saved by the studio, and many other tools, do.');
  applyRequest(first.request, null);
  say(recallSentence(await recallOnCanvas(first.request)));
}

function references(): number {
  return Object.values(canvasDocument().layers).filter((layer) => layer.kind === 'reference' && layer.visible).length;
}

function hasControl(control: 'canny' | 'depth'): boolean {
  return Object.values(canvasDocument().layers).some((layer) => layer.kind === 'control' && layer.control === control);
}

/** Why the loaded model cannot follow a map of this kind. */
function untrained(control: 'canny' | 'depth'): string | undefined {
  const model = currentModel();
  if (model === undefined) return 'No model is ready yet';
  return model.tasks.some((task) => task.name === control || task.name === 'control') ? undefined : `${model.name} was not trained to follow ${control === 'canny' ? 'edges' : 'depth'}`;
}

const pictures = async (load: Load) => (await brought(load)).map((one) => one.picture);

/** The places where a picture can live, and what would happen in each. */
export function dropZones(load: Load): readonly Zone[] {
  const n = load.count;
  const many = n > 1;
  const project = load.files?.find((file) => file.name.toLowerCase().endsWith('.ovis'));
  const limit = currentModel()?.contextImages ?? 1;
  const taken = references();
  const single = many ? 'One picture at a time' : undefined;
  const oneGuide = (control: 'canny' | 'depth'): string => (hasControl(control) ? `Replaces the ${control === 'canny' ? 'edges' : 'depth'} that are there` : control === 'canny' ? 'The drawing follows its edges' : 'A depth map, near is white');
  return [
    {
      id: 'edit', place: 'canvas', icon: <Layers size={18} aria-hidden />, title: project !== undefined ? 'Open the project' : many ? `Add ${n} layers here` : 'Add a layer here',
      what: project !== undefined ? 'As a project of its own; the canvas you have stays as it is' : `${many ? 'Placed at the pointer, at their own size, in file-name order. One undo step.' : 'Placed at the pointer, at its own size.'} Hold Shift to fit ${many ? 'them' : 'it'} to the frame.`,
      run: async ({ at, fit }) => {
        if (project !== undefined) return openProjectFile(project);
        const placed = await pictures(load);
        go('canvas');
        useComposer.setState({ task: 'edit', problem: undefined });
        await placePictures(placed, { ...(at === undefined ? {} : { at }), fitToFrame: fit });
      },
    },
    {
      id: 'reference', place: 'guides', icon: <ImagePlus size={18} aria-hidden />, title: 'Reference',
      what: taken + n > limit ? `${currentModel()?.name ?? 'The model'} looks at ${plural(limit, 'picture')}; what is too much is said before running` : many ? 'Subjects or styles to take from them' : 'A subject or a style to take from it',
      run: async () => { const list = await pictures(load); go('canvas'); addReferences(list); },
    },
    { id: 'edges', place: 'guides', icon: <Spline size={18} aria-hidden />, title: 'Edges control', what: oneGuide('canny'), refused: single ?? untrained('canny'), run: async () => { const [first] = await pictures(load); go('canvas'); if (first !== undefined) await controlFromPicture('canny', first); } },
    { id: 'depth', place: 'guides', icon: <Mountain size={18} aria-hidden />, title: 'Depth control', what: oneGuide('depth'), refused: single ?? untrained('depth'), run: async () => { const [first] = await pictures(load); go('canvas'); if (first !== undefined) await controlFromPicture('depth', first); } },
    {
      id: 'sessions', place: 'below', icon: <FilePlus2 size={18} aria-hidden />, title: many ? `Open as ${n} projects` : 'Open as a project', what: 'The canvas you have stays as it is',
      run: async () => {
        for (const picture of await pictures(load)) {
          await createProject(picture.name.replace(/\.[a-z0-9]+$/i, '').slice(0, 200) || 'Untitled');
          await placePictures([picture]);
        }
        go('canvas');
      },
    },
    {
      id: 'ask', place: 'below', icon: <MessageSquare size={18} aria-hidden />, title: many ? 'Ask about them' : 'Ask about it',
      what: many ? `${n === 2 ? 'Both' : `All ${n}`} go into one question` : 'Goes into the next question',
      refused: n > pictureLimit ? `A question takes ${pictureLimit} pictures at most` : undefined,
      run: async () => { addPictures(await pictures(load)); go('ask'); },
    },
    {
      id: 'gallery', place: 'below', icon: <Images size={18} aria-hidden />, title: 'Add to the gallery only', what: 'Pictures with parameters keep them',
      refused: load.from === 'gallery' ? 'They are already in the gallery' : undefined,
      run: async () => {
        const rows = await studio().gallery.import({ files: (await brought(load)).map(({ picture }) => ({ hash: picture.hash, name: picture.name })) });
        say(`${plural(rows.length, 'picture')} brought in`);
        go('gallery');
      },
    },
    { id: 'recall', place: 'below', icon: <RotateCcw size={18} aria-hidden />, title: 'Restore its parameters', what: 'Prompt, size, seed and guidance', refused: single, run: () => recall(load) },
  ];
}
