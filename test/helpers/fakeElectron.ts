/** As much of the `electron` module as main uses, written down call by call. */
import { EventEmitter } from 'node:events';

export const ipcMain = new EventEmitter();
