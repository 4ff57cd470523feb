/** Everything that the worker can be asked, by name: functions of the database and plain values. */
import * as assetRows from './assetRows.ts';
import * as canvas from './canvas.ts';
import * as chats from './chats.ts';
import { galleryCounts } from './counts.ts';
import * as derived from './derived.ts';
import * as facts from './facts.ts';
import * as generations from './generations.ts';
import * as jobs from './jobs.ts';
import { lineageOf } from './lineage.ts';
import * as projectRows from './projectRows.ts';
import * as projects from './projects.ts';
import * as savedSearches from './savedSearches.ts';
import { searchGenerations, timelineOf } from './search.ts';
import * as staged from './staged.ts';
import * as trash from './trash.ts';
import type { Db } from './connection.ts';

export const operations = {
  listProjects: projects.listProjects,
  getProject: projects.getProject,
  createProject: projects.createProject,
  renameProject: projects.renameProject,
  touchProject: projects.touchProject,
  projectDraft: projects.projectDraft,
  keepProjectDraft: projects.keepProjectDraft,
  deleteProject: projects.deleteProject,
  trashedProjects: projects.trashedProjects,
  restoreProject: projects.restoreProject,
  readProject: projectRows.readProject,
  writeProject: projectRows.writeProject,
  openCanvas: canvas.openCanvas,
  claimCanvas: canvas.claimCanvas,
  appendJournal: canvas.appendJournal,
  saveSnapshot: canvas.saveSnapshot,
  listStaged: staged.listStaged,
  getStaged: staged.getStaged,
  changeStaged: staged.changeStaged,
  settleStaged: staged.settleStaged,
  getDerived: derived.getDerived,
  setDerived: derived.setDerived,
  addGenerations: generations.addGenerations,
  getGeneration: generations.getGeneration,
  starGenerations: generations.starGenerations,
  noteGeneration: generations.noteGeneration,
  moveGenerations: generations.moveGenerations,
  tagGenerations: generations.tagGenerations,
  trashGenerations: trash.trashGenerations,
  restoreGenerations: trash.restoreGenerations,
  purgeGenerations: trash.purgeGenerations,
  searchGenerations,
  timelineOf,
  galleryCounts,
  listSavedSearches: savedSearches.listSavedSearches,
  saveSearch: savedSearches.saveSearch,
  forgetSearch: savedSearches.forgetSearch,
  lineageOf,
  listChats: chats.listChats,
  getChat: chats.getChat,
  createChat: chats.createChat,
  changeChat: chats.changeChat,
  deleteChat: chats.deleteChat,
  saveTurns: chats.saveTurns,
  loadQueue: jobs.loadQueue,
  saveJobs: jobs.saveJobs,
  finishJob: jobs.finishJob,
  removeJobs: jobs.removeJobs,
  saveBatch: jobs.saveBatch,
  setPaused: jobs.setPaused,
  getFact: facts.getFact,
  setFact: facts.setFact,
  putAsset: assetRows.putAsset,
  getAsset: assetRows.getAsset,
  addAssetSource: assetRows.addAssetSource,
  addAssetSources: assetRows.addAssetSources,
  setCanvasReferences: assetRows.setCanvasReferences,
  forgetUnused: assetRows.forgetUnused,
  pendingRemovals: assetRows.pendingRemovals,
  isPendingRemoval: assetRows.isPendingRemoval,
  removalDone: assetRows.removalDone,
  unknownAssets: assetRows.unknownAssets,
  isUsed: assetRows.isUsed,
} as const satisfies Readonly<Record<string, (db: Db, ...values: never[]) => unknown>>;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;
/** Without the database: that stays in the worker. */
export type Arguments<Name extends OperationName> = Tail<Parameters<Operations[Name]>>;
export type Answer<Name extends OperationName> = ReturnType<Operations[Name]>;
