import { defined, UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { engineOptionSpecs, interruptible, withEngine } from '../engineSession.ts';
import type { Arguments } from '../arguments.ts';
import type { ProgressEvent, UnderstandRequest, UnderstandResult } from '../../engine/protocol.ts';
import { gallerySpecs, studioFor } from '../gallery.ts';
import type { Io } from '../io.ts';
import type { RunningStudio } from '../runningStudio.ts';

/** Picture(s) + question → text, spoken as it comes. */
export const ask: Command = {
  name: 'ask',
  positionals: 'QUESTION [IMAGE …]',
  summary: 'Answers a question about pictures.',
  options: [
    { name: 'max-tokens', value: 'N', help: 'The longest answer' },
    { name: 'temperature', value: 'X', help: '0 (default) = always the likeliest word' },
    { name: 'top-p', value: 'X', help: 'Draw among the likeliest words that make up this share' },
    { name: 'top-k', value: 'N', help: 'Draw among so many likeliest words' },
    { name: 'repetition-penalty', value: 'X', help: 'Above 1: repeats less' },
    { name: 'stop', value: 'TEXT', repeats: true, help: 'End before this text' },
    { name: 'seed', value: 'N', help: 'Seed of the draw, with a temperature' },
    ...engineOptionSpecs,
    ...gallerySpecs,
  ],
  async run(args, io) {
    const [question, ...files] = args.positionals;
    if (question === undefined) throw new UsageError('QUESTION is missing.');
    const json = args.flag('json');
    const images = await io.imaging.decodeAll(files);
    const stop = args.list('stop');
    const request = {
      prompt: question,
      images,
      ...defined({
        maxTokens: args.number('max-tokens'),
        temperature: args.number('temperature'),
        topP: args.number('top-p'),
        topK: args.number('top-k'),
        repetitionPenalty: args.number('repetition-penalty'),
        stop: stop.length > 0 ? stop : undefined,
        seed: args.number('seed'),
      }),
    };
    const studio = await studioFor(args, io);
    const answer = studio ? await askThere(studio, request, args, io) : await withEngine(args, io, async ({ host, progress, run }) => {
      const onEvent = (event: ProgressEvent): void => {
        if (event.type !== 'token') return run.onEvent(event);
        progress.end();
        if (!json) io.stdout.write(event.text);
      };
      return host.understand(request, { ...run, onEvent });
    });
    if (json) io.stdout.write(`${JSON.stringify({ text: answer.text, tokens: answer.tokens, timingsMs: answer.timingsMs })}\n`);
    else io.stdout.write('\n');
  },
};

/** In the studio that runs, as a chat that stays there. */
async function askThere(studio: RunningStudio, request: UnderstandRequest, args: Arguments, io: Io): Promise<Pick<UnderstandResult, 'text' | 'tokens' | 'timingsMs'>> {
  const json = args.flag('json');
  return interruptible(args, io, async ({ progress, signal }) => {
    const { prompt, images, history: _none, ...options } = request;
    const hashes: string[] = [];
    for (const image of images) hashes.push((await studio.upload(await io.imaging.encodePng(image, ''), 'question.png')).hash);
    let spoken = 0;
    const speak = (text: string): void => {
      if (spoken === 0) progress.end();
      spoken += text.length;
      if (!json) io.stdout.write(text);
    };
    const answer = await studio.ask(prompt, hashes, options, { onEvent: (event) => (event.type === 'token' ? speak(event.text) : progress.onEvent(event)), signal });
    // What was said before we listened.
    if (spoken < answer.text.length) speak(answer.text.slice(spoken));
    return { text: answer.text, tokens: answer.tokens ?? 0, timingsMs: answer.timingsMs };
  });
}
