import type { SpillStore } from '../document/spill.ts';

/** Old undo steps in the browser's own database: they outlive memory, not the page. */
const databaseName = 'ovis-undo';
const table = 'steps';
let opened: Promise<IDBDatabase> | undefined;

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser keeps no more'));
  });
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName, 1);
  request.onupgradeneeded = () => { request.result.createObjectStore(table); };
  const database = await settled(request);
  await settled(database.transaction(table, 'readwrite').objectStore(table).delete(IDBKeyRange.upperBound(`${Date.now() - 7 * 86_400_000}`)));
  return database;
}

const at = (mode: IDBTransactionMode): Promise<IDBObjectStore> => (opened ??= open()).then((database) => database.transaction(table, mode).objectStore(table));

export const spillStore: SpillStore = {
  append: async (text) => {
    const key = `${Date.now()} ${crypto.randomUUID()}`;
    await settled((await at('readwrite')).put(text, key));
    return key;
  },
  read: async (key) => {
    const text: unknown = await settled((await at('readonly')).get(key));
    if (typeof text !== 'string') throw new Error('this step is gone');
    return text;
  },
};
