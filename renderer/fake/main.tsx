import { start } from '../start.tsx';
import { fakeClient } from './client.ts';

const wanted = new URLSearchParams(location.search);
start(fakeClient({ history: Number(wanted.get('history') ?? 120), stepMs: Number(wanted.get('stepMs') ?? 120) }));
