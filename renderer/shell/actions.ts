import { newChat, stopAnswer, useChats, isAnswering } from '../ask/chats.ts';
import { newSeed, setSampling, setTask, useComposer } from '../create/composer.ts';
import { run } from '../create/run.ts';
import { search, useGallery } from '../gallery/gallery.ts';
import { chosenIds, useSelection } from '../gallery/selection.ts';
import { askAbout, compareThese, copyPicture, download, editThese, meant, recallFrom, restore, star, trash } from '../gallery/verbs.ts';
import { registerCommands } from '../palette/commands.ts';
import type { Command } from '../palette/commands.ts';
import { cancelRunning, isRunning, togglePause, useJobs } from '../queue/jobs.ts';
import { saveSettings } from '../settings/settings.ts';
import { openProjectFile } from '../canvas/files.ts';
import { createProject } from '../project/session.ts';
import { useProject } from '../project/project.ts';
import { toProblem } from '../studio/problem.ts';
import { focusField, focusPrompt } from './focusField.ts';
import { cycleRegion } from './regions.ts';
import { go, openLineage, openViewer, useView } from './view.ts';

const inGallery = (): boolean => useView.getState().place === 'gallery';
const hasPicture = (): boolean => meant().length > 0 && (inGallery() || useView.getState().viewing !== undefined);
const first = (): string | undefined => meant()[0];

function focusSearch(): void {
  go('gallery');
  focusField('[data-search]');
}

function callPrompt(): void {
  const { place, mode, viewing } = useView.getState();
  if (viewing !== undefined) useView.setState({ viewing: undefined });
  if (place === 'models' || (place === 'gallery' && mode !== 'grid')) useView.setState({ promptCalled: true });
  focusPrompt();
}

/** What is asked is answered in Ask, about the frame beside it; creating shows where the results arrive unless the gallery already does. */
async function runAndShow(front: boolean): Promise<void> {
  const { task } = useComposer.getState();
  const { place } = useView.getState();
  if (!(await run(front))) return;
  if (task === 'ask' && place !== 'canvas') go('ask');
  else if (task === 'ask') return;
  else if (place === 'models' || place === 'ask') go('canvas');
}

const prompts: readonly Command[] = [
  { id: 'prompt.focus', title: 'Write a prompt', group: 'Prompt', keys: '/', run: callPrompt },
  { id: 'prompt.run', title: 'Run the prompt', group: 'Prompt', keys: 'Ctrl+Enter', run: () => runAndShow(false) },
  { id: 'prompt.runFirst', title: 'Run the prompt first', group: 'Prompt', keys: 'Ctrl+Shift+Enter', run: () => runAndShow(true) },
  { id: 'prompt.create', title: 'Prompt: Create', group: 'Prompt', keys: 'Alt+1', inText: true, run: () => setTask('create') },
  { id: 'prompt.edit', title: 'Prompt: Edit', group: 'Prompt', keys: 'Alt+2', inText: true, run: () => setTask('edit') },
  { id: 'prompt.ask', title: 'Prompt: Ask', group: 'Prompt', keys: 'Alt+3', inText: true, run: () => setTask('ask') },
  { id: 'prompt.newSeed', title: 'Draw a new seed', group: 'Prompt', keys: 'Alt+R', inText: true, run: () => setSampling({ seed: newSeed() }) },
  { id: 'prompt.lockSeed', title: 'Lock or unlock the seed', group: 'Prompt', keys: 'Alt+L', inText: true, run: () => useComposer.setState((state) => ({ seedLocked: !state.seedLocked })) },
];

const places: readonly Command[] = [
  { id: 'go.canvas', title: 'Go to Canvas', group: 'Go', keys: 'Ctrl+Shift+1', run: () => go('canvas') },
  { id: 'go.gallery', title: 'Go to Gallery', group: 'Go', keys: 'Ctrl+Shift+2', run: () => go('gallery') },
  { id: 'go.ask', title: 'Go to Ask', group: 'Go', keys: 'Ctrl+Shift+3', run: () => go('ask') },
  { id: 'go.models', title: 'Go to Models', group: 'Go', keys: 'Ctrl+Shift+4', run: () => go('models') },
  { id: 'go.search', title: 'Search pictures', group: 'Go', keys: 'Ctrl+F', run: focusSearch },
  { id: 'go.trash', title: 'Open the trash', group: 'Go', run: () => { go('gallery'); void search({ filter: { trashed: true } }); } },
  { id: 'ask.new', title: 'New question', group: 'Go', keys: 'Alt+N', run: () => { newChat(); go('ask'); focusPrompt(); } },
  { id: 'ask.stop', title: 'Stop the answer', group: 'Jobs', keys: 'Escape', inText: true, when: () => useView.getState().place === 'ask' && isAnswering(useChats.getState().open), run: stopAnswer },
];

const jobs: readonly Command[] = [
  { id: 'jobs.cancel', title: 'Cancel what is running', group: 'Jobs', keys: 'Shift+X', when: () => useJobs.getState().list.some(isRunning), run: cancelRunning },
  { id: 'jobs.pause', title: 'Pause or resume the queue', group: 'Jobs', keys: 'Alt+P', run: togglePause },
  { id: 'jobs.open', title: 'Open the queue', group: 'Jobs', keys: 'Alt+Q', inText: true, run: () => useView.setState(({ queueOpen }) => ({ queueOpen: !queueOpen })) },
];

const pictures: readonly Command[] = [
  { id: 'picture.edit', title: 'Edit this picture', group: 'Pictures', keys: 'Enter', when: hasPicture, run: () => editThese(meant()) },
  { id: 'picture.view', title: 'Look closer', group: 'Pictures', keys: 'Space', when: () => hasPicture() && useView.getState().viewing === undefined, run: () => { const id = first(); if (id !== undefined) openViewer(id); } },
  { id: 'picture.ask', title: 'Ask about this picture', group: 'Pictures', keys: 'A', when: hasPicture, run: () => askAbout(meant()) },
  { id: 'picture.star', title: 'Star or unstar', group: 'Pictures', keys: 'S', when: hasPicture, run: () => star(meant()) },
  { id: 'picture.recall', title: 'Recall all parameters', group: 'Pictures', keys: 'R', when: hasPicture, run: () => recallFrom(first(), 'all') },
  { id: 'picture.recallPrompt', title: 'Recall only the prompt', group: 'Pictures', keys: 'Shift+R', when: hasPicture, run: () => recallFrom(first(), 'prompt') },
  { id: 'picture.recallSeed', title: 'Recall only the seed', group: 'Pictures', keys: 'Alt+Shift+R', when: hasPicture, run: () => recallFrom(first(), 'seed') },
  { id: 'picture.lineage', title: 'Show its lineage', group: 'Pictures', keys: 'G', when: hasPicture, run: () => { const id = first(); if (id !== undefined) openLineage(id); } },
  { id: 'picture.compare', title: 'Compare two pictures', group: 'Pictures', keys: 'C', when: () => inGallery() && chosenIds().length === 2, run: () => compareThese(chosenIds()) },
  { id: 'picture.copy', title: 'Copy the picture', group: 'Pictures', keys: 'Ctrl+Shift+C', when: hasPicture, run: () => copyPicture(first()) },
  { id: 'picture.download', title: 'Save as PNG', group: 'Pictures', keys: 'Ctrl+S', when: hasPicture, run: () => download(meant(), 'png') },
  { id: 'picture.downloadJpeg', title: 'Save as JPEG', group: 'Pictures', when: hasPicture, run: () => download(meant(), 'jpeg') },
  { id: 'picture.downloadWebp', title: 'Save as WebP', group: 'Pictures', when: hasPicture, run: () => download(meant(), 'webp') },
  { id: 'picture.trash', title: 'Move to the trash', group: 'Pictures', keys: 'Delete', when: hasPicture, run: () => trash(meant()) },
  { id: 'picture.restore', title: 'Restore from the trash', group: 'Pictures', when: () => hasPicture() && useGallery.getState().filter.trashed === true, run: () => restore(meant()) },
  { id: 'picture.all', title: 'Choose every picture shown', group: 'Pictures', keys: 'Ctrl+A', when: () => inGallery() && !(document.activeElement instanceof HTMLInputElement || document.activeElement instanceof HTMLTextAreaElement), run: () => useSelection.getState().all(useGallery.getState().result.items.flatMap((item) => (item === undefined ? [] : [item.id]))) },
];

function chooseProjectFile(): void {
  const input = document.createElement('input');
  Object.assign(input, { type: 'file', accept: '.ovis' });
  input.addEventListener('change', () => { const [file] = input.files ?? []; if (file !== undefined) void openProjectFile(file).then(() => go('canvas'), (thrown: unknown) => useProject.setState({ problem: toProblem(thrown) })); });
  input.click();
}

const projects: readonly Command[] = [
  { id: 'project.openFile', title: 'Open a project file', group: 'Project', run: chooseProjectFile },
  { id: 'project.new', title: 'New project', group: 'Project', run: () => createProject('Untitled').then(() => go('canvas')) },
];

const views: readonly Command[] = [
  { id: 'view.close', title: 'Close the viewer', group: 'View', keys: 'Escape', when: () => useView.getState().viewing !== undefined, run: () => useView.setState({ viewing: undefined }) },
  { id: 'view.inspector', title: 'Show or hide the inspector', group: 'View', keys: '\\', when: inGallery, run: () => useView.setState(({ inspectorOpen }) => ({ inspectorOpen: !inspectorOpen })) },
  { id: 'view.nextRegion', title: 'Next part of the window', group: 'View', keys: 'F6', inText: true, run: () => cycleRegion(1) },
  { id: 'view.previousRegion', title: 'Previous part of the window', group: 'View', keys: 'Shift+F6', inText: true, run: () => cycleRegion(-1) },
  { id: 'view.dark', title: 'Theme: dark', group: 'View', run: () => saveSettings({ theme: 'dark' }) },
  { id: 'view.light', title: 'Theme: light', group: 'View', run: () => saveSettings({ theme: 'light' }) },
  { id: 'view.system', title: 'Theme: as the system', group: 'View', run: () => saveSettings({ theme: 'system' }) },
  { id: 'studio.settings', title: 'Open settings', group: 'Studio', keys: 'Ctrl+,', run: () => useView.setState({ settingsOpen: true }) },
  { id: 'studio.palette', title: 'Search everything', group: 'Studio', keys: 'Ctrl+K', run: () => useView.setState(({ paletteOpen }) => ({ paletteOpen: !paletteOpen, settingsOpen: false })) },
];

/** Called once, before the keyboard is listened to. */
export function registerActions(): void {
  registerCommands([...prompts, ...places, ...jobs, ...pictures, ...projects, ...views]);
}
