import type { Example, ModelEntry, Settings, SystemInfo } from '../../preload/contract/system.ts';

export const info: SystemInfo = {
  version: '0.1.0', epoch: '00000000-0000-4000-8000-000000000001', host: 'browser', platform: 'linux', arch: 'x64', nodeVersion: '24.0.0', electronVersion: null, cores: 8, memoryBytes: 31e9,
  freeDiskBytes: 214e9, dataDir: '/home/someone/Ovis Studio', startedAt: Date.now(), outboundRequests: 0,
};

export const startSettings: Settings = {
  theme: 'dark', modelId: 'toybox', threads: null, provider: null, precision: null, attention: 'auto', previewEvery: 1, idleUnloadMinutes: 10, notifications: true, trashDays: 30, lastProjectId: null, keys: {},
};

const words = 'sphere cube cylinder cone torus red blue yellow green white orange purple grey large small matte metal slate sand snow clay mint sea day dusk night left right behind front'.split(' ');

export const models: ModelEntry[] = [
  {
    id: 'toybox', name: 'Toybox', summary: 'Creates, edits and answers, for simple scenes', builtIn: true, state: 'ready', inUse: true, dir: null, bytes: 24e6, modelHash: 'fake', parameters: 12e6, contextImages: 2,
    sizes: [[256, 256], [320, 224], [224, 320]], defaults: { steps: 25, txtCfg: 5, imgCfg: 1.5 }, tasks: [], vocabulary: words, failure: null,
    knows: 'It knows five shapes, eight colours, two sizes, two materials, six floors and three skies.',
  },
  {
    id: 'ovis-u1-3b', name: 'Ovis-U1-3B', summary: 'Full quality: photographs, drawings, text in pictures. Apache 2.0.', builtIn: false, state: 'absent', inUse: false, dir: null, bytes: 7.7e9, modelHash: null,
    parameters: 3.64e9, contextImages: 1, sizes: [[1024, 1024]], defaults: { steps: 50, txtCfg: 5, imgCfg: 1.5 }, tasks: [], vocabulary: null, knows: null, failure: null,
    source: { repo: 'AIDC-AI/Ovis-U1-3B', revision: 'main', endpoint: 'https://huggingface.co' }, licence: 'apache-2.0',
  },
];

export const examples: Example[] = [
  { id: 'create', place: 'create', title: 'Create a picture', text: '“A red sphere and a blue cube”, filled in and ready to run.', image: 'c'.repeat(64), request: { kind: 'textToImage', prompt: 'a red sphere and a blue cube on a snow floor' } },
  { id: 'edit', place: 'edit', title: 'Edit a picture', text: 'Turn the cone into something else.', image: 'e'.repeat(64) },
  { id: 'ask', place: 'ask', title: 'Ask about a picture', text: '“How many objects are there, and where is the light?”', image: 'a'.repeat(64), question: 'How many objects are there, and where is the light?' },
];
