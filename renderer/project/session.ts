import { JournalWriter } from '../document/journalWriter.ts';
import { replay } from '../document/journal.ts';
import { emptyDocument } from '../document/make.ts';
import { currentModel } from '../create/composer.ts';
import { saveSettings, useSettings } from '../settings/settings.ts';
import { modelsLoaded, onEvent, onSnapshot } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { missing, toProblem } from '../studio/problem.ts';
import { canvas } from './canvasStore.ts';
import { draftKeeper, tellStaged, useProject } from './project.ts';

/** Opening a project, writing its journal, letting go of it. */

const remembered = 'ovis-page';
/** Pages that this browser has had, newest first: another browser's locks are not seen here. */
const ownPages = 'ovis-pages';
let pageId: Promise<string> | undefined;
/** The same once it is known: a page that goes cannot wait. */
let knownPageId: string | undefined;

function pagesOfThisBrowser(): readonly string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(ownPages) ?? '[]');
    return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** This page's name to the studio: kept over a reload, so that it goes on writing; a copied tab gets one of its own. */
function ownPageId(): Promise<string> {
  pageId ??= (async () => {
    const known = sessionStorage.getItem(remembered) ?? crypto.randomUUID();
    const id = (await holds(`ovis-page-${known}`)) ? known : crypto.randomUUID();
    if (id !== known) await holds(`ovis-page-${id}`);
    sessionStorage.setItem(remembered, id);
    knownPageId = id;
    localStorage.setItem(ownPages, JSON.stringify([...new Set([id, ...pagesOfThisBrowser()])].slice(0, 200)));
    return id;
  })();
  return pageId;
}

/** Takes a lock of the browser for as long as the page lives; false where another page has it. */
function holds(name: string): Promise<boolean> {
  if (!('locks' in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => undefined);
    });
  });
}

let writer: JournalWriter | undefined;
canvas.onEntry((entry) => writer?.push(entry));

/** This page's name to the studio, once a project was opened. */
export function pageIdNow(): string | undefined {
  return knownPageId;
}

/** Everything that was done is on disk when this resolves. */
export async function flush(): Promise<void> {
  await writer?.flush();
}

async function letGo(): Promise<void> {
  const { project, access } = useProject.getState();
  const old = writer;
  writer = undefined;
  if (old !== undefined) await old.flush().catch(() => undefined);
  old?.stop();
  if (project === undefined || access !== 'write') return;
  await draftKeeper()?.leaving().catch(() => undefined);
  await studio().projects.close({ id: project.id, pageId: await ownPageId() }).catch(() => undefined);
}

/** Opens a project as it was left: for writing where no other page does. */
export async function openProject(id: string, takeOver = false): Promise<void> {
  const page = await ownPageId();
  const before = useProject.getState().project?.id;
  await letGo();
  let opened = await studio().projects.open({ id, pageId: page, ...(takeOver ? { takeOver } : {}) });
  // A page of this browser that wrote it and is gone cannot mind.
  const ours = opened.writer !== undefined && pagesOfThisBrowser().includes(opened.writer);
  if (opened.access === 'read' && ours && (await holds(`ovis-project-${id}`))) opened = await studio().projects.open({ id, pageId: page, takeOver: true });
  else if (opened.access === 'write') void holds(`ovis-project-${id}`);
  const [state] = await Promise.all([studio().canvas.open({ projectId: id }), modelsLoaded()]);
  const [width, height] = currentModel()?.sizes[0] ?? [512, 512];
  const fresh = emptyDocument({ width: Math.max(64, Math.round(width / 32) * 32), height: Math.max(64, Math.round(height / 32) * 32) });
  const back = replay(state, fresh);
  canvas.load(back.document, back.past, back.future);
  useProject.setState({
    project: opened.project, access: opened.access, save: { state: 'saved', at: state.snapshot?.savedAt ?? null }, refusal: undefined,
    problem: back.problem === null ? undefined : missing(`The last ${back.dropped === 1 ? 'change' : `${back.dropped} changes`} of this canvas could not be read (${back.problem}). Everything before is here.`),
  });
  if (opened.access === 'write') {
    writer = new JournalWriter({
      seq: state.seq, snapshot: (undoBytes) => canvas.snapshot(undoBytes), onState: (save) => useProject.setState({ save }),
      sink: {
        append: (entries) => studio().canvas.append({ projectId: id, pageId: page, entries: [...entries] }),
        snapshot: (seq, text) => studio().canvas.snapshot({ projectId: id, pageId: page, seq, text }),
      },
    });
    if (state.snapshot === null || back.dropped > 0) writer.wantSnapshot();
  }
  if (id !== before) draftKeeper()?.opened(opened.draft, before === undefined);
  tellStaged(state.staged);
  if (useSettings.getState().settings?.lastProjectId !== id) void saveSettings({ lastProjectId: id }).catch(() => undefined);
}

async function loadList(): Promise<void> {
  useProject.setState({ list: await studio().projects.list() });
}

export async function createProject(name: string): Promise<void> {
  const project = await studio().projects.create({ name });
  await loadList();
  await openProject(project.id);
}

export async function renameProject(id: string, name: string): Promise<void> {
  const project = await studio().projects.rename({ id, name });
  useProject.setState((state) => ({ ...(state.project?.id === id ? { project } : {}) }));
  await loadList();
}

/** Moves a project to the trash; the page turns to the one used last. */
export async function deleteProject(id: string): Promise<void> {
  const own = useProject.getState().project?.id === id;
  if (own) await letGo();
  await studio().projects.delete({ id });
  await loadList();
  if (own) await openLast();
}

export async function restoreProject(id: string): Promise<void> {
  await studio().projects.restore({ id });
  await loadList();
  await openProject(id);
}

async function openLast(): Promise<void> {
  const { list } = useProject.getState();
  const wanted = useSettings.getState().settings?.lastProjectId;
  const last = list.find((one) => one.id === wanted) ?? list.toSorted((a, b) => (b.openedAt ?? b.createdAt) - (a.openedAt ?? a.createdAt))[0];
  await openProject(last?.id ?? (await studio().projects.create({ name: 'Untitled' })).id);
}

/** What this page holds is the newest there is, so it goes on writing where it can. */
async function goOn(id: string): Promise<void> {
  const again = await studio().projects.open({ id, pageId: await ownPageId() });
  if (again.access === 'read') lost();
}

// Whoever opens the project next need not wait until the studio has missed this page.
window.addEventListener('pagehide', () => {
  const { project, access } = useProject.getState();
  if (project === undefined || access !== 'write' || knownPageId === undefined) return;
  void draftKeeper()?.leaving().catch(() => undefined);
  studio().projects.close({ id: project.id, pageId: knownPageId, leaving: true }).catch(() => undefined);
});
window.addEventListener('pageshow', ({ persisted }) => {
  const { project, access } = useProject.getState();
  if (persisted && project !== undefined && access === 'write') goOn(project.id).catch(() => undefined);
});

onSnapshot(async () => {
  try {
    await loadList();
    const { project, access } = useProject.getState();
    // The studio was away or started anew.
    if (project !== undefined && access === 'write' && useProject.getState().list.some((one) => one.id === project.id)) await goOn(project.id);
    else await openLast();
  } catch (thrown) {
    useProject.setState({ problem: toProblem(thrown) });
  }
});

function lost(): void {
  writer?.stop();
  writer = undefined;
  useProject.setState({ access: 'read' });
}

onEvent((event) => {
  if (event.type === 'projects') void loadList().catch(() => undefined);
  if (event.type === 'projectLost' && event.projectId === useProject.getState().project?.id) {
    void ownPageId().then((page) => { if (event.toPage !== page) lost(); });
  }
  if (event.type === 'projectFree') {
    const { project, access } = useProject.getState();
    // Of several readers the first one gets it; the others go on reading.
    if (event.projectId === project?.id && access === 'read') void openProject(project.id).catch((thrown: unknown) => useProject.setState({ problem: toProblem(thrown) }));
  }
});
