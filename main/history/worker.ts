/** The history's worker thread: SQLite is synchronous, so it waits here and never in main. */
import { parentPort } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { StudioError, toFailure } from '../errors.ts';
import { sqliteError, type Db } from './connection.ts';
import { closeDatabase, openDatabase } from './open.ts';
import { operations, type OperationName } from './operations.ts';
import { rebuildSearch } from './search.ts';
import type { HistoryReply, HistoryRequest } from './messages.ts';

const port = parentPort;
if (!port) throw new StudioError('INTERNAL', 'The history worker was started outside of a worker thread.');
const say = (reply: HistoryReply): void => port.postMessage(reply);

function perform(db: Db, name: OperationName, values: readonly unknown[]): unknown {
  // The client's types have bound name and values together; here they are one call of many.
  const operation = operations[name] as (db: Db, ...values: readonly unknown[]) => unknown;
  try {
    return operation(db, ...values);
  } catch (error) {
    // Only the full-text index is damaged, and that can be written anew.
    if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_CORRUPT_VTAB') throw error;
    rebuildSearch(db);
    return operation(db, ...values);
  }
}

function serve(dir: string, db: Db): void {
  let damaged = false;
  port?.on('message', (request: HistoryRequest) => {
    if (request.type === 'open') return;
    const { id } = request;
    try {
      if (request.type === 'close') {
        closeDatabase(dir, db, damaged);
        say({ type: 'value', id, value: undefined });
        port.close();
      } else {
        say({ type: 'value', id, value: perform(db, request.name, request.values) });
      }
    } catch (error) {
      const failure = toFailure(sqliteError(error));
      damaged ||= failure.code === 'DB_CORRUPT';
      say({ type: 'error', id, error: failure });
    }
  });
}

port.once('message', (request: HistoryRequest) => {
  try {
    if (request.type !== 'open') throw new StudioError('INTERNAL', 'The history was asked before it was opened.');
    const { db, notice } = openDatabase(request.dir);
    serve(request.dir, db);
    say({ type: 'opened', notice });
  } catch (error) {
    say({ type: 'failed', error: toFailure(sqliteError(error)) });
    port.close();
  }
});
