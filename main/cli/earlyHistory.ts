/** Imported before all that `npm start` is made of: the history's thread comes up while the rest is read. */
import { startHistoryThread } from '../history/workerThread.ts';

if (/start\.[jt]s$/.test(process.argv[1] ?? '') && !process.argv.includes('--help')) startHistoryThread();
