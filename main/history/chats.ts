/** Chats about pictures, turn by turn. */
import type { Chat, ChatSummary, Turn } from '../../preload/contract/project.ts';
import { StudioError } from '../errors.ts';
import { requireAssets } from './assetRows.ts';
import type { Db } from './connection.ts';
import { all, one, run } from './statements.ts';

const columns = `c.id, c.title, c.project_id AS projectId, c.created_at AS createdAt, c.updated_at AS updatedAt,
  (SELECT json_group_array(hash) FROM (SELECT hash FROM chat_pictures WHERE chat_id = c.id ORDER BY position)) AS images,
  (SELECT count(*) FROM turns WHERE chat_id = c.id AND role = 'user') AS questions
  FROM chats c`;

type Row = Omit<ChatSummary, 'images'> & { readonly images: string };
type Facts = Pick<Turn, 'jobId' | 'state' | 'tokens' | 'stopReason' | 'timingsMs' | 'failure'>;

function summaryOf(row: Row): ChatSummary {
  return { ...row, images: JSON.parse(row.images) as string[] };
}

/** The one spoken in last comes first. */
export function listChats(db: Db, projectId?: string): ChatSummary[] {
  const newestFirst = 'ORDER BY c.updated_at DESC, c.id';
  const rows = projectId === undefined ? all<Row>(db, `SELECT ${columns} ${newestFirst}`) : all<Row>(db, `SELECT ${columns} WHERE c.project_id = ? ${newestFirst}`, projectId);
  return rows.map(summaryOf);
}

function getSummary(db: Db, id: string): ChatSummary {
  const row = one<Row>(db, `SELECT ${columns} WHERE c.id = ?`, id);
  if (!row) throw new StudioError('NOT_FOUND', 'This chat is not there any more.', { id });
  return summaryOf(row);
}

/** With its turns, oldest first. NOT_FOUND. */
export function getChat(db: Db, id: string): Chat {
  const rows = all<Omit<Turn, keyof Facts> & { facts: string }>(db, 'SELECT id, role, text, created_at AS createdAt, facts FROM turns WHERE chat_id = ? ORDER BY seq', id);
  return { ...getSummary(db, id), turns: rows.map(({ facts, ...turn }) => ({ ...turn, ...(JSON.parse(facts) as Facts) })) };
}

/** ASSET_MISSING when a picture is not in the store. */
export function createChat(db: Db, chat: ChatSummary): Chat {
  return db.transaction(() => {
    run(
      db, 'INSERT INTO chats (id, project_id, title, created_at, updated_at) VALUES (?, (SELECT id FROM projects WHERE id = ?), ?, ?, ?)',
      chat.id, chat.projectId, chat.title, chat.createdAt, chat.updatedAt,
    );
    setPictures(db, chat.id, chat.images);
    return getChat(db, chat.id);
  }).immediate();
}

function setPictures(db: Db, id: string, images: readonly string[]): void {
  requireAssets(db, images);
  run(db, 'DELETE FROM chat_pictures WHERE chat_id = ?', id);
  for (const [position, hash] of images.entries()) run(db, 'INSERT INTO chat_pictures (chat_id, position, hash) VALUES (?, ?, ?)', id, position, hash);
}

/** NOT_FOUND; ASSET_MISSING. */
export function changeChat(db: Db, id: string, change: { readonly title?: string; readonly images?: readonly string[] }, now: number): ChatSummary {
  return db.transaction(() => {
    getSummary(db, id);
    if (change.title !== undefined) run(db, 'UPDATE chats SET title = ? WHERE id = ?', change.title, id);
    if (change.images !== undefined) setPictures(db, id, change.images);
    run(db, 'UPDATE chats SET updated_at = max(updated_at, ?) WHERE id = ?', now, id);
    return getSummary(db, id);
  }).immediate();
}

export function deleteChat(db: Db, id: string): void {
  run(db, 'DELETE FROM chats WHERE id = ?', id);
}

/** Inserts or replaces turns; new ones stand at the end. NOT_FOUND for a chat that is not there. */
export function saveTurns(db: Db, chatId: string, turns: readonly Turn[], now: number): void {
  db.transaction(() => {
    getSummary(db, chatId);
    for (const { id, role, text, createdAt, jobId, state, tokens, stopReason, timingsMs, failure } of turns) {
      const facts: Facts = { jobId, state, tokens, stopReason, timingsMs, failure };
      run(
        db,
        `INSERT INTO turns (id, chat_id, role, text, created_at, facts) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET text = excluded.text, facts = excluded.facts WHERE chat_id = excluded.chat_id`,
        id, chatId, role, text, createdAt, JSON.stringify(facts),
      );
    }
    run(db, 'UPDATE chats SET updated_at = max(updated_at, ?) WHERE id = ?', now, chatId);
  }).immediate();
}
