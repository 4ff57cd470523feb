/** Projects, and which page writes which. */
import { draftSchema, type Draft } from '../../preload/contract/draft.ts';
import type { EventHub, HistoryService, Room } from '../services.ts';
import type { ProjectFiles } from '../projects/projectFiles.ts';
import type { Writers } from './writers.ts';

export interface ProjectsParts {
  readonly history: Pick<HistoryService, 'projects' | 'canvas'>;
  readonly events: Pick<EventHub, 'publish'>;
  readonly writers: Writers;
  readonly files: ProjectFiles;
}

/** A canvas always has a project to live in: an empty one is made where there is none. */
export async function ensureProject({ history, events }: Pick<ProjectsParts, 'history' | 'events'>): Promise<void> {
  if ((await history.projects.list()).length > 0) return;
  const { id } = await history.projects.create('Untitled');
  events.publish({ type: 'projects', change: 'added', ids: [id] });
}

export function projectsRoom(parts: ProjectsParts): Room<'projects'> {
  const { history, events, writers, files } = parts;
  const told = (change: 'added' | 'changed' | 'removed', id: string): void => void events.publish({ type: 'projects', change, ids: [id] });
  const added = <T extends { readonly id: string }>(project: T): T => {
    told('added', project.id);
    return project;
  };
  /** A draft that another version kept, and that this one cannot read, is none. */
  const drafted = async (id: string): Promise<{ readonly draft?: Draft }> => {
    const kept = await history.projects.draft(id);
    const read = kept === null ? undefined : draftSchema.safeParse(JSON.parse(kept));
    return read?.success === true ? { draft: read.data } : {};
  };
  return {
    list: () => history.projects.list(),
    create: async ({ name }) => added(await history.projects.create(name)),
    rename: async ({ id, name }) => {
      const project = await history.projects.rename(id, name);
      told('changed', id);
      return project;
    },
    open: async ({ id, pageId, takeOver = false }, { line }) => {
      const opened = { ...(await drafted(id)), project: await history.projects.touch(id) };
      const writer = writers.of(id);
      if (writer !== undefined && writer !== pageId && !takeOver) return { ...opened, access: 'read' as const, writer };
      // Before anything is let go: what the former page still sends is refused from here on.
      writers.set(id, pageId, line);
      await history.canvas.claim(id, pageId);
      if (writer !== undefined && writer !== pageId) events.publish({ type: 'projectLost', projectId: id, toPage: pageId });
      return { ...opened, access: 'write' as const };
    },
    keepDraft: async ({ id, pageId, draft }, { line }) => {
      writers.check(id, pageId, line);
      await history.projects.keepDraft(id, JSON.stringify(draft));
    },
    close: async ({ id, pageId, leaving = false }) => (leaving ? writers.leave(id, pageId) : writers.release(id, pageId)),
    delete: async ({ id }) => {
      await history.projects.delete(id);
      writers.forget(id);
      told('removed', id);
      await ensureProject(parts);
    },
    trashed: () => history.projects.trashed(),
    restore: async ({ id }) => added(await history.projects.restore(id)),
    exportFile: ({ id }) => files.exportFile(id),
    importFile: async ({ file, name }) => added(await files.importFile(file, name)),
    saveTo: ({ id, path }) => files.saveTo(id, path),
    openFrom: async ({ path, name }) => added(await files.openFrom(path, name)),
  };
}
