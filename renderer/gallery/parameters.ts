import type { Generation } from '../../preload/contract/project.ts';
import { taskNames } from '../queue/describe.ts';
import { fasterText } from '../create/faster.ts';
import { duration, moment, seedText } from '../ui/format.ts';

/** One fact about a picture, ready to be read. */
export interface Fact {
  readonly name: string;
  readonly value: string;
}

function total(timings: Readonly<Record<string, number>>): number {
  return timings['total'] ?? Object.values(timings).reduce((sum, ms) => sum + ms, 0);
}

/** Every parameter of a picture, in the order a person asks for them. */
export function factsOf(row: Generation): readonly Fact[] {
  const { request, reproduce } = row;
  const faster = request === null ? undefined : fasterText(request);
  const facts: (Fact | undefined)[] = [
    { name: row.task === 'import' ? 'Came' : 'Made with', value: row.task === 'import' ? `${taskNames.import}${row.fileName === null ? '' : `, ${row.fileName}`}` : [taskNames[row.task], row.modelName, reproduce?.precision].filter(Boolean).join(', ') },
    { name: 'Size', value: `${row.width} × ${row.height}` },
    request?.work === undefined ? undefined : { name: 'Drawn at', value: `${request.work.width} × ${request.work.height}, then scaled` },
    row.seed === null ? undefined : { name: 'Seed', value: seedText(row.seed) },
    row.steps === null ? undefined : { name: 'Steps', value: `${row.steps}, Euler flow` },
    request?.txtCfg === undefined ? undefined : { name: 'Text guide', value: request.txtCfg.toFixed(1) },
    request === null || !('imgCfg' in request) || request.imgCfg === undefined ? undefined : { name: 'Image guide', value: request.imgCfg.toFixed(1) },
    request === null || !('strength' in request) || request.strength === undefined ? undefined : { name: 'Strength', value: `${Math.round(request.strength * 100)} %` },
    faster === undefined ? undefined : { name: 'Faster', value: faster },
    { name: 'Time', value: total(row.timingsMs) > 0 ? `${duration(total(row.timingsMs))}, ${moment(row.createdAt)}` : moment(row.createdAt) },
    reproduce === null ? undefined : { name: 'Engine', value: `${reproduce.engineVersion}, ${reproduce.provider}, ${reproduce.threads} threads` },
  ];
  return facts.filter((fact) => fact !== undefined);
}

/** As text for the clipboard. */
export function factsText(row: Generation): string {
  return [row.prompt, ...factsOf(row).map((fact) => `${fact.name}: ${fact.value}`)].filter(Boolean).join('\n');
}

/** What differs between two pictures, and the names of what is the same. */
export function differences(a: Generation, b: Generation): { readonly rows: readonly { readonly name: string; readonly a: string; readonly b: string }[]; readonly same: readonly string[] } {
  const facts = (row: Generation): ReadonlyMap<string, string> => new Map([['Prompt', row.prompt], ...factsOf(row).map((fact) => [fact.name, fact.value] as const)]);
  const [left, right] = [facts(a), facts(b)];
  const names = [...new Set([...left.keys(), ...right.keys()])].filter((name) => name !== 'Time');
  const rows = names.map((name) => ({ name, a: left.get(name) ?? '', b: right.get(name) ?? '' }));
  return { rows: rows.filter((row) => row.a !== row.b), same: rows.filter((row) => row.a === row.b).map((row) => row.name.toLowerCase()) };
}
