/** Tables of questions about pictures, as OpenCompass's VLMEvalKit keeps them: tab-separated, the pictures inside as base64. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../errors.ts';

export interface Question {
  readonly index: string;
  readonly prompt: string;
  /** Picture files as bytes. */
  readonly images: readonly Uint8Array[];
  /** Every column but the pictures, to be written again beside the answer. */
  readonly row: Readonly<Record<string, string>>;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly questions: readonly Question[];
}

/** Every `.tsv` of a folder. REQUEST_INVALID where there is none, or one without index, question or picture. */
export async function readTables(dir: string): Promise<Table[]> {
  const names = (await readdir(dir).catch((): string[] => [])).filter((name) => name.endsWith('.tsv')).sort();
  if (names.length === 0) throw new StudioError('REQUEST_INVALID', `${dir} holds no .tsv.`, { path: dir });
  return Promise.all(names.map(async (name) => tableOf(name.slice(0, -4), parseTsv(await readFile(join(dir, name), 'utf8')))));
}

function tableOf(name: string, [header = [], ...rows]: readonly (readonly string[])[]): Table {
  for (const column of ['index', 'question', 'image']) {
    if (!header.includes(column)) throw new StudioError('REQUEST_INVALID', `${name}.tsv has no column "${column}".`, { table: name, column });
  }
  const records = rows.map((cells) => Object.fromEntries(header.map((column, i) => [column, cells[i] ?? ''])));
  const pictures = new Map(records.map((record) => [record['index'] ?? '', record['image'] ?? '']));
  const questions = records.map(({ image = '', ...row }): Question => ({
    index: row['index'] ?? '', row, prompt: promptOf(row), images: picturesOf(image, pictures, name).map((text) => Buffer.from(text, 'base64')),
  }));
  return { name, columns: header.filter((column) => column !== 'image'), questions };
}

/** A short cell names the row whose picture is meant; a list in brackets holds several. */
function picturesOf(cell: string, pictures: ReadonlyMap<string, string>, table: string): string[] {
  if (cell.startsWith('[')) return [...cell.matchAll(/'([^']+)'|"([^"]+)"/g)].map((match) => match[1] ?? match[2] ?? '');
  const text = cell.length <= 64 ? pictures.get(cell) : cell;
  if (text === undefined || text.length <= 64) throw new StudioError('REQUEST_INVALID', `${table}.tsv refers to the picture of row "${cell}", which has none.`, { table, row: cell });
  return [text];
}

/** The question with its hint and its choices, where it has them. */
function promptOf(row: Readonly<Record<string, string>>): string {
  const choices = [...'ABCDEFGH'].filter((letter) => (row[letter] ?? '') !== '' && row[letter] !== 'nan');
  const hint = row['hint'] ?? '';
  return [
    hint === '' || hint === 'nan' ? '' : hint,
    row['question'] ?? '',
    ...choices.map((letter) => `${letter}. ${row[letter] ?? ''}`),
    choices.length > 0 ? 'Answer with the letter of the right choice alone.' : '',
  ].filter((line) => line !== '').join('\n');
}

/** Tab-separated cells; one in double quotes may hold tabs, line ends and doubled quotes. */
export function parseTsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell: string;
    if (text[at] === '"') {
      let end = at + 1;
      while (end < text.length && (text[end] !== '"' || text[end + 1] === '"')) end += text[end] === '"' ? 2 : 1;
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      const [tab, line] = [text.indexOf('\t', at), text.indexOf('\n', at)];
      const end = Math.min(tab < 0 ? text.length : tab, line < 0 ? text.length : line);
      cell = text.slice(at, end).replace(/\r$/, '');
      at = end;
    }
    row.push(cell);
    if (text[at] === '\r') at++;
    if (text[at] !== '\t') {
      rows.push(row);
      row = [];
    } else if (at === text.length - 1) row.push('');
    at++;
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

export function writeTsv(columns: readonly string[], rows: readonly Readonly<Record<string, string>>[]): string {
  const cell = (value: string): string => (/["\t\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))].map((cells) => `${cells.map(cell).join('\t')}\n`).join('');
}
