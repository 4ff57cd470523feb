import { parseArgs } from 'node:util';
import { benchHistory } from './studioHistory.ts';
import { makeReport, printRow, type BenchRow } from './support/report.ts';

/** The studio around the engine: `npm run bench -- studio [--json] [--only history]`. */

const parts: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  history: benchHistory,
};

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, only: { type: 'string' } } });
const rows: BenchRow[] = [];
for (const [name, bench] of Object.entries(parts)) {
  if (values.only !== undefined && values.only !== name) continue;
  for (const row of await bench()) {
    printRow(row);
    rows.push(row);
  }
}
if (values.json) console.log(JSON.stringify(makeReport(rows)));
