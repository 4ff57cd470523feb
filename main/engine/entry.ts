/** The engine process: the only place that loads the engine itself. */
import { createEngine, createEstimators, packModel, testProvider } from '../../native/index.ts';
import { serveParent } from './childProcess.ts';
import { serveElectron } from './utilityProcess.ts';

// The one difference between its two parents: Electron's utility processes have a port in place of Node's channel.
if ('parentPort' in process) serveElectron({ createEngine, createEstimators, packModel, testProvider });
else serveParent({ createEngine, createEstimators, packModel, testProvider });
