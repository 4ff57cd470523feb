/** Projects, and which page writes which. */
import { StudioError } from '../errors.ts';
import type { EventHub, HistoryService, Room } from '../services.ts';

export function projectsRoom(history: HistoryService, events: EventHub): Room<'projects'> {
  /** Project → the page that writes it. A page that goes away without closing is taken over by the next. */
  const writers = new Map<string, string>();
  const told = (change: 'added' | 'changed' | 'removed', id: string): void => void events.publish({ type: 'projects', change, ids: [id] });
  const later = async (): Promise<never> => { throw new StudioError('NOT_FOUND', 'This part of the projects is not built yet.'); };
  return {
    trashed: later, restore: later, exportFile: later, importFile: later, saveTo: later, openFrom: later,
    list: () => history.projects.list(),
    create: async ({ name }) => {
      const project = await history.projects.create(name);
      told('added', project.id);
      return project;
    },
    rename: async ({ id, name }) => {
      const project = await history.projects.rename(id, name);
      told('changed', id);
      return project;
    },
    open: async ({ id, pageId, takeOver = false }) => {
      const project = await history.projects.touch(id);
      const writer = writers.get(id);
      if (writer !== undefined && writer !== pageId && !takeOver) return { project, access: 'read' as const };
      writers.set(id, pageId);
      if (writer !== undefined && writer !== pageId) events.publish({ type: 'projectLost', projectId: id, toPage: pageId });
      return { project, access: 'write' as const };
    },
    close: async ({ id, pageId }) => {
      if (writers.get(id) === pageId) writers.delete(id);
    },
    delete: async ({ id }) => {
      await history.projects.delete(id);
      writers.delete(id);
      told('removed', id);
    },
  };
}
