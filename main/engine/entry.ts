/** The engine process: the only place that loads the engine itself. */
import { createEngine } from '../../native/index.ts';
import { serveParent } from './childProcess.ts';

serveParent(createEngine);
