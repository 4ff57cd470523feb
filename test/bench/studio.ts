import { skipReason } from '../e2e/browser.ts';
import { benchHistory } from './studioHistory.ts';
import { benchBlocking, benchContract, benchMemory } from './studioMain.ts';
import { benchScroll, benchStart } from './studioPage.ts';
import { benchOptions, JSON_REPORT } from './support/options.ts';
import { makeReport, printRow, type BenchRow } from './support/report.ts';

/** The studio around the engine: `npm run bench -- studio [--json] [--only start|contract|history|scroll|main|memory]`. */

const withBrowser = (bench: () => Promise<BenchRow[]>) => async (): Promise<BenchRow[]> => (skipReason() === undefined ? bench() : []);

const parts: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  start: withBrowser(benchStart),
  contract: benchContract,
  history: benchHistory,
  scroll: withBrowser(benchScroll),
  main: benchBlocking,
  memory: benchMemory,
};

const values = benchOptions('npm run bench -- studio', 'The studio: start, contract, history of 100,000 rows, scrolling in a browser, memory.', { only: { type: 'string', value: 'PART', about: 'one part' }, json: JSON_REPORT });
if (values.only !== undefined && !(values.only in parts)) {
  console.error(`--only takes one of ${Object.keys(parts).join(', ')}.`);
  process.exit(2);
}
const rows: BenchRow[] = [];
for (const [name, bench] of Object.entries(parts)) {
  if (values.only !== undefined && values.only !== name) continue;
  for (const row of await bench()) {
    printRow(row);
    rows.push(row);
  }
}
if (values.json) console.log(JSON.stringify(makeReport(rows)));
