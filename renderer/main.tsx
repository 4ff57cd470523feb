import { start } from './start.tsx';
import { connectStudio } from './studio/client.ts';

start(await connectStudio());
